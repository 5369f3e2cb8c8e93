"""Schemas in words."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.reference.schemas import fields, usable
from seawall.types import JsonObject, JsonValue


def one(schema: JsonObject, **more: Any) -> tuple[str, tuple[str, ...]]:
    field = fields({"type": "object", "properties": {"x": schema}, **more})[0]
    return field.type, field.limits


@pytest.mark.parametrize(
    ("schema", "type_", "limits"),
    [
        ({"type": "string"}, "text", ()),
        ({"type": "string", "minLength": 1, "maxLength": 40}, "text", ("1 to 40 characters",)),
        ({"type": "string", "minLength": 1}, "text", ("at least 1 character",)),
        ({"type": "integer", "minimum": 1, "maximum": 2**53 - 1}, "whole number", ("at least 1",)),
        ({"type": "integer", "minimum": 0, "maximum": 10}, "whole number", ("0 to 10",)),
        ({"type": "number", "exclusiveMinimum": 0}, "number", ("more than 0",)),
        ({"enum": ["a", "b"]}, "one of a few values", ('"a", "b"',)),
        ({"type": ["string", "null"]}, "text or null", ()),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null", ()),
        (
            {"type": "array", "items": {"type": "integer", "minimum": 1}},
            "list of whole number",
            ("each at least 1",),
        ),
        ({"$ref": "#/$defs/D"}, "text", ("format date",)),
        ({}, "anything", ()),
    ],
)
def test_type_and_limits(schema: JsonObject, type_: str, limits: tuple[str, ...]) -> None:
    assert one(schema, **{"$defs": {"D": {"type": "string", "format": "date"}}}) == (type_, limits)


def test_members_of_members_are_listed_with_their_place() -> None:
    inner: JsonObject = {
        "type": "object",
        "properties": {"street": {"type": "string"}},
        "required": ["street"],
    }
    schema: JsonObject = {
        "type": "object",
        "properties": {
            "home": inner,
            "others": {"type": "array", "items": inner},
            "m": {"anyOf": [inner, {"type": "null"}]},
        },
    }
    assert [(each.name, each.required) for each in fields(schema)] == [
        ("home", False),
        ("home.street", True),
        ("others", False),
        ("others[].street", True),
        ("m", False),
        ("m.street", True),
    ]


def test_parts_of_a_whole_are_put_together() -> None:
    parts: list[JsonValue] = [
        {"properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"$ref": "#/$defs/B"},
    ]
    schema: JsonObject = {"allOf": parts, "properties": {"c": {}}, "$defs": {"B": {"properties": {"b": {}}}}}
    assert {each.name: each.required for each in fields(schema)} == {"a": True, "b": False, "c": False}


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    node: JsonObject = {
        "type": "object",
        "properties": {
            "next": {"$ref": "#/$defs/N"},
            "all": {"type": "array", "items": {"$ref": "#/$defs/N"}},
        },
    }
    assert 2 <= len(fields({**node, "$defs": {"N": node}})) <= 200


def test_thousands_of_members_are_cut() -> None:
    assert len(fields({"properties": {f"p{number}": {} for number in range(5000)}})) == 200


def test_of_an_invalid_schema_nothing_is_said() -> None:
    assert usable({"type": "object", "properties": [1]}) == {}
    assert usable({"type": "object"}) == {"type": "object"}

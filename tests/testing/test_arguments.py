"""Arguments made from schemas: those that fit do, those that do not are refused, and both are the same every time."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.testing.arguments import fitting, wrong
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.filesystem.operations import LIST_DIRECTORY, READ_FILE, SEARCH_FILES, WRITE_FILE

_NODE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
        "parent": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]},
    },
    "required": ["name"],
    "additionalProperties": False,
}


def _of(rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A schema with one required argument of that rule."""
    return {
        "type": "object",
        "properties": {"it": rule},
        "required": ["it"],
        "additionalProperties": False,
        **more,
    }


SCHEMAS = {
    "a very long text": _of({"type": "string", "minLength": 200_000}),
    "a very long list": _of({"type": "array", "minItems": 3_000, "items": {"type": "integer"}}),
    "a pair": _of({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 3}),
    "names that nobody describes": {
        "type": "object",
        "required": ["it"],
        "additionalProperties": {"type": "integer"},
        "minProperties": 3,
    },
    "a look behind": _of({"type": "string", "pattern": "(?<=a)b"}),
    "no arguments": {"type": "object", "properties": {}, "additionalProperties": False},
    "a pattern": _of({"type": "string", "pattern": "^[a-f]{3}-[0-9]+$", "maxLength": 12}),
    "digits, of which Unicode has more": _of({"type": "string", "pattern": r"^\d{10}\.\d{6}$"}),
    "many texts with digits": _of(
        {"type": "object", "properties": {key: {"type": "string", "pattern": r"^\d{5}-\w+$"} for key in "abcdefgh"}, "required": list("abcdefgh")}
    ),
    "a dollar sign": _of({"type": "string", "pattern": r"^[0-9]+\$$"}),
    "a pattern that is searched": _of({"type": "string", "pattern": "[0-9]"}),
    "a narrow number": _of({"type": "integer", "minimum": 7, "maximum": 7}),
    "only a maximum": _of({"type": "integer", "maximum": -5}),
    "a multiple": _of({"type": "integer", "minimum": 10, "maximum": 40, "multipleOf": 10}),
    "an open interval": _of({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
    "a choice": _of({"enum": ["a", 1, None]}),
    "a constant": _of({"const": {"deep": [1]}}),
    "several types": _of({"type": ["integer", "null"]}),
    "forms": _of({"oneOf": [{"type": "string", "format": "uuid"}, {"type": "array", "items": {"type": "boolean"}}]}),
    "both of two": _of({"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 4}]}),
    "two that each require something": _of(
        {"allOf": [
            {"type": "object", "properties": {"kind": {"enum": ["x"]}, "a": {"type": "null"}}, "required": ["kind", "a"]},
            {"type": "object", "properties": {"kind": {"type": "string"}, "b": {"type": "integer"}}, "required": ["b"]},
        ]}
    ),
    "one of two lists, deep": _of(_of(_of(_of(_of(
        {"oneOf": [
            {"type": "array", "items": {"type": "object", "properties": {name: {"type": "null"}}, "required": [name], "additionalProperties": False}}
            for name in "ab"
        ]}
    ))))),
    "a set": _of({"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 2}),
    "a tree": _of({"$ref": "#/$defs/node"}, **{"$defs": {"node": _NODE}}),
    "a reference to a reference": _of({"$ref": "#/$defs/a"}, **{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"type": "boolean"}}}),
    "formats": _of({"type": "string", "format": "date-time"}),
    **{each.name: each.parameters for each in (READ_FILE, WRITE_FILE, LIST_DIRECTORY, SEARCH_FILES)},
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEMAS)
def test_made_arguments_fit_their_schema_and_are_the_same_every_time(name: str) -> None:
    schema = SCHEMAS[name]
    made = fitting(schema, 6)
    assert made
    assert all(ArgumentSchema(schema).fits(each) for each in made)
    assert made == fitting(schema, 6)


@pytest.mark.parametrize("name", SCHEMAS)
def test_wrong_arguments_break_their_schema_and_say_how(name: str) -> None:
    schema = SCHEMAS[name]
    broken = list(wrong(schema, fitting(schema, 1)[0]))
    assert broken
    assert not any(ArgumentSchema(schema).fits(each.arguments) for each in broken)
    assert all(each.what for each in broken)


def test_several_different_arguments_are_made_where_there_are_several() -> None:
    assert len(fitting(READ_FILE.parameters, 8)) == 8


def test_of_a_single_possible_value_there_is_one() -> None:
    assert fitting(SCHEMAS["a narrow number"], 8) == [{"it": 7}]


def test_limits_are_tried_just_outside() -> None:
    schema = _of({"type": "integer", "minimum": 1, "maximum": 9})
    tried = [each.arguments["it"] for each in wrong(schema, {"it": 5}) if "it" in each.arguments]
    assert 0 in tried
    assert 10 in tried


@pytest.mark.parametrize(
    "rule",
    [
        {"enum": []},
        {"type": "integer", "minimum": 5, "maximum": 2},
        {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"enum": [1, 2]}},
        {"type": "string", "pattern": "^\\p{Greek}+$"},
        {"$ref": "#"},
        {"$ref": "#/nowhere"},
        {"anyOf": [{"$ref": "#/properties/it"}, {"type": "null"}]},
    ],
)
def test_what_cannot_be_made_is_left_out_without_a_fault(rule: dict[str, Any]) -> None:
    """A tool with such a schema must not keep the others from being tested."""
    assert fitting(_of(rule), 4) == []
    for each in wrong(_of(rule), {}):
        assert not ArgumentSchema(_of(rule)).fits(each.arguments)


def test_a_schema_of_any_depth_is_no_fault() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(400):
        deep = _of(deep)
    assert fitting(deep, 4) == []
    assert list(wrong(deep, {})) == []

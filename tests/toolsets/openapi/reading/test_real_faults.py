"""What real descriptions get wrong, each in miniature: the operation is served, and the fault is told.

Each of these stands in a public description that validators accept or that is in daily use.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from seawall.toolsets.openapi.reading import closed
from seawall.types import JsonObject
from support.descriptions import described, minimal, only, read_value


def _body(description: Any) -> JsonObject:
    operation = only(description)
    assert operation.body is not None
    schema = closed(operation.body.contents[0].schema, description.definitions)
    jsonschema_rs.validator_for(schema, offline=True)
    return schema


# Schemas: what is written, what is read of it, and a word of the fault that is told (None: it is no fault).
_SCHEMAS: dict[str, tuple[Any, Any, str | None]] = {
    "an enum without values": ({"type": "string", "enum": []}, {"type": "string"}, "`enum` is empty"),
    "a map of examples": (
        {"type": "string", "examples": {"one": {"value": "a"}, "two": {"value": "b"}}},
        {"type": "string", "examples": ["a", "b"]},
        None,
    ),
    "a map of plain examples": (
        {"type": "integer", "examples": {"x": 1}},
        {"type": "integer", "examples": [1]},
        None,
    ),
    "a name twice in required": (
        {"type": "object", "properties": {"a": {}}, "required": ["a", "a"]},
        {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        "twice",
    ),
    "true where a schema belongs": (
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {"a": {}}},
        None,
    ),
    "text where a schema belongs": (
        {"type": "object", "properties": {"a": "string"}},
        {"type": "object", "properties": {"a": {}}},
        "a schema belongs here",
    ),
    "required on the property itself": (
        {"type": "object", "properties": {"a": {"type": "string", "required": True}}},
        {"type": "object", "properties": {"a": {"type": "string"}}},
        "no list of names",
    ),
    "nullable": ({"type": "string", "nullable": True}, {"type": ["string", "null"]}, None),
    "nullable with an enum": (
        {"type": "string", "enum": ["a"], "nullable": True},
        {"type": ["string", "null"], "enum": ["a", None]},
        None,
    ),
    "nullable without a type": ({"nullable": True}, {}, None),
    "nullable beside a reference": (
        {"$ref": "#/components/schemas/Name", "nullable": True},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        None,
    ),
    "nullable beside allOf": (
        {"allOf": [{"$ref": "#/components/schemas/Name"}], "nullable": True, "description": "d"},
        {"description": "d", "anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]},
        None,
    ),
    "a bound that is excluded": (
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
        {"type": "integer", "exclusiveMinimum": 1, "maximum": 9},
        None,
    ),
    "an exclusive bound as a number": ({"exclusiveMinimum": 1}, {"exclusiveMinimum": 1}, None),
    "a file": ({"type": "file"}, {"type": "string", "format": "binary"}, None),
    "a description beside a reference": (
        {"$ref": "#/components/schemas/Name", "description": "who"},
        {"type": "string", "description": "who"},
        None,
    ),
    "a reference that leads nowhere": (
        {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Missing"}}},
        {"type": "object", "properties": {"a": {}}},
        "leads nowhere",
    ),
    "items as a list": (
        {"type": "array", "items": [{"type": "string"}], "additionalItems": False},
        {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
        None,
    ),
    "a type that does not exist": ({"type": "int"}, {"type": "integer"}, "read as integer"),
    "a type that means nothing": ({"type": "any"}, {}, "`type` has no"),
    "null without quotes": ({"type": ["string", None]}, {"type": ["string", "null"]}, None),
    "a length as text": ({"type": "string", "maxLength": "10"}, {"type": "string", "maxLength": 10}, None),
    "a length that is none": ({"type": "string", "maxLength": -1}, {"type": "string"}, "`maxLength`"),
    "numbers in an enum of texts": (
        {"type": "string", "enum": [1, 2, "3"]},
        {"type": "string", "enum": ["1", "2", "3"]},
        None,
    ),
    "texts in an enum of numbers": (
        {"type": "integer", "enum": ["1", "2"]},
        {"type": "integer", "enum": [1, 2]},
        None,
    ),
    "a value twice in an enum": ({"enum": ["a", "a", 1, True]}, {"enum": ["a", 1, True]}, "twice"),
    "a pattern with slashes": ({"pattern": "/^a$/i"}, {"pattern": "^a$"}, "rewritten"),
    "a pattern of ECMAScript": ({"pattern": r"^[\w-.]+$"}, {"pattern": r"^[\w\-.]+$"}, "rewritten"),
    "a pattern that does not compile": (
        {"type": "string", "pattern": "(["},
        {"type": "string"},
        "cannot be compiled",
    ),
    "a pattern that looks ahead": ({"pattern": "^(?!x).*$"}, {"pattern": "^(?!x).*$"}, None),
    "words of older dialects": (
        {"type": "object", "discriminator": "kind", "xml": {}, "x-foo": 1},
        {"type": "object"},
        None,
    ),
    "allOf that is no list": ({"allOf": {"type": "string"}}, {"allOf": [{"type": "string"}]}, None),
    "an empty allOf": ({"type": "string", "allOf": []}, {"type": "string"}, "`allOf`"),
    "no properties": ({"type": "object", "properties": None}, {"type": "object"}, "`properties`"),
    "properties without a type": (
        {"properties": {"a": {}}},
        {"type": "object", "properties": {"a": {}}},
        None,
    ),
    "properties named like keywords": (
        {
            "type": "object",
            "properties": {"type": {"type": "string"}, "$ref": {"type": "string"}, "enum": {}},
        },
        {
            "type": "object",
            "properties": {"type": {"type": "string"}, "$ref": {"type": "string"}, "enum": {}},
        },
        None,
    ),
}


@pytest.mark.parametrize("name", _SCHEMAS)
def test_a_schema_is_read_as_it_is_meant(name: str) -> None:
    written, expected, fault = _SCHEMAS[name]
    description = described(written, Name={"type": "string"})
    assert _body(description) == expected
    told = [item.message for item in description.faults]
    assert bool(told) == (fault is not None), told
    assert fault is None or any(fault in message for message in told), told


def test_fields_of_one_side_are_left_out_of_the_other() -> None:
    """A request has no `readOnly` property and does not need it; an answer has no `writeOnly` one."""
    item = {
        "type": "object",
        "required": ["id", "name", "secret"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string"},
            "secret": {"type": "string", "writeOnly": True},
            "owner": {"$ref": "#/components/schemas/Owner"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
        },
    }
    description = described(
        {"$ref": "#/components/schemas/Item"}, Item=item, Owner={"type": "string", "readOnly": True}
    )
    sent = _body(description)
    assert sent["properties"].keys() == {"name", "secret", "children"}  # type: ignore[union-attr]
    assert sent["required"] == ["name", "secret"]
    inner = sent["$defs"]["Item.input"]  # type: ignore[index,call-overload]
    assert inner["properties"].keys() == {"name", "secret", "children"}  # type: ignore[union-attr,index,call-overload]
    answer = closed(only(description).responses[0].contents[0].schema, description.definitions)
    assert answer["properties"].keys() == {"id", "name", "owner", "children"}  # type: ignore[union-attr]
    assert answer["required"] == ["id", "name"]


def test_a_composition_does_not_require_what_a_part_keeps_for_answers() -> None:
    """`required` stands in one part of `allOf`, the `readOnly` property in another."""
    description = described(
        {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "required": ["id", "name"]}]},
        Base={"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}},
    )
    validator = jsonschema_rs.validator_for(_body(description))
    assert validator.is_valid({"name": "x"})
    assert not validator.is_valid({})


def test_inheritance_with_a_choice_of_children_ends() -> None:
    """`Pet` is one of its children, and each child is all of `Pet` and more."""
    description = described(
        {"$ref": "#/components/schemas/Pet"},
        Pet={
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"type": "string"}},
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "kind"},
        },
        Cat={
            "allOf": [
                {"$ref": "#/components/schemas/Pet"},
                {"type": "object", "required": ["lives"], "properties": {"lives": {"type": "integer"}}},
            ]
        },
        Dog={
            "allOf": [
                {"$ref": "#/components/schemas/Pet"},
                {"type": "object", "required": ["bark"], "properties": {"bark": {"type": "boolean"}}},
            ]
        },
    )
    validator = jsonschema_rs.validator_for(_body(description))
    assert validator.is_valid({"kind": "cat", "lives": 9})
    assert not validator.is_valid({"lives": 9})
    assert not validator.is_valid({"kind": "cat"})
    assert description.faults == ()


def test_a_recursive_schema_stays_a_definition() -> None:
    description = described(
        {"$ref": "#/components/schemas/Tree"},
        Tree={
            "type": "object",
            "properties": {"left": {"$ref": "#/components/schemas/Tree"}, "value": {"type": "integer"}},
        },
    )
    validator = jsonschema_rs.validator_for(_body(description))
    assert validator.is_valid({"left": {"left": {"value": 1}}})
    assert not validator.is_valid({"left": {"left": {"value": "1"}}})


def _operation(**words: Any) -> dict[str, Any]:
    return {"responses": {}, **words}


@pytest.mark.parametrize("nameless", [{"x-merged": ["sort"]}, {"in": "query", "schema": {"type": "string"}}])
def test_an_optional_parameter_without_a_name_is_left_out(nameless: JsonObject) -> None:
    """Tools put such an object in the place of what they merge later: nobody can send it, and nobody must."""
    known = {"name": "q", "in": "query", "schema": {"type": "string"}}
    description = read_value(minimal(_operation(parameters=[nameless, known])))
    assert [each.name for each in only(description).parameters] == ["q"]
    assert "no name" in description.faults[0].message
    needed = read_value(minimal(_operation(parameters=[{**nameless, "required": True}, known])))
    assert "no name" in needed.quarantined[0].reason


def test_path_parameters_and_template_may_disagree() -> None:
    """Undeclared ones are taken for text, declared ones that the path lacks are left out, spellings are matched."""
    parameters = [
        {"name": "petid", "in": "path", "required": False, "schema": {"type": "integer"}},
        {"name": "gone", "in": "path", "required": True, "schema": {}},
        {"name": "rest", "in": "path", "required": True, "schema": {"type": "string"}},
    ]
    description = read_value(minimal(_operation(parameters=parameters), "/pets/{petId}/{other}/{+rest}"))
    operation = only(description)
    assert operation.path == "/pets/{petid}/{other}/{rest}"
    assert {
        item.name: (item.required, item.schema, item.allow_reserved) for item in operation.parameters
    } == {
        "petid": (True, {"type": "integer"}, False),
        "other": (True, {"type": "string"}, False),
        "rest": (True, {"type": "string"}, True),
    }
    assert sum("not declared" in item.message for item in description.faults) == 1
    assert sum("not in the path" in item.message for item in description.faults) == 1


def test_the_operation_s_own_parameter_wins_over_that_of_its_path() -> None:
    description = minimal(
        _operation(parameters=[{"name": "q", "in": "query", "schema": {"type": "integer"}}])
    )
    description["paths"]["/thing"]["parameters"] = [
        {"name": "q", "in": "query", "schema": {"type": "string"}},
        {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
    ]
    found = only(read_value(description)).parameters
    assert [(item.name, item.schema) for item in found] == [
        ("q", {"type": "integer"}),
        ("X-Trace", {"type": "string"}),
    ]


def test_headers_that_frame_or_authorize_a_request_are_no_parameters() -> None:
    names = ["Authorization", "accept", "Content-Type", "Host", "Cookie", "Content-Length", "X-Fine"]
    parameters = [{"name": name, "in": "header", "required": True, "schema": {}} for name in names]
    description = read_value(minimal(_operation(parameters=parameters)))
    assert [item.name for item in only(description).parameters] == ["X-Fine"]
    assert len(description.faults) == 6


def test_what_cannot_be_served_costs_its_operation_alone() -> None:
    paths = {
        "/good": {"get": _operation()},
        "/nowhere": {"get": _operation(parameters=[{"$ref": "#/components/parameters/Missing"}])},
        "/no-place": {"get": _operation(parameters=[{"name": "a", "schema": {}}])},
        "/body": {"post": _operation(requestBody={"$ref": "#/components/requestBodies/Missing"})},
        "/brace/{": {"get": _operation()},
        "/text": {"get": "soon"},
        "/item": {"$ref": "#/nowhere"},
        "/last": {"get": _operation()},
    }
    description = read_value({"openapi": "3.0.0", "paths": paths})
    assert [item.key for item in description.operations] == ["GET /good", "GET /last"]
    assert [item.key for item in description.quarantined] == [
        *("GET /nowhere", "GET /no-place", "POST /body", "GET /brace/{", "GET /text", "* /item"),
    ]
    assert all(item.reason for item in description.quarantined)


def test_everything_of_three_two_is_read() -> None:
    """The method QUERY, other methods, the whole query as a value, and sequences of items."""
    description = read_value(
        {
            "openapi": "3.2.0",
            "paths": {
                "/search": {
                    "query": _operation(
                        parameters=[
                            {
                                "name": "q",
                                "in": "querystring",
                                "content": {"application/x-www-form-urlencoded": {}},
                            }
                        ]
                    ),
                    "additionalOperations": {"COPY": _operation()},
                    "get": {
                        "responses": {
                            "200": {"content": {"application/jsonl": {"itemSchema": {"type": "integer"}}}}
                        }
                    },
                }
            },
        }
    )
    found = {operation.method: operation for operation in description.operations}
    assert found.keys() == {"QUERY", "COPY", "GET"}
    assert found["QUERY"].parameters[0].place == "querystring"
    assert found["QUERY"].parameters[0].media_type == "application/x-www-form-urlencoded"
    assert found["GET"].responses[0].contents[0].schema == {"type": "array", "items": {"type": "integer"}}


def test_security_and_servers_are_those_that_apply() -> None:
    """The innermost `servers` and `security`; an empty list of requirements says that none is needed."""
    described_api = {
        "openapi": "3.0.0",
        "servers": [
            {
                "url": "https://{region}.example/{v}",
                "variables": {"region": {"default": "eu"}, "v": {"enum": ["v1"]}},
            }
        ],
        "security": [{"key": []}],
        "paths": {
            "/a": {"get": _operation()},
            "/b": {"get": _operation(security=[], servers=[{"url": "https://other.example"}])},
            "/c": {"get": _operation(security=[{"key": [], "login": ["read"]}, {}])},
        },
    }
    a, b, c = read_value(described_api).operations
    assert ([item.url for item in a.servers], a.security) == (["https://eu.example/v1"], ({"key": ()},))
    assert ([item.url for item in b.servers], b.security) == (["https://other.example"], ({},))
    assert c.security == ({"key": (), "login": ("read",)}, {})


def test_x_mcp_is_inherited_and_other_extensions_are_kept() -> None:
    api = minimal(_operation(**{"x-ratelimit": 5}), **{"x-mcp": False})
    assert only(read_value(api)).extensions == {"x-ratelimit": 5, "x-mcp": False}


def test_statuses_and_media_types_are_read_in_any_spelling() -> None:
    responses = {
        "2xx": {"content": {"json": {}}},
        "Default": {"description": "d"},
        "ok": {},
        "200": {"content": None},
    }
    description = read_value(minimal({"responses": responses}))
    found = only(description).responses
    assert [item.status for item in found] == ["2XX", "default", "200"]
    assert [item.media_type for item in found[0].contents] == ["application/json"]


def test_two_operations_may_have_one_id() -> None:
    api = minimal(_operation(operationId="same"))
    api["paths"]["/other"] = {"get": _operation(operationId="same")}
    description = read_value(api)
    assert len(description.operations) == 2
    assert "also that of GET /thing" in description.faults[0].message

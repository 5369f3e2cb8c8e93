"""Schemas as services print them: what is wrong is left out and told, and what is no schema is refused in a clause."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema

from seawall.toolsets.graphql.faults import SchemaError
from seawall.toolsets.graphql.private import private_of
from seawall.toolsets.graphql.schema import ServiceSchema, read_schema
from seawall.types import JsonValue


def read(text: str) -> ServiceSchema:
    return read_schema(text.encode(), name="s.graphql")


FAULTY = {
    "a field twice": (
        "type Query { a: Int\n a: String }",
        "s.graphql:2:2",
        "a is defined again; the first one counts",
    ),
    "a type twice": (
        "type Query { a: Int }\ntype Query { b: Int }",
        "s.graphql:2:6",
        "Query is defined again; the first one counts",
    ),
    "an unknown type": (
        "type Query { a: Int\n b: Gone }",
        "s.graphql:2:2",
        "the type Gone is not defined; left out",
    ),
    "an unknown argument type": (
        "type Query { a(\n b: Gone): Int }",
        "s.graphql:2:2",
        "the type Gone is not defined; left out",
    ),
    "an argument that is an object": (
        "type Query { a(\n b: Query): Int }",
        "s.graphql:2:2",
        "the type Query cannot stand here; left out",
    ),
    "a field that is an input": (
        "type Query { a: Int\n b: I } input I { x: Int }",
        "s.graphql:2:2",
        "the type I cannot stand here; left out",
    ),
    "an unknown interface": (
        "type Query implements\n Gone { a: Int }",
        "s.graphql:2:2",
        "the type Gone is not defined; left out",
    ),
    "a union of scalars": (
        "type Query { a: U } union U = Query |\n Int",
        "s.graphql:2:2",
        "the type Int cannot stand here; left out",
    ),
    "an extension of nothing": (
        "type Query { a: Int }\nextend type Gone { b: Int }",
        "s.graphql:2:13",
        "Gone is extended and never defined; the extension counts as its definition",
    ),
    "an extension as something else": (
        "type Query { a: Int }\nextend input Query { b: Int }",
        "s.graphql:2:14",
        "Query is extended as what it is not; left out",
    ),
    "an operation": (
        "type Query { a: Int }\n{ a }",
        "s.graphql:2:1",
        "an operation is no part of a schema; left out",
    ),
    "a mutation type that there is not": (
        "schema { query: Query\n mutation: Gone } type Query { a: Int }",
        "s.graphql:2:2",
        "the type Gone is not defined; left out",
    ),
    "an interface that is not implemented": (
        "type Query implements N { a: Int } interface N { b: Int }",
        "s.graphql:1:50",
        "Interface field N.b expected but Query does not provide it",
    ),
    "an unknown directive": (
        "type Query { a: Int\n @gone }",
        "s.graphql:2:2",
        "Unknown directive '@gone'",
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_schema_loads_and_its_fault_is_told_with_its_place(name: str) -> None:
    text, place, message = FAULTY[name]
    found = read(text)
    assert found.schema.query_type is not None
    assert "a" in found.schema.query_type.fields
    assert (place, message) in [(each.place, each.message) for each in found.faults()]


def test_a_sound_schema_has_no_faults() -> None:
    assert (
        read("type Query { a(b: I = {x: 1}): Int } input I { x: Int } extend type Query { c: Int }").faults()
        == ()
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Syntax Error"),
        (b"type Query {", "line 1, column 13"),
        (b"\xff\xfe", "UTF-8"),
        (b"scalar A", "no type for queries"),
        (b"{}", "`__schema`"),
        (b'{"data": {"__schema": {}}}', "introspection"),
        (b'{"data": {"__schema": {"types": 3, "queryType": {"name": "Q"}}}}', "introspection"),
        (b"{" * 100_000, "introspection"),
        (b"type Query { a: " + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_schema_is_refused_in_a_clause(content: bytes, said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        read_schema(content, name="s.graphql")


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_answer_to_an_introspection_query_is_a_schema(*, wrapped: bool) -> None:
    data = introspection_from_schema(build_schema("type Query { a(b: Int = 3): [Int!]! } enum E { A }"))
    found = read(json.dumps({"data": data} if wrapped else data))
    assert found.schema.query_type is not None
    assert str(found.schema.query_type.fields["a"].type) == "[Int!]!"


def test_what_is_private_is_so_through_its_interfaces_too_and_leaves_the_schema() -> None:
    schema = read(
        "directive @private on FIELD_DEFINITION | OBJECT | ARGUMENT_DEFINITION\n"
        "interface N { id: ID, email: String }\n"
        "type User implements N { id: ID, email: String @private, find(q: Int, token: Int @private, v: V): Int }\n"
        "type Secret @private { x: Int }\ninput V { x: Int }\n"
        "type Query { user: User, secret: Secret, key: String, n: N }\n"
    ).schema
    private, unmatched = private_of(schema, ["Query.k?y", "*.gone", "V"])
    assert unmatched == ("*.gone",)
    schema = private.without(schema)
    fields = {name: sorted(getattr(schema.type_map[name], "fields", {})) for name in ("N", "User", "Query")}
    assert fields == {"N": ["id"], "User": ["find", "id"], "Query": ["n", "user"]}
    assert list(schema.type_map["User"].fields["find"].args) == ["q"]  # type: ignore[attr-defined]
    assert "Secret" not in schema.type_map


def test_descriptions_lose_what_nobody_sees() -> None:
    found = read(
        '"a\\u202eb" type Query { "c\\u001b[31m" a("d\\u200b" b: Int): E "e\\uE000" x(i: I): Int } "\\uDB40\\uDC41f" enum E { "\\u2066g" A }'
        ' input I { "h\\u0007" i: Int }'
    ).schema
    query, values, inputs = (found.type_map[name] for name in ("Query", "E", "I"))
    said = [query.description, query.fields["a"].description, query.fields["a"].args["b"].description]  # type: ignore[attr-defined]
    said += [values.description, values.values["A"].description, inputs.fields["i"].description]  # type: ignore[attr-defined]
    assert said == ["ab", "c[31m", "d", "f", "g", "h"]


JUNK: tuple[JsonValue, ...] = (
    None,
    1,
    "",
    "x y",
    "a: Int } type Z { b",
    [],
    {},
    "\ud800",
    {"kind": "LIST", "ofType": None},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, each in members:
        yield (*path, key)
        yield from places(each, (*path, key))


def test_an_answer_to_an_introspection_query_that_is_broken_anywhere_is_read_or_refused() -> None:
    """Whatever a service says in the place of anything, once."""
    whole: Any = introspection_from_schema(
        build_schema(
            'type Query { a(b: Int = 3): [E!]! u: U n: N } enum E { A } input I { y: String = "q" } union U = T'
            " interface N { id: ID } type T implements N { id: ID }"
        )
    )
    own = [
        each
        for each in whole["__schema"]["types"]
        if len(each["name"]) < 6 and each["name"] not in {"Int", "Float"}
    ]
    whole["__schema"] = {**whole["__schema"], "types": own, "directives": []}
    refused = 0
    for number, (*above, last) in enumerate(list(places(whole))):
        broken = json.loads(json.dumps(whole))
        here = broken
        for key in above:
            here = here[key]
        here[last] = JUNK[number % len(JUNK)]
        try:
            read(json.dumps(broken)).faults()
        except SchemaError:
            refused += 1
    assert refused > 50

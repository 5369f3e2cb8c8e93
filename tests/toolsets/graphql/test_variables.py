"""Variables as JSON Schema: what GraphQL would take is taken, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, parse
from graphql.language import OperationDefinitionNode

from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.graphql.declaration import ScalarForm
from seawall.toolsets.graphql.variables import Arguments, purposes
from seawall.types import JsonObject

SCHEMA = build_schema(
    """
    enum E { A B }
    scalar DateTime
    scalar Money
    scalar Odd
    "Of its own."
    scalar Told @specifiedBy(url: "https://www.rfc-editor.org/rfc/rfc9562")
    input One @oneOf { a: Int, b: String }
    input Tree { value: Int!, of: [Tree!] }
    input In { a: Int! = 3, b: E!, c: [[Float!]!], d: Pair, "Said." e: String @deprecated }
    input Pair { x: Int, y: Int }
    directive @oneOf on INPUT_OBJECT
    type Query { a("The whole." w: In, o: One, t: Tree, e: [E!]!, m: Money, d: DateTime, p: Pair, q: Pair, x: Odd, z: Told,
      i: Int, f: Float, s: String, b: Boolean, k: ID): Int }
    """
)


def made(
    variables: str, declared: dict[str, ScalarForm] | None = None, schema: GraphQLSchema = SCHEMA
) -> JsonObject:
    (node,) = parse(f"query Q({variables}) {{ __typename }}").definitions
    assert isinstance(node, OperationDefinitionNode)
    return Arguments(schema, declared or {}).schema_of(node, said={}, largest={})


TAKEN: list[tuple[str, Any]] = [
    ("$v: Int!", 3),
    ("$v: Int", None),
    ("$v: Float!", 3),
    ("$v: ID!", "3"),
    ("$v: [E!]!", ["A", "B"]),
    ("$v: [E]", [None, "A"]),
    ("$v: In!", {"b": "A"}),
    ("$v: In!", {"a": 1, "b": "B", "c": [[1.5]], "d": None, "e": "x"}),
    ("$v: One!", {"a": 3}),
    ("$v: Tree!", {"value": 1, "of": [{"value": 2, "of": [{"value": 3}]}]}),
    ("$v: Odd!", {"anything": [1]}),
]

NOT: list[tuple[str, Any]] = [
    ("$v: Int!", None),
    ("$v: Int!", "3"),
    ("$v: Int!", 2**31),
    ("$v: Int!", 1.5),
    ("$v: Int!", True),
    ("$v: ID!", 3),
    ("$v: Boolean!", "true"),
    ("$v: [E!]!", "A"),
    ("$v: [E!]!", [None]),
    ("$v: E!", "C"),
    ("$v: In!", {}),
    ("$v: In!", {"b": "A", "a": None}),
    ("$v: In!", {"b": "A", "z": 1}),
    ("$v: One!", {}),
    ("$v: One!", {"a": 1, "b": "x"}),
    ("$v: One!", {"a": None}),
    ("$v: Tree!", {"value": 1, "of": [{}]}),
]


@pytest.mark.parametrize(("variable", "value"), TAKEN)
def test_what_graphql_takes_is_taken(variable: str, value: object) -> None:
    arguments: Any = {"v": value}
    assert ArgumentSchema(made(variable)).faults(arguments) == ()


@pytest.mark.parametrize(("variable", "value"), NOT)
def test_anything_else_is_refused(variable: str, value: object) -> None:
    arguments: Any = {"v": value}
    assert ArgumentSchema(made(variable)).faults(arguments)


def test_only_what_a_call_must_have_is_required() -> None:
    schema = made("$a: Int!, $b: Int, $c: Int! = 3")
    assert schema["required"] == ["a"]
    assert schema["properties"]["c"]["default"] == 3  # type: ignore[call-overload,index]


def test_an_input_object_is_inlined_unless_it_is_used_twice_or_contains_itself() -> None:
    assert "$defs" not in made("$a: In!")
    assert set(made("$a: Pair, $b: Pair")["$defs"]) == {"Pair"}  # type: ignore[arg-type]
    assert set(made("$a: Tree!, $b: In")["$defs"]) == {"Tree"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variable", "declared", "expected"),
    [
        ("$v: DateTime!", {}, {"type": "string", "format": "date-time"}),
        ("$v: DateTime!", {"DateTime": "integer"}, {"type": "integer"}),
        ("$v: Money!", {"Money": "decimal"}, {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}),
        ("$v: Money!", {}, {"description": "Money"}),
        ("$v: Told!", {}, {"type": "string", "format": "uuid"}),
    ],
)
def test_a_custom_scalar_is_what_the_map_or_its_name_or_its_specification_says(
    variable: str, declared: dict[str, ScalarForm], expected: JsonObject
) -> None:
    assert made(variable, declared)["properties"] == {"v": expected}


def test_a_variable_is_described_by_what_takes_it() -> None:
    text = (
        "query Q($w: In, $i: Int, $e: String, $y: Int) { a(w: $w, i: $i) b: a(w: {b: A, e: $e, d: {y: $y}}) }"
    )
    assert purposes(parse(text), SCHEMA) == {
        "w": "The whole.",
        "i": "`i` of `a`.",
        "e": "Said.",
        "y": "`y` of Pair.",
    }

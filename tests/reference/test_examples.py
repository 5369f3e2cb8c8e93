"""Examples of calls: made from a schema alone, and always what the schema allows."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.reference.examples import examples
from seawall.reference.patterns import matching
from seawall.types import JsonObject


def arguments(properties: JsonObject, *required: str, **more: Any) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def valid(schema: JsonObject, example: JsonObject) -> bool:
    return jsonschema_rs.is_valid(schema, example)


NEEDED = [
    {"type": "string"},
    {"type": "string", "minLength": 10, "maxLength": 12},
    {"type": "string", "pattern": r"^[A-Z]{3}-\d{2,4}$"},
    {"type": "string", "pattern": r"^(?:GET|POST) /\w+$"},
    {"type": "string", "pattern": "^[^a]+$"},
    {"type": "string", "format": "date-time"},
    {"type": "integer", "minimum": 7, "multipleOf": 5},
    {"type": "integer", "maximum": -3},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5},
    {"enum": [None, "a"]},
    {"const": {"a": 1}},
    {"type": ["null", "boolean"]},
    {"type": "array", "items": {"type": "string", "minLength": 6}, "minItems": 3},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 2}]},
    {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]},
    {"allOf": [{"type": "string"}, {"minLength": 9}]},
    {"$ref": "#/$defs/Node"},
]


@pytest.mark.parametrize("wanted", NEEDED, ids=str)
def test_a_needed_argument_of_any_form_has_a_valid_example(wanted: JsonObject) -> None:
    node = arguments({"name": {"type": "string"}, "inner": {"$ref": "#/$defs/Node"}}, "name")
    schema = arguments({"x": wanted}, "x", **{"$defs": {"Node": node}})
    made = examples(schema)
    assert made
    assert all("x" in each and valid(schema, each) for each in made)


def test_the_first_has_what_is_needed_and_the_second_some_more() -> None:
    schema = arguments({name: {"type": "integer"} for name in "abcdef"}, "b")
    assert [set(each) for each in examples(schema)] == [{"b"}, {"a", "b", "c", "d"}]


def test_declared_ones_come_instead_and_invalid_ones_do_not_come_at_all() -> None:
    schema = arguments({"a": {"type": "integer"}}, "a")
    assert examples(schema, [{"a": "no"}, {"a": 5}, {"a": 5}, {"b": 1}]) == ({"a": 5},)


def test_those_of_the_schema_itself_are_taken() -> None:
    assert examples(arguments({"a": {"type": "integer"}}, "a", examples=[{"a": 9}])) == ({"a": 9},)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": []},
        {"type": "object", "required": "x"},
        arguments({"x": {"type": "string", "minLength": 10**9}}, "x"),
        arguments({"x": {"type": "string", "pattern": "^(?=a)b$"}}, "x"),
        arguments({"x": {"$ref": "https://elsewhere.example/schema"}}, "x"),
        arguments({"x": False}, "x"),
    ],
    ids=str,
)
def test_without_any_valid_arguments_there_is_no_example(schema: JsonObject) -> None:
    assert examples(schema) == ()


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    tree = arguments({"left": {"$ref": "#/$defs/Tree"}}, "left")
    assert examples(arguments({"x": {"$ref": "#/$defs/Tree"}}, "x", **{"$defs": {"Tree": tree}})) == ()


SCALARS = st.one_of(
    st.builds(
        lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more},
        st.integers(-99, 99),
        st.integers(0, 9),
    ),
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        st.integers(0, 20),
        st.integers(0, 9),
    ),
    st.builds(
        lambda values: {"enum": values},
        st.lists(st.one_of(st.none(), st.booleans(), st.text(max_size=5)), min_size=1),
    ),
    st.just({"type": "boolean"}),
)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items, "minItems": 1}, inner),
        st.builds(lambda forms: {"anyOf": forms}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda named: arguments(named, *list(named)[:1]),
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from("pqr"), NESTED, max_size=3))
def test_whatever_the_schema_each_example_is_valid_and_common_schemas_have_one(
    named: dict[str, JsonObject],
) -> None:
    schema = arguments(dict(named), *named)
    made = examples(schema)
    assert made
    assert all(valid(schema, each) for each in made)
    assert made == examples(schema)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^a{3}$", "aaa"),
        (r"^\d+\.\d+$", "1.1"),
        ("^[0-9a-f]{4}$", "0000"),
        ("^(x|y)z?$", "xz"),
        (r"^\$\{a\}$", "${a}"),
    ],
)
def test_a_simple_pattern_has_a_text(pattern: str, text: str) -> None:
    assert list(matching(pattern)) == [text]


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(", ")", "[", "[a", "a{", "a{x}", "*", "\\", "\\1", "a{999999999}", "(a{200}){200}"]
)
def test_what_is_not_simple_has_none(pattern: str) -> None:
    assert list(matching(pattern)) == []

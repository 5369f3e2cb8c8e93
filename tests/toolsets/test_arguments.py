"""Compiled argument schemas: nothing wrong gets through, and the words say what to do."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from seawall.toolsets.arguments import ArgumentSchema

SCHEMA: Any = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "maxLength": 200, "pattern": "^[a-z./]+$"},
        "count": {"type": "integer", "minimum": 3, "maximum": 9},
        "mode": {"enum": ["head", "tail"]},
        "limit": {"anyOf": [{"type": "integer", "minimum": 2}, {"type": "null"}]},
        "lines": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "flags": {"type": "object", "propertyNames": {"pattern": "^[0-9]+$"}},
        "range": {
            "type": "object",
            "properties": {"from": {"type": "integer"}},
            "required": ["from"],
            "additionalProperties": False,
        },
    },
    "required": ["path"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({}, '"path" is missing'),
        ({"path": "a", "flags": {"x": 1}}, 'flags has a name that is not allowed there: "x"'),
        ({"path": 1}, "path is 1, but must be text"),
        ({"path": None}, "path is null, but must be text"),
        ({"path": "A"}, 'path is "A", but must match the pattern "^[a-z./]+$"'),
        ({"path": "a", "pth": 1}, '"pth" is no argument of this tool (did you mean "path"?)'),
        (
            {"path": "a", "zzz": 1},
            '"zzz" is no argument of this tool; there are: path, count, mode, limit, lines, flags, range',
        ),
        ({"path": "a", "count": "10"}, 'count is "10", but must be a whole number'),
        ({"path": "a", "count": True}, "count is true, but must be a whole number"),
        ({"path": "a", "count": 2}, "count is 2, but must be at least 3"),
        ({"path": "a", "count": 10}, "count is 10, but must be at most 9"),
        ({"path": "a", "count": 3.5}, "count is 3.5, but must be a whole number"),
        ({"path": "a", "mode": "middle"}, 'mode is "middle", but must be one of "head", "tail"'),
        ({"path": "a", "limit": "x"}, 'limit is "x", but must be a whole number or null'),
        ({"path": "a", "limit": 1}, "limit is 1, but must be at least 2"),
        ({"path": "a", "lines": ["a", 2]}, "lines[1] is 2, but must be text"),
        ({"path": "a", "lines": ["a", "b", "c"]}, "lines is a list of 3, but must have at most 2 items"),
        ({"path": "a", "range": {}}, '"from" is missing in range'),
        ({"path": "a", "range": {"from": 1, "to": 2}}, 'range has no place for "to"'),
        ({"path": "a", "range": {"from": "x"}}, 'range.from is "x", but must be a whole number'),
    ],
)
def test_each_fault_says_where_what_and_what_is_allowed(arguments: Any, fault: str) -> None:
    assert list(ArgumentSchema(SCHEMA).faults(arguments)) == [fault]


@pytest.mark.parametrize(
    "arguments", [{"path": "a"}, {"path": "a/b.c", "count": 3, "limit": None, "lines": []}]
)
def test_arguments_that_fit_have_no_fault(arguments: Any) -> None:
    assert list(ArgumentSchema(SCHEMA).faults(arguments)) == []


def test_a_megabyte_of_wrong_text_is_shown_shortened() -> None:
    (fault,) = ArgumentSchema(SCHEMA).faults({"path": "a" * 10**6})
    assert len(fault) < 200


def test_control_characters_of_a_value_are_shown_escaped() -> None:
    (fault,) = ArgumentSchema(SCHEMA).faults({"path": "\x1b[31m\nforged"})
    assert fault.isprintable()


def test_a_flood_of_faults_is_summed_up() -> None:
    faults = ArgumentSchema(SCHEMA).faults({"path": "a", **{f"unknown{i}": 1 for i in range(10_000)}})
    assert (len(faults), faults[-1]) == (6, "and more")


@pytest.mark.parametrize("value", [object(), b"bytes", {1: 2}, "\ud800"])
def test_what_json_cannot_say_is_a_fault_and_no_crash(value: Any) -> None:
    (fault,) = ArgumentSchema(SCHEMA).faults({"path": value})
    assert "not JSON" in fault or "must be" in fault


def test_a_pattern_that_backtracks_elsewhere_runs_in_linear_time() -> None:
    evil = ArgumentSchema({"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}})
    began = time.process_time()
    assert evil.faults({"x": "a" * 50_000 + "!"})
    assert time.process_time() - began < 5, (
        "a hang guard: backtracking would take longer than the universe has"
    )


def test_a_pattern_that_only_a_backtracking_engine_knows_is_held_to_a_limit() -> None:
    looking: Any = {"type": "string", "pattern": "^((a+)(?!c))+$"}
    schema = ArgumentSchema({"type": "object", "properties": {"x": looking}})
    assert not schema.faults({"x": "aaa"})
    assert schema.faults({"x": "b"})
    began = time.process_time()
    assert schema.faults({"x": "a" * 60 + "!"})
    assert time.process_time() - began < 5, "a hang guard"


SLOW: Any = {"type": "string", "pattern": "(?=a)(a|aa)+$"}
LONG = "a" * 50_000 + "!"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"properties": {"x": SLOW}}, LONG),
        ({"properties": {"x": {"type": "array", "items": SLOW}}}, ["a" * 5_000 + "!"] * 200),
        ({"properties": {"x": {"$ref": "#/$defs/S"}}, "$defs": {"S": SLOW}}, LONG),
        ({"properties": {"x": {"patternProperties": {SLOW["pattern"]: {}}}}}, {LONG: 1}),
        ({"properties": {"x": {}}, "allOf": [{"properties": {"x": SLOW}}]}, LONG),
    ],
)
def test_where_a_pattern_needs_the_square_of_the_time_a_long_text_is_refused(schema: Any, value: Any) -> None:
    began = time.process_time()
    compiled = ArgumentSchema({"type": "object", **schema})
    (fault,) = compiled.faults({"x": value})
    assert "more text than can be compared" in fault
    assert not compiled.fits({"x": value})
    assert time.process_time() - began < 5, "a hang guard"


def test_a_long_text_that_meets_no_such_pattern_is_fine() -> None:
    schema = ArgumentSchema({"type": "object", "properties": {"x": SLOW, "y": {"type": "string"}}})
    assert not schema.faults({"x": "aaa", "y": LONG})


@pytest.mark.parametrize("schema", [{"type": "objekt"}, {"$ref": "http://127.0.0.1:9/x"}, {"pattern": "("}])
def test_a_schema_that_cannot_be_used_is_refused_without_fetching_anything(schema: Any) -> None:
    with pytest.raises(ValueError, match=re.compile(".")):
        ArgumentSchema(schema)


FIRST = {
    "type": "object",
    "properties": {"kind": {"const": "file"}, "path": {"type": "string"}},
    "required": ["kind", "path"],
}
SECOND = {
    "type": "object",
    "properties": {"kind": {"enum": ["url", "uri"]}, "url": {"type": "string"}},
    "required": ["kind", "url"],
}


@pytest.mark.parametrize("word", ["anyOf", "oneOf"])
@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"kind": "url"}, '"url" is missing in it'),
        ({"kind": "file", "path": 1}, "it.path is 1, but must be text"),
        ({"kind": "ftp", "url": "x"}, 'it.kind is "ftp", but must be one of "file", "url", "uri"'),
        (5, "it is 5, but must be an object"),
        ({}, '"kind" is missing in it; "path" is missing in it (by the nearest of 2 allowed forms)'),
    ],
)
def test_of_several_forms_the_one_that_was_meant_is_explained(word: str, value: Any, fault: str) -> None:
    schema: Any = {"type": "object", "properties": {"it": {word: [FIRST, SECOND]}}}
    assert list(ArgumentSchema(schema).faults({"it": value})) == [fault]


@pytest.mark.parametrize(
    ("schema", "value", "fault"),
    [
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 3, "it fits 2 of the allowed forms"),
        ({"prefixItems": [{}], "items": False}, [1, 2], "it[1] is 2, but must not be there"),
        ({"prefixItems": [{}], "unevaluatedItems": False}, [1, 2], "more items than there may be"),
        ({"properties": {"a": {}}, "unevaluatedProperties": False}, {"b": 1}, 'it has no place for "b"'),
        ({"not": {"type": "null"}}, None, 'it is null, but must not fit {"type": "null"}'),
        ({"contains": {"type": "string"}}, [1], "must have an item of the kind"),
    ],
)
def test_every_rule_has_words(schema: Any, value: Any, fault: str) -> None:
    (said,) = ArgumentSchema({"type": "object", "properties": {"it": schema}}).faults({"it": value})
    assert fault in said


@pytest.mark.parametrize("word", ["anyOf", "allOf"])
def test_a_flood_of_wrong_values_holds_nobody_up(word: str) -> None:
    """All faults would be found at once, each at its price: a list of a megabyte would take the loop for seconds."""
    items: Any = {word: [{"type": "array", "items": {"type": kind}} for kind in ("integer", "boolean")]}
    schema = ArgumentSchema({"type": "object", "properties": {"it": items}})
    began = time.process_time()
    assert "too many to say" in str(schema.faults({"it": ["x"] * 200_000}))
    assert time.process_time() - began < 5, "a hang guard: it took twenty seconds"
    assert "it[0]" in str(schema.faults({"it": ["x"] * 1000}))


def test_what_is_of_another_type_is_told_once() -> None:
    it: Any = {"type": "object", "oneOf": [{"required": ["text"]}, {"required": ["base64"]}]}
    (fault,) = ArgumentSchema({"type": "object", "properties": {"it": it}}).faults({"it": "text"})
    assert fault == 'it is "text", but must be an object'

"""Schemas of messages: they take what protobuf's own JSON takes, and refuse what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.grpc.messages import NotAMessageError, decoded, encoded
from seawall.toolsets.grpc.schemas import answer_schema, argument_schema
from support.grpc_service import api

EVERYTHING = api().pool.FindMessageTypeByName("pets.v1.Everything")
ASKED = ArgumentSchema(argument_schema(api(), EVERYTHING))
ANSWERED = ArgumentSchema(answer_schema(api(), EVERYTHING))

FITS: list[dict[str, Any]] = [
    {},
    {"aDouble": 1.5, "aFloat": "NaN"},
    {"aDouble": "-Infinity"},
    {"anInt32": -(2**31), "anUint32": 2**32 - 1},
    {"anInt64": str(-(2**63)), "anUint64": str(2**64 - 1), "aSint64": "-1", "aFixed64": "0"},
    {"aBool": True, "aString": "Größe", "someBytes": "AAEC/w=="},
    {"someBytes": "AAEC_w"},
    {"kind": "KIND_DOG", "words": ["a", ""]},
    {"pets": {"x": {"id": "1", "name": "Rex"}}, "flags": {"-7": True}, "answers": {"true": "yes"}},
    {"tree": {"label": "a", "children": [{"children": [{"label": "c"}]}]}},
    {"at": "2026-01-31T12:00:00.123Z", "lasts": "-1.5s"},
    {"free": {"a": [1, None, {"b": True}]}, "anything": None, "list": [1, "a"]},
    {"anything": {"deep": [1]}},
    {"any": {"@type": "type.googleapis.com/pets.v1.Pet", "name": "Rex"}},
    {"any": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "3s"}},
    {"mask": "name,kind"},
    {"maybe": "7", "maybeBytes": "AA=="},
    {"maybe": None},
    {"nothing": None, "setOrNot": 0, "empty": {}},
    {"byName": "Rex"},
    {"byNumber": "7"},
    {"inner": {"word": "a"}},
    {"inner": {}},
    {"otherName": "x"},
]
DOES_NOT_FIT: list[dict[str, Any]] = [
    {"no_such_field": 1},
    {"own_name": "the name in the file is not the one in JSON"},
    {"anInt32": 2**31},
    {"anUint32": -1},
    {"anInt32": "7"},
    {"anInt32": 1.5},
    {"anInt64": 7},
    {"anInt64": "7.5"},
    {"anUint64": "-1"},
    {"aBool": "true"},
    {"aDouble": "seven"},
    {"someBytes": "not base64!"},
    {"kind": "KIND_BIRD"},
    {"kind": 1},
    {"words": "a"},
    {"words": [None]},
    {"flags": {"a": True}},
    {"answers": {"maybe": "x"}},
    {"tree": {"label": "a", "leaf": 1}},
    {"tree": {"children": [{"children": [{"label": 3}]}]}},
    {"at": "tomorrow"},
    {"lasts": 3},
    {"free": [1]},
    {"list": {}},
    {"any": {"name": "Rex"}},
    {"maybe": 7},
    {"inner": {"word": "a", "number": 1}},
    {"empty": {"a": 1}},
]


@pytest.mark.parametrize("value", FITS, ids=str)
def test_what_fits_is_taken_by_schema_and_protobuf(value: dict[str, Any]) -> None:
    assert not ASKED.faults(value)
    content = encoded(api().pool, EVERYTHING, value)
    again = decoded(api().pool, EVERYTHING, content)
    assert not ANSWERED.faults(again)
    assert encoded(api().pool, EVERYTHING, again) == content


@pytest.mark.parametrize("value", DOES_NOT_FIT, ids=str)
def test_what_does_not_fit_is_refused_by_the_schema(value: dict[str, Any]) -> None:
    assert ASKED.faults(value)


@pytest.mark.parametrize(
    "value",
    [
        {"byName": "Rex", "byNumber": "7"},
        {"anInt64": str(2**63)},
        {"at": "2026-13-31T12:00:00Z"},
        {"any": {"@type": "type.googleapis.com/no.such.Type"}},
        {"aString": "\ud800"},
        {"someBytes": "A"},
    ],
    ids=ascii,
)
def test_what_only_the_message_can_refuse_is_refused_there(value: dict[str, Any]) -> None:
    assert not ASKED.faults(value)
    with pytest.raises(NotAMessageError):
        encoded(api().pool, EVERYTHING, value)


def test_a_tree_that_is_too_deep_is_refused() -> None:
    tree: dict[str, Any] = {}
    for _ in range(150):
        tree = {"children": [tree]}
    with pytest.raises(NotAMessageError, match="deep"):
        encoded(api().pool, EVERYTHING, {"tree": tree})


def test_at_the_root_stands_no_combination_of_schemas_and_a_oneof_is_said_in_words() -> None:
    schema: Any = argument_schema(api(), EVERYTHING)
    assert not {"allOf", "anyOf", "oneOf", "not"} & schema.keys()
    assert "At most one of byName, byNumber." in schema["properties"]["byName"]["description"]


def test_what_is_no_object_in_json_is_the_argument_value() -> None:
    text = api().pool.FindMessageTypeByName("google.protobuf.StringValue")
    assert argument_schema(api(), text)["required"] == ["value"]
    assert decoded(api().pool, text, encoded(api().pool, text, {"value": "a"})) == {"value": "a"}


def test_comments_become_descriptions() -> None:
    request = api().pool.FindMessageTypeByName("pets.v1.GetPetRequest")
    properties: Any = argument_schema(api(), request)["properties"]
    assert properties["petId"]["description"] == "Its number."


_BYTES = GetMessageClass(EVERYTHING)


@settings(max_examples=100, deadline=None)
@given(
    st.builds(
        _BYTES,
        a_double=st.floats(),
        an_int32=st.integers(-(2**31), 2**31 - 1),
        an_int64=st.integers(-(2**63), 2**63 - 1),
        an_uint64=st.integers(0, 2**64 - 1),
        a_string=st.text(st.characters(exclude_categories=["Cs"])),
        some_bytes=st.binary(),
        kind=st.integers(-3, 5),
        words=st.lists(st.text(st.characters(exclude_categories=["Cs"]))),
        flags=st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.booleans()),
    )
)
def test_any_message_fits_the_schema_of_its_answers(message: Any) -> None:
    value = decoded(api().pool, EVERYTHING, message.SerializeToString())
    assert not ANSWERED.faults(value)
    again = encoded(api().pool, EVERYTHING, value)
    told = (json.dumps(each, sort_keys=True) for each in (decoded(api().pool, EVERYTHING, again), value))
    assert len(set(told)) == 1

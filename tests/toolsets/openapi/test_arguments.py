"""Arguments of an operation: flat, precise, named so that every client takes them, the same in whatever order."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.openapi.argument_names import RESERVED, Origin, argument_names
from seawall.toolsets.openapi.model import Content, RequestBody, SecurityScheme
from seawall.types import JsonObject
from support.apis import answers, body, operation, parameter, requested, shaped

PET: JsonObject = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "category": {
            "type": "object",
            "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
            "required": ["id"],
        },
    },
    "required": ["id", "name"],
}


def names(*origins: tuple[str, str]) -> list[str]:
    made = argument_names([Origin(part, name) for part, name in origins])  # type: ignore[arg-type]
    return [made[Origin(part, name)] for part, name in origins]  # type: ignore[arg-type]


def test_of_equal_names_the_path_keeps_it_and_the_body_is_last() -> None:
    assert names(("body", "id"), ("query", "id"), ("path", "id")) == ["id_body", "id_query", "id"]


def test_the_order_of_the_description_means_nothing() -> None:
    origins = [
        ("query", "a[]"),
        ("query", "a"),
        ("body", "a"),
        ("header", "a"),
        ("body", "a_query"),
        ("query", "$a"),
    ]
    one = dict(zip(origins, names(*origins), strict=True))
    for other in itertools.permutations(origins):
        assert dict(zip(other, names(*other), strict=True)) == one


def test_our_own_arguments_are_never_an_apis() -> None:
    assert names(("query", "fields"), ("body", "next")) == ["fields_query", "next_body"]


def test_comparisons_keep_apart_what_they_compare() -> None:
    assert names(("query", "Time"), ("query", "Time<"), ("query", "Time>")) == ["Time", "Time_lt", "Time_gt"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["path", "query", "header", "cookie", "body"]), st.text()), unique=True
    )
)
def test_whatever_an_api_calls_its_parameters_clients_take_the_names(origins: list[tuple[str, str]]) -> None:
    made = names(*origins)
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) and name not in RESERVED for name in made)


def test_the_members_of_a_json_object_are_arguments_without_what_only_the_service_sets() -> None:
    schema = shaped(operation("POST", "/pets", parameter("name", "query"), body=body(PET))).schema
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == ["name", "name_body", "category", "fields"]
    assert schema["required"] == ["name_body"]
    assert properties["category"] == {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "description": "In the body.",
    }


def test_read_only_is_found_behind_references_and_in_definitions() -> None:
    definitions: dict[str, JsonObject] = {
        "Id": {"type": "integer", "readOnly": True},
        "Pet": {
            "type": "object",
            "properties": {"id": {"$ref": "#/$defs/Id"}, "friend": {"$ref": "#/$defs/Pet"}},
        },
    }
    one = operation("POST", "/pets", body=body({"$ref": "#/$defs/Pet"}))
    schema = shaped(one, definitions, fields=False).schema
    assert schema["properties"] == {"friend": {"$ref": "#/$defs/Pet", "description": "In the body."}}
    assert schema["$defs"] == {"Pet": {"type": "object", "properties": {"friend": {"$ref": "#/$defs/Pet"}}}}


@pytest.mark.parametrize(
    "more",
    [
        {"oneOf": [{"required": ["name"]}, {"required": ["id"]}]},
        {"additionalProperties": {"type": "string"}},
        {"additionalProperties": True},
        {"minProperties": 1},
        {"type": ["object", "null"]},
    ],
)
def test_a_schema_that_says_more_of_the_object_than_its_members_stays_whole(more: JsonObject) -> None:
    one = operation(
        "PUT", "/t", body=body({"type": "object", "properties": {"name": {"type": "string"}}, **more})
    )
    schema = shaped(one, fields=False).schema
    assert list(schema["properties"]) == schema["required"] == ["body"]  # type: ignore[arg-type]


def test_a_body_that_may_be_missing_is_complete_when_it_is_there() -> None:
    two: JsonObject = {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}}
    one = operation(
        "POST", "/t", body=body({"type": "object", "properties": two, "required": ["a", "b"]}, required=False)
    )
    fits = ArgumentSchema(shaped(one).schema).fits
    assert fits({})
    assert fits({"a": "1", "b": "1"})
    assert not fits({"a": "1"})
    assert not fits({"c": "1"})
    assert not ArgumentSchema(shaped(one, fixed={"a": "1"}).schema).fits({})


@pytest.mark.parametrize("kind", [{"type": "object"}, {}], ids=["named", "implied"])
def test_an_object_that_a_header_must_have_is_not_empty(kind: JsonObject) -> None:
    """Without a member there is nothing to write, and the header would be missing."""
    schema: JsonObject = {**kind, "properties": {"theme": {"type": "string"}}}
    one = operation("GET", "/x", parameter("X-Burger", "header", schema, required=True))
    refused = ArgumentSchema(shaped(one).schema)
    assert not refused.fits({"X-Burger": {}})
    assert refused.fits({"X-Burger": {"theme": "dark"}})


@pytest.mark.parametrize(
    ("media_type", "least"),
    [("application/x-www-form-urlencoded", 1), ("multipart/form-data", 1), ("application/json", None)],
)
def test_a_list_that_a_form_must_have_is_not_empty(media_type: str, least: int | None) -> None:
    """A form has a pair for each item: without one, the list would be missing, and the service would say so."""
    texts: JsonObject = {"type": "array", "items": {"type": "string"}}
    schema: JsonObject = {"type": "object", "properties": {"ids": texts, "more": texts}, "required": ["ids"]}
    members = shaped(operation("POST", "/x", body=body(schema, media_type))).schema["properties"]
    assert members["ids"].get("minItems") == least  # type: ignore[index,call-overload,union-attr]
    assert "minItems" not in members["more"]  # type: ignore[index,call-overload,operator]


def test_a_request_without_an_optional_body_has_none_and_a_required_one_is_never_left_out() -> None:
    members: JsonObject = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert requested(operation("POST", "/t", body=body(members, required=False)), {}).body is None
    assert requested(operation("POST", "/t", body=body(members)), {}).body == b"{}"


@pytest.mark.parametrize(
    ("forms", "chosen"),
    [
        (["application/xml", "application/json"], "application/json"),
        (["multipart/form-data", "application/x-www-form-urlencoded"], "application/x-www-form-urlencoded"),
        (["application/json-patch+json", "application/merge-patch+json"], "application/merge-patch+json"),
        (["application/vnd.x+json", "application/json; charset=utf-8"], "application/json; charset=utf-8"),
        (["application/octet-stream", "text/csv"], "text/csv"),
        (["*/*", "application/xml"], "*/*"),
    ],
)
def test_of_several_forms_the_one_that_models_write_best_is_sent(forms: list[str], chosen: str) -> None:
    contents = tuple(Content(form, PET) for form in forms)
    planned = shaped(operation("POST", "/t", body=RequestBody(contents))).body
    assert planned is not None
    assert planned.content.media_type == chosen


STEERING = [
    "Accept", "content-type", "AUTHORIZATION", "Host", "Cookie", "Content-Length", "Transfer-Encoding", "Connection",
    "X-Forwarded-For", "x_forwarded_for", "Proxy-Authorization", "Mcp-Session-Id",
]  # fmt: skip


@pytest.mark.parametrize("name", STEERING)
def test_headers_that_steer_the_request_are_never_arguments(name: str) -> None:
    shape = shaped(
        operation("GET", "/t", parameter(name, "header", required=True), parameter("X-Mine", "header"))
    )
    assert list(shape.schema["properties"]) == ["X-Mine", "fields"]  # type: ignore[arg-type]
    assert [each.parameter.name for each in shape.ignored] == [name]
    assert "required" not in shape.schema


def test_a_parameter_that_carries_a_credential_is_the_clients() -> None:
    scheme = SecurityScheme("key", "api_key", place="header", parameter="api_key")
    one = operation("DELETE", "/t", parameter("API_KEY", "header"), parameter("api_key"))
    assert [each.parameter.place for each in shaped(one, schemes=(scheme,)).ignored] == ["header"]


def test_an_argument_can_be_fixed_or_left_out_and_the_model_sees_neither() -> None:
    one = operation("GET", "/t", parameter("tenant", required=True), parameter("debug"), parameter("q"))
    shape = shaped(one, fixed={"tenant": "a"}, left_out=("debug",), fields=False)
    assert list(shape.schema["properties"]) == ["q"]  # type: ignore[arg-type]
    url = requested(one, {"q": "1"}, fixed={"tenant": "a"}, left_out=("debug",)).url
    assert url.endswith("/t?tenant=a&q=1")


def test_a_fixed_value_cannot_be_talked_over() -> None:
    one = operation("GET", "/t", parameter("tenant"))
    assert requested(one, {"tenant": "b"}, fixed={"tenant": "a"}).url.endswith("?tenant=a")


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ({"fixed": {"nam": 1}}, "there is no argument 'nam'; there are: name, limit"),
        ({"left_out": ("name",)}, "'name' is required"),
        ({"fixed": {"limit": "ten"}}, "must be a whole number"),
    ],
)
def test_an_offer_that_does_not_fit_is_told_to_whoever_wrote_it(offer: dict[str, Any], said: str) -> None:
    one = operation(
        "GET", "/t", parameter("name", required=True), parameter("limit", schema={"type": "integer"})
    )
    with pytest.raises(ValueError, match=re.escape(said)):
        shaped(one, **offer)


@pytest.mark.parametrize(
    ("media_type", "schema", "value", "fits"),
    [
        ("application/octet-stream", {"type": "string", "format": "binary"}, "aGk=", True),
        ("application/octet-stream", {}, "hi", False),
        ("application/xml", PET, "<pet/>", True),
        ("text/plain", {"type": "string", "maxLength": 2}, "abc", False),
        ("application/yaml", {"type": "array"}, [1], True),
    ],
)
def test_any_other_body_is_one_argument(
    media_type: str, schema: JsonObject, value: object, fits: bool
) -> None:
    shape = shaped(operation("POST", "/t", body=body(schema, media_type)))
    assert ArgumentSchema(shape.schema).fits({"body": value}) is fits  # type: ignore[dict-item]


def test_fields_is_offered_where_an_answer_is_json_and_next_where_there_may_be_more() -> None:
    def offered(*parameters: object, method: str = "GET", response: object = None) -> list[str]:
        one = operation(method, "/t", *parameters, responses=() if response is None else (response,))  # type: ignore[arg-type]
        return [name for name in shaped(one).schema["properties"] if name in RESERVED]  # type: ignore[union-attr]

    assert offered(response=answers({"type": "array"})) == ["fields", "next"]
    assert offered(response=answers({"type": "object"})) == ["fields"]
    assert offered(parameter("cursor"), response=answers({"type": "object"})) == ["fields", "next"]
    assert offered(response=answers(media_type="image/png")) == []
    assert offered(response=answers({"type": "array"}), method="POST") == ["fields"]
    assert offered(response=answers(media_type="", status="204")) == []
    assert offered() == ["fields"]


def test_every_argument_says_something_and_its_name_in_the_api_if_that_is_another_one() -> None:
    properties = shaped(operation("GET", "/t", parameter("Time<", description="Before."))).schema[
        "properties"
    ]
    assert isinstance(properties, dict)
    assert properties["Time_lt"] == {"type": "string", "description": "Before. (`Time<` of the API)"}

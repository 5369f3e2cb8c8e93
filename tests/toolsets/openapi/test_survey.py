"""What an API could offer: hints by method, overrides, `x-mcp`, and where each operation is called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from seawall.toolsets.interface import Hints
from seawall.toolsets.openapi.arguments import Offer, shape
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription, ApiOperation, Content, RequestBody, Server
from seawall.toolsets.openapi.survey import Survey, survey
from seawall.types import JsonObject, JsonValue
from support.stand_in_api import OPERATIONS, PETSTORE, operation, parameter

BASE = "https://petstore.example/api"


def surveyed(*operations: ApiOperation, locked: dict[str, str] | None = None, **settings: Any) -> Survey:
    declaration = OpenApiDeclaration.model_validate({"kind": "openapi", "spec": "x.yaml", **settings})
    api = replace(PETSTORE, operations=operations or OPERATIONS)
    return survey(api, declaration, base=BASE, locked=locked or {})


def hints(method: str, **override: object) -> Hints:
    key = f"{method} /x"
    found = surveyed(operation(key, "x"), override={key: {"hints": override}} if override else {})
    return found.candidates["x"].outline.hints


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("GET", Hints(read_only=True, destructive=False, idempotent=True, open_world=True)),
        ("HEAD", Hints(read_only=True, destructive=False, idempotent=True, open_world=True)),
        ("QUERY", Hints(read_only=True, destructive=False, idempotent=True, open_world=True)),
        ("POST", Hints(read_only=False, destructive=True, idempotent=False, open_world=True)),
        ("PUT", Hints(read_only=False, destructive=True, idempotent=True, open_world=True)),
        ("PATCH", Hints(read_only=False, destructive=True, idempotent=False, open_world=True)),
        ("DELETE", Hints(read_only=False, destructive=True, idempotent=True, open_world=True)),
        ("LINK", Hints(read_only=False, destructive=True, idempotent=False, open_world=True)),
    ],
)
def test_hints_follow_the_method(method: str, expected: Hints) -> None:
    assert hints(method) == expected


def test_the_operator_knows_better_than_the_method() -> None:
    assert hints("POST", read_only=True) == Hints(
        read_only=True, destructive=False, idempotent=True, open_world=True
    )
    assert hints("POST", destructive=False).destructive is False
    assert hints("GET", read_only=False) == Hints(
        read_only=False, destructive=True, idempotent=True, open_world=True
    )


def said(method: str, value: JsonValue) -> Survey:
    return surveyed(operation(f"{method} /x", "x", extensions={"x-mcp": value}))


def test_x_mcp_takes_an_operation_out_and_says_so() -> None:
    values: tuple[JsonValue, ...] = (False, {"enabled": False})
    for value in values:
        found = said("GET", value)
        assert (found.candidates, [each.name for each in found.unservable]) == ({}, ["GET /broken", "GET /x"])
    assert surveyed(operation("GET /x", "x", extensions={"x-mcp": False}), x_mcp="ignore").candidates


@pytest.mark.parametrize("value", [True, {}, "no", 3, None, [], {"enabled": "no"}])
def test_x_mcp_of_another_form_says_nothing(value: JsonValue) -> None:
    assert "x" in said("GET", value).candidates


def test_x_mcp_names_and_describes() -> None:
    (candidate,) = said("GET", {"name": "look", "description": "Look it up."}).candidates.values()
    assert candidate.outline.name == "look"
    assert candidate.outline.description == "Look it up.\nGET /x"


def test_x_mcp_makes_hints_stricter_and_never_milder() -> None:
    """Else a description could make its own DELETE pass for a read, and through `access = "read"`."""
    mild: JsonValue = {"readOnlyHint": True, "destructiveHint": False, "annotations": {"readOnlyHint": True}}
    assert said("DELETE", mild).candidates["x"].outline.hints == hints("DELETE")
    strict = said("GET", {"annotations": {"readOnlyHint": False}}).candidates["x"].outline.hints
    assert (strict.read_only, strict.destructive) == (False, True)
    destroys = said("GET", {"destructiveHint": True}).candidates["x"].outline.hints
    assert (destroys.read_only, destroys.destructive) == (False, True)


def test_a_name_of_the_lock_file_goes_before_the_id_and_one_of_the_blueprint_before_that() -> None:
    key = "GET /pet/{petId}"
    assert "old_name" in surveyed(locked={key: "old_name"}).candidates
    both = surveyed(locked={key: "old_name"}, override={"getPetById": {"name": "get_pet"}})
    assert "get_pet" in both.candidates
    assert "old_name" not in both.candidates


def test_a_lock_file_cannot_give_one_name_twice_or_one_that_does_not_fit() -> None:
    keys = [each.key for each in OPERATIONS]
    names = surveyed(locked=dict.fromkeys(keys, "same")).candidates
    assert len(names) == len(OPERATIONS)
    bad = {keys[0]: "no name", keys[1]: "x" * 65, "GET /gone": "gone"}
    assert list(surveyed(locked=bad).candidates) == list(surveyed().candidates)


def test_arguments_are_known_before_any_schema_is_made() -> None:
    found = surveyed()
    assert found.candidates["addPet"].outline.arguments == ("name",)  # `id` is only the service's to set
    outline = found.candidates["getPetById"].outline
    assert (outline.arguments, outline.required) == (("petId", "verbose"), ("petId",))
    hidden = surveyed(override={"getPetById": {"hidden": ("verbose",)}})
    assert hidden.candidates["getPetById"].outline.arguments == ("petId",)


_NAMED: JsonObject = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.mark.parametrize(
    "contents",
    [
        {"application/json": _NAMED},
        {"application/xml": {"type": "string"}, "application/json": _NAMED},
        {"application/octet-stream": _NAMED},
        {"application/json": {**_NAMED, "oneOf": [{"required": ["name"]}]}},
        {"application/json": {**_NAMED, "additionalProperties": True}},
        {"application/json": {**_NAMED, "required": ["name", "kind"]}},
        {"application/json": {"type": "object", "properties": {"id": {"readOnly": True}}}},
        {"multipart/form-data": {"$ref": "#/$defs/Named"}},
        {"application/json": {"type": "array"}},
        {"application/json": {}},
    ],
    ids=str,
)
@pytest.mark.parametrize("required", [True, False])
def test_the_arguments_that_a_search_shows_are_those_of_a_call(
    contents: dict[str, JsonObject], *, required: bool
) -> None:
    """The outline is made without a look into schemas, and says the same as the schema of the arguments."""
    body = RequestBody(tuple(Content(name, schema) for name, schema in contents.items()), required)
    one = operation("POST /x", "x", body=body, parameters=(parameter("q"),))
    described = replace(PETSTORE, operations=(one,), definitions={"Named": _NAMED})
    declaration = OpenApiDeclaration(spec="x.yaml")
    outline = survey(described, declaration, base=BASE, locked={}).candidates["x"].outline
    schema = shape(one, definitions=described.definitions, offer=Offer(fields=False, next=False)).schema
    assert outline.arguments == tuple(cast("JsonObject", schema["properties"]))
    assert outline.required == tuple(cast("list[str]", schema.get("required", [])))


class TestOverrides:
    """Each names an operation, once."""

    def test_by_id_by_request_and_in_small_letters(self) -> None:
        for word in ("getPetById", "GET /pet/{petId}", "get /pet/{petId}"):
            found = surveyed(override={word: {"title": "T", "scopes": ("a",), "timeout": 2.0}})
            candidate = found.candidates["getPetById"]
            assert (candidate.outline.title, candidate.outline.scopes) == ("T", ("a",))
            assert found.problems == ()

    def test_of_nothing(self) -> None:
        (problem,) = surveyed(override={"getPetByID": {}}).problems
        assert (problem.key, problem.suggestion) == ("override.getPetByID", "getPetById")

    def test_of_what_cannot_be_served(self) -> None:
        (problem,) = surveyed(override={"GET /broken": {}}).problems
        assert "has no schema" in problem.message

    def test_twice(self) -> None:
        (problem,) = surveyed(override={"getPetById": {}, "GET /pet/{petId}": {}}).problems
        assert "already" in problem.message

    def test_two_of_one_name(self) -> None:
        problems = surveyed(override={"getPetById": {"name": "a"}, "addPet": {"name": "A"}}).problems
        assert {problem.key for problem in problems} == {
            "override.getPetById.name",
            "override.addPet.name",
        }


class TestServers:
    """An operation is called where the blueprint allows it, or not at all."""

    @staticmethod
    def at(url: str, **settings: Any) -> Survey:
        return surveyed(operation("GET /x", "x", servers=(Server(url),)), **settings)

    def test_its_own_server_is_called_when_it_is_named(self) -> None:
        found = self.at("https://files.example/v2/", hosts=("https://files.example:443",))
        assert found.candidates["x"].url == "https://files.example/v2"

    def test_another_path_of_the_same_host_needs_no_naming(self) -> None:
        assert self.at("https://petstore.example/v9").candidates["x"].url == "https://petstore.example/v9"
        assert self.at("/v9").candidates["x"].url == "https://petstore.example/v9"

    @pytest.mark.parametrize("url", ["../v9", "v9", "./v9/", "../../../v9", "/v9/.", "a/../v9"])
    def test_a_relative_one_counts_from_the_base(self, url: str) -> None:
        assert self.at(url).candidates["x"].url == "https://petstore.example/v9"

    @pytest.mark.parametrize(
        "url",
        [
            "https://files.example",
            "http://petstore.example",
            "https://petstore.example:8443",
            "https://petstore.example@evil.example",
            "https://petstore.example.evil.example",
            "https://petstore.example\\@evil.example",
            "//evil.example",
            "file:///etc/passwd",
            "/\\evil.example",
            "\\\\evil.example",
            "../v9?key=1",
            "../v9#part",
            "javascript:v9",
            "https:v9",
        ],
    )
    def test_any_other_place_is_not_called(self, url: str) -> None:
        found = self.at(url)
        assert found.candidates == {}
        assert "`hosts`" in found.unservable[-1].reason

    def test_the_servers_of_the_whole_api_are_the_base(self) -> None:
        api: ApiDescription = replace(
            PETSTORE, operations=(operation("GET /x", "x", servers=PETSTORE.servers),)
        )
        declaration = OpenApiDeclaration.model_validate(
            {"kind": "openapi", "spec": "x", "base_url": "https://other.example"}
        )
        found = survey(api, declaration, base="https://other.example", locked={})
        assert found.candidates["x"].url == "https://other.example"


def test_an_argument_that_was_renamed_and_is_hidden_is_not_shown() -> None:
    """Search shows arguments by the names that a call has, and none that the blueprint takes away."""
    one = operation("GET /x", "x", parameters=(parameter("page[size]"), parameter("a b"), parameter("c")))
    found = surveyed(one, override={"x": {"hidden": ("page_size",), "fixed": {"c": "d"}}})
    assert found.candidates["x"].outline.arguments == ("a_b",)

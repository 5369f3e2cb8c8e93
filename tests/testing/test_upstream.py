"""The mock upstream says what is wrong with a request by its description, and answers with what that promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import jsonschema_rs
import pytest

from seawall.testing import MockUpstream
from seawall.toolsets.openapi.model import ApiDescription
from seawall.types import JsonObject
from support.apis import answers, api, body, operation, parameter

PET: JsonObject = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
PETS = api(
    operation(
        "GET",
        "/pets/{id}",
        parameter("id", "path", {"type": "integer"}),
        parameter("limit", schema={"type": "integer", "maximum": 5}, required=True),
        parameter("tags", schema={"type": "array", "items": {"type": "integer"}}, style="pipeDelimited"),
        parameter("X-Kind", "header", {"enum": ["a", "b"]}),
        responses=(answers(PET),),
    ),
    operation("GET", "/pets/mine", responses=(answers({"type": "array", "minItems": 2}),)),
    operation("POST", "/pets", body=body(PET), responses=(answers(media_type="image/png", status="201"),)),
    operation("DELETE", "/pets", responses=(answers(media_type="", status="204"),)),
)


def asked(
    method: str, target: str, description: ApiDescription = PETS, **more: object
) -> tuple[httpx2.Response, MockUpstream]:
    with MockUpstream(description) as upstream, httpx2.Client(trust_env=False) as client:
        return client.request(method, f"{upstream.url}{target}", **more), upstream  # type: ignore[arg-type]


def test_a_good_request_is_answered_with_what_the_description_promises() -> None:
    response, upstream = asked("GET", "/pets/7?limit=5&tags=1%7C2", headers={"X-Kind": "a"})
    assert (response.status_code, upstream.faults) == (200, [])
    jsonschema_rs.validate(PET, response.json())
    (received,) = upstream.received
    assert received.operation is PETS.operations[0]
    assert received.values == {
        ("path", "id"): 7, ("query", "limit"): 5, ("query", "tags"): [1, 2], ("header", "X-Kind"): "a",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("target", "headers", "fault"),
    [
        ("/pets/x?limit=1", {}, "path 'id' does not fit"),
        ("/pets/1", {}, "query 'limit' is missing"),
        ("/pets/1?limit=6", {}, "query 'limit' does not fit"),
        ("/pets/1?limit=1&lmit=2", {}, "query 'lmit' is not described"),
        ("/pets/1?limit=1&tags=1,2", {}, "query 'tags' does not fit"),
        ("/pets/1?limit=1&tags=['1']", {}, "query 'tags' does not fit"),
        ("/pets/1?limit=1", {"X-Kind": "c"}, "header 'X-Kind' does not fit"),
    ],
)
def test_what_is_wrong_with_parameters_is_told(target: str, headers: dict[str, str], fault: str) -> None:
    response, upstream = asked("GET", target, headers=headers)
    assert response.status_code == 422
    assert fault in response.json()["error"][0]
    assert fault in upstream.faults[0]


@pytest.mark.parametrize(
    ("content", "content_type", "fault"),
    [
        (b"{}", "application/json", "does not fit its schema"),
        (b"{", "application/json", "is not application/json"),
        (b"name=a", "application/x-www-form-urlencoded", "is not described"),
        (b"", "", "the body is missing"),
    ],
)
def test_what_is_wrong_with_a_body_is_told(content: bytes, content_type: str, fault: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    assert fault in asked("POST", "/pets", content=content, headers=headers)[1].faults[0]


def test_what_the_description_does_not_have_is_not_there() -> None:
    response, upstream = asked("PUT", "/pets")
    assert response.status_code == 404
    assert upstream.received[0].operation is None


def test_the_path_with_fewer_places_is_meant() -> None:
    response, upstream = asked("GET", "/pets/mine")
    assert upstream.received[0].operation is PETS.operations[1]
    assert len(response.json()) == 2


def test_answers_without_json() -> None:
    made, upstream = asked("POST", "/pets", json={"name": "a"})
    assert (made.status_code, made.headers["content-type"], made.content[:4]) == (
        201,
        "image/png",
        b"\x89PNG",
    )
    assert upstream.received[0].body == {"name": "a"}
    gone, _ = asked("DELETE", "/pets")
    assert (gone.status_code, gone.content) == (204, b"")


def test_a_project_starts_one_from_its_description(
    mock_upstream: Callable[[str | Path], MockUpstream], tmp_path: Path
) -> None:
    (tmp_path / "parts.json").write_text(json.dumps({"type": "integer"}))
    file = tmp_path / "spec.json"
    place = {"name": "id", "in": "path", "required": True, "schema": {"$ref": "parts.json"}}
    spec = {
        "openapi": "3.1.0",
        "paths": {"/t/{id}": {"get": {"parameters": [place], "responses": {"204": {}}}}},
    }
    file.write_text(json.dumps(spec))
    upstream = mock_upstream(file)
    assert httpx2.get(f"{upstream.url}/t/1", trust_env=False).status_code == 204
    assert httpx2.get(f"{upstream.url}/t/x", trust_env=False).status_code == 422

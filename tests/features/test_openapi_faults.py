"""What commonly goes wrong between the description of an API and the API, one test each: it does not go wrong here."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from mcp_types import ImageContent, TextContent

from seawall.errors import InvalidArgumentsError, UpstreamRefusedError
from seawall.toolsets.openapi.address import operation_url
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiOperation, Server
from seawall.types import JsonObject
from support.apis import BASE, answers, api, body, client_of, operation, parameter, served, shaped
from support.services import Asked, Service, Wire, serving

PNG = b"\x89PNG\r\n\x1a\n\x00\x00"
PET: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
    "required": ["id", "name"],
}
Answers = Callable[[Asked, Wire], Awaitable[None]]


async def fine(asked: Asked, wire: Wire) -> None:
    await wire.answer(body={"id": 1, "name": "a"})


def called(
    one: ApiOperation, arguments: JsonObject, behaviour: Answers = fine, **offer: Any
) -> tuple[Any, Service]:
    """The result of a call, and the service with all that it was asked."""

    async def calling() -> tuple[Any, Service]:
        async with serving(behaviour) as service, client_of(service.url) as client:
            return await served(one, client, service.url, **offer).run(arguments), service

    return asyncio.run(calling())


def refused(one: ApiOperation, arguments: JsonObject, **offer: Any) -> None:
    """The call is refused, and the service never hears of it."""

    async def calling() -> Service:
        async with serving(fine) as service, client_of(service.url) as client:
            with pytest.raises(InvalidArgumentsError):
                await served(one, client, service.url, **offer).run(arguments)
            return service

    assert asyncio.run(calling()).asked == []


LIST_PETS = operation(
    "GET",
    "/pets",
    parameter("limit", schema={"type": "integer"}, required=True),
    parameter("status", schema={"enum": ["available", "sold"]}),
)


@pytest.mark.parametrize(
    "arguments",
    [{"limit": "ten"}, {"limit": 1, "status": "lost"}, {}, {"limit": 1, "lmit": 2}, {"limit": None}],
)
def test_1_arguments_that_do_not_fit_are_never_sent(arguments: JsonObject) -> None:
    """A wrong type, a word that is none of the allowed ones, something missing, something unknown."""
    refused(LIST_PETS, arguments)


def test_2_nothing_of_the_callers_own_request_goes_upstream() -> None:
    """Only what the description and the client of the service put there; the header lists belong to that client."""
    _, service = called(LIST_PETS, {"limit": 1})
    sent = set(service.asked[0].headers)
    assert sent <= {"host", "accept", "accept-encoding", "user-agent", "connection"}


@pytest.mark.parametrize("name", ["Authorization", "Host", "Accept", "Content-Type", "Cookie"])
def test_3_a_header_parameter_never_takes_over_the_request(name: str) -> None:
    one = operation("GET", "/pets", parameter(name, "header"), parameter("X-Trace", "header"))
    assert "X-Trace" in shaped(one).schema["properties"]  # type: ignore[operator]
    refused(one, {name: "evil.example"})
    _, service = called(one, {"X-Trace": "t"})
    assert "evil" not in service.asked[0].head.decode()


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b"])
def test_4_line_ends_in_a_header_are_refused_before_sending(value: str) -> None:
    refused(operation("GET", "/pets", parameter("X-Trace", "header")), {"X-Trace": value})
    refused(operation("GET", "/pets", parameter("X-Trace", "header", {})), {"X-Trace": [value]})


def test_5_the_words_of_a_failing_service_do_not_reach_the_model_as_they_are() -> None:
    async def failing(asked: Asked, wire: Wire) -> None:
        await wire.answer(400, {"message": "no such pet", "trace": "x" * 100_000})

    with pytest.raises(UpstreamRefusedError) as caught:
        called(LIST_PETS, {"limit": 1}, failing)
    assert len(str(caught.value)) < 5000


def test_6_a_huge_body_is_read_to_a_bound_and_delivered_to_another() -> None:
    async def huge(asked: Asked, wire: Wire) -> None:
        await wire.answer(body=[{"id": number, "name": "x" * 1000} for number in range(20_000)])

    one = operation("GET", "/pets", responses=(answers({"type": "array"}),))
    result, _ = called(one, {}, huge)
    assert result.size <= 64 * 1024
    assert "larger than the" in result.content[-1].text


def test_7a_no_content_is_a_good_answer() -> None:
    async def nothing(asked: Asked, wire: Wire) -> None:
        await wire.raw(b"HTTP/1.1 204 No Content\r\n\r\n")

    one = operation("DELETE", "/pets", responses=(answers(PET), answers(media_type="", status="204")))
    result, _ = called(one, {}, nothing)
    assert result.structured_content["status"] == 204


@pytest.mark.parametrize(
    ("media_type", "data", "kind"),
    [("image/png", PNG, ImageContent), ("application/xml", b"<pet/>", TextContent)],
)
def test_7b_an_answer_of_another_type_is_delivered(media_type: str, data: bytes, kind: type) -> None:
    async def other(asked: Asked, wire: Wire) -> None:
        await wire.answer(body=data, content_type=media_type)

    result, _ = called(operation("GET", "/pet", responses=(answers(PET),)), {}, other)
    assert isinstance(result.content[0], kind)
    assert "instead of application/json" in result.content[-1].text


def test_7c_a_member_of_the_wrong_type_loses_nothing() -> None:
    async def wrong(asked: Asked, wire: Wire) -> None:
        await wire.answer(body={"id": "one", "name": "a"})

    result, _ = called(operation("GET", "/pet", responses=(answers(PET),)), {}, wrong)
    assert result.structured_content["body"] == {"id": "one", "name": "a"}
    assert "does not fit" in result.structured_content["warnings"][0]


@pytest.mark.parametrize("media_type", ["multipart/form-data", "application/octet-stream"])
def test_8_a_file_arrives_as_its_bytes_with_its_name(media_type: str) -> None:
    encoded = base64.b64encode(PNG).decode()
    binary: JsonObject = {"type": "string", "format": "binary"}
    multipart = media_type.startswith("multipart")
    schema: JsonObject = {"type": "object", "properties": {"file": binary}} if multipart else binary
    arguments: JsonObject = {"file": {"base64": encoded, "name": "a.png"}} if multipart else {"body": encoded}
    _, service = called(operation("POST", "/files", body=body(schema, media_type)), arguments)
    assert PNG in service.asked[0].body
    assert (b'filename="a.png"' in service.asked[0].body) == multipart


def test_9_objects_in_a_query_are_written_as_described() -> None:
    one = operation(
        "GET",
        "/pets",
        parameter("d", schema={"type": "object"}, style="deepObject"),
        parameter("j", schema={"type": "object"}, media_type="application/json"),
    )
    _, service = called(one, {"d": {"b": ["x", "y"]}, "j": {"a": 1}})
    assert service.asked[0].line.endswith("/pets?d%5Bb%5D=x&d%5Bb%5D=y&j=%7B%22a%22%3A1%7D")


def test_10a_an_operation_with_a_server_of_its_own_goes_there() -> None:
    one = operation("POST", "/files", servers=(Server("https://upload.example/v2"),))
    allowed = OpenApiDeclaration(spec="api.json", hosts=("https://upload.example",))
    assert operation_url(one, api(one), allowed, BASE) == "https://upload.example/v2"
    assert (
        operation_url(one, api(one), OpenApiDeclaration(spec="api.json"), BASE) is None
    )  # and never to `BASE`


def test_10c_an_operation_at_the_first_of_all_servers_goes_to_where_the_operator_says_that_is() -> None:
    servers = (Server("https://one.example/v2"), Server("https://two.example/v2"))
    here, there = (operation("GET", "/files", servers=(each,)) for each in servers)
    description = replace(api(here, there), servers=servers)
    moved = OpenApiDeclaration(spec="api.json", base_url=BASE)
    assert operation_url(here, description, moved, BASE) == BASE
    assert operation_url(there, description, moved, BASE) is None
    allowed = OpenApiDeclaration(spec="api.json", base_url=BASE, hosts=("https://two.example",))
    assert operation_url(there, description, allowed, BASE) == "https://two.example/v2"


def test_10b_what_only_the_service_sets_is_not_asked_for_and_what_it_needs_is() -> None:
    one = operation("POST", "/pets", body=body(PET))
    assert shaped(one).schema["required"] == ["name"]
    refused(one, {})
    refused(one, {"id": 1, "name": "a"})
    _, service = called(one, {"name": "a"})
    assert json.loads(service.asked[0].body) == {"name": "a"}


def test_10c_a_deprecated_parameter_says_so() -> None:
    schema = shaped(operation("GET", "/pets", parameter("old", deprecated=True))).schema
    assert schema["properties"]["old"]["deprecated"] is True  # type: ignore[index,call-overload]


def test_11_a_body_with_variants_keeps_all_of_them() -> None:
    cat: JsonObject = {
        "type": "object",
        "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
    }
    dog: JsonObject = {
        "type": "object",
        "properties": {"kind": {"const": "dog"}, "barks": {"type": "boolean"}},
    }
    either: JsonObject = {"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]}
    definitions = {"Cat": {**cat, "required": ["kind"]}, "Dog": {**dog, "required": ["kind"]}}
    one = operation(
        "POST",
        "/pets",
        body=body({"type": "object", "properties": {"owner": {"type": "string"}, "pet": either}}),
    )
    cases: list[JsonObject] = [
        {"owner": "a", "pet": {"kind": "cat", "lives": 9}},
        {"pet": {"kind": "dog", "barks": True}},
    ]
    for arguments in cases:
        _, service = called(one, arguments, definitions=definitions)
        assert json.loads(service.asked[0].body) == arguments
    refused(one, {"pet": {"kind": "cow"}}, definitions=definitions)

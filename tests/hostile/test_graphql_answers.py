"""Answers of a service that is broken, in other hands, or says too much: nothing of them gets past, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from fastmcp import Client, FastMCP

from seawall.runtime.assemble import assemble
from seawall.runtime.results import ERROR_META
from support.graphql_service import DATA, SCHEMA, GraphQLService, harbours

pytestmark = pytest.mark.anyio

LEAK: Final = "s3cr3t-of-the-service"
HARBOUR: Final = {"id": "h1", "code": "H1", "name": "Harbour 1", "depth": 4.5, "weather": "calm"}
WARDEN: Final = {"name": "Ines", "phone": LEAK}
BERTHS: Final = {"nodes": [], "seawallPageInfo": {"hasNextPage": False, "endCursor": None}}


@pytest.fixture(scope="module")
def service() -> Iterator[GraphQLService]:
    with harbours() as running:
        yield running


@pytest.fixture
async def server(tmp_path: Path, service: GraphQLService) -> FastMCP[Any]:
    blueprint = tmp_path / "seawall.toml"
    blueprint.write_text(
        f'[server]\nname = "harbours"\n\n[[toolset]]\nkind = "graphql"\nendpoint = "{service.url}"\n'
        f'schema = "{SCHEMA}"\nnetworks = ["127.0.0.1/32"]\nretries = {{ attempts = 1 }}\n'
        f'documents = ["{DATA}/operations/*.graphql"]\nbreaker = {{ failures = 1000 }}\n',
        encoding="utf-8",
    )
    return await asyncio.to_thread(assemble, blueprint)


def said(data: Any, *errors: Any, **more: Any) -> bytes:
    answer = {"data": data, "errors": list(errors), **more} if errors else {"data": data, **more}
    return json.dumps(answer).encode()


def harbour(**more: Any) -> dict[str, Any]:
    return {"harbour": {**HARBOUR, "warden": dict(WARDEN), "berths": BERTHS, **more}}


REFUSED: dict[str, tuple[int, dict[str, str], bytes]] = {
    "a page of HTML": (200, {"content-type": "text/html"}, f"<html>{LEAK}</html>".encode()),
    "HTML that is called JSON": (200, {}, f"<html>{LEAK}</html>".encode()),
    "nothing": (200, {}, b""),
    "half of an answer": (200, {}, said(harbour())[:60]),
    "a list": (200, {}, json.dumps([{"data": {"a": LEAK}}]).encode()),
    "an object of another kind": (200, {}, json.dumps({"password": LEAK}).encode()),
    "no data and no errors": (200, {}, said(None)),
    "no data and an error with more than words": (
        200,
        {},
        said(None, {"message": "no", "extensions": {"stack": LEAK}, "debug": LEAK}),
    ),
    "no data and an error of a private field": (
        200,
        {},
        said(None, {"message": LEAK, "path": ["harbour", "warden", "phone"]}),
    ),
    "errors that are a word, and no data": (200, {}, json.dumps({"errors": "not today"}).encode()),
    "a refusal with more than words": (
        400,
        {},
        json.dumps({"errors": [{"message": "no", "extensions": {"stack": LEAK}}]}).encode(),
    ),
    "a failure with more than words": (
        500,
        {"content-type": "application/graphql-response+json"},
        json.dumps({"errors": [{"message": "no", "extensions": {"stack": LEAK}}], "debug": LEAK}).encode(),
    ),
    "a failure in plain text": (500, {"content-type": "text/plain"}, LEAK.encode()),
    "a way elsewhere": (307, {"location": "https://elsewhere.example/graphql"}, LEAK.encode()),
    "a way to the machine itself": (302, {"location": "http://127.0.0.1:1/"}, LEAK.encode()),
    "JSON without a bottom": (200, {}, b'{"data":' + b'{"a":' * 5000 + b"1" + b"}" * 5001),
    "JSON that nothing can write again": (200, {}, b'{"data":' + b"[" * 400 + b"]" * 400 + b"}"),
    "a number without end": (200, {}, b'{"data": {"harbour": ' + b"9" * 5000 + b"}}"),
    "what is not a number": (200, {}, b'{"data": {"harbour": NaN}}'),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_it_is_an_error_that_tells_nothing(
    name: str, server: FastMCP[Any], service: GraphQLService
) -> None:
    service.canned[:] = [REFUSED[name]]
    before = len(service.received)
    async with Client(server) as client:
        answer = await client.call_tool("getHarbour", {"code": "H1"}, raise_on_error=False)
    assert answer.is_error
    assert answer.meta is not None
    assert answer.meta[ERROR_META]["code"] in {"upstream_refused", "upstream_unavailable"}
    assert LEAK not in str(answer)
    assert len(service.received) == before + 1


GIVEN: dict[str, tuple[bytes, str, int]] = {
    "all": (said(harbour()), "", 0),
    "data beside an error with more than words": (
        said(harbour(), {"message": "no weather", "extensions": {"stack": LEAK, "code": "LATE"}}),
        "no weather",
        1,
    ),
    "data beside an error of a private field": (
        said(harbour(), {"message": f"{LEAK} is no number", "path": ["harbour", "warden", "phone"]}),
        "kept from you",
        1,
    ),
    "data beside an error whose path is no path": (
        said(harbour(), {"message": "odd", "path": {"phone": LEAK}}),
        "odd",
        1,
    ),
    "data beside an error with something else in its path": (
        said(harbour(), {"message": "odd", "path": ["harbour", {"phone": LEAK}, [LEAK], 0]}),
        "odd",
        1,
    ),
    "data beside an error far below a private field": (
        said(harbour(), {"message": LEAK, "path": [*["harbour", "warden"], *range(30), "phone", "digits"]}),
        "kept from you",
        1,
    ),
    "more errors than anybody reads": (
        said(harbour(), *({"message": f"no {number}"} for number in range(500))),
        "481 more errors",
        20,
    ),
    "data beside errors that are words": (said(harbour(), "not all", None, 3), "not all", 2),
    "data beside something else": (said(harbour(), extensions={"trace": LEAK}, debug=LEAK), "", 0),
    "a private field that is a list": (said(harbour(warden=[WARDEN, [WARDEN], None])), "", 0),
    "half of a character": (
        said(harbour()).replace(b'"Harbour 1"', b'"Harbour \\ud800"'),
        "\ufffd",
        0,
    ),
    "a cursor that is none": (
        said(
            harbour(berths={"nodes": [], "seawallPageInfo": {"hasNextPage": True, "endCursor": {"a": LEAK}}})
        ),
        "",
        0,
    ),
    "pages that are none": (said(harbour(berths=[1])), "", 0),
    "a byte order mark": (b"\xef\xbb\xbf" + said(harbour()), "", 0),
}


@pytest.mark.parametrize("name", GIVEN)
async def test_what_there_is_is_delivered_without_what_is_private(
    name: str, server: FastMCP[Any], service: GraphQLService
) -> None:
    body, words, errors = GIVEN[name]
    service.canned[:] = [(200, {}, body)]
    async with Client(server) as client:
        answer = await client.call_tool("getHarbour", {"code": "H1"})
    content = answer.structured_content
    assert content is not None
    assert content["data"]["harbour"]["code"] == "H1"
    assert len(content.get("errors", [])) == errors
    assert words in json.dumps(content, ensure_ascii=False)
    assert LEAK not in str(answer)
    assert "phone" not in str(answer)
    assert "seawallPageInfo" not in str(answer)


async def test_a_field_of_null_stays_one(server: FastMCP[Any], service: GraphQLService) -> None:
    service.canned[:] = [(200, {}, said({"harbour": None}))]
    async with Client(server) as client:
        answer = await client.call_tool("getHarbour", {"code": "H1"})
    assert answer.structured_content == {"data": {"harbour": None}}

"""An API from its real description, called end to end, against a service that checks every request by it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.client.transports import StdioTransport

from seawall.errors import BlueprintError, SeawallError
from seawall.runtime.assemble import assemble
from seawall.runtime.results import ERROR_META
from seawall.testing.upstream import MockUpstream
from seawall.toolsets.continuation import Continuation, word_for
from seawall.toolsets.openapi.reading import read
from support.http2 import serving_http2
from support.loopback import Authority, answer, serving

pytestmark = pytest.mark.anyio

SPEC = Path(__file__).parents[1] / "data" / "specs" / "petstore-3.0.yaml"


@pytest.fixture(scope="module")
def petstore() -> Iterator[MockUpstream]:
    description = read(SPEC.read_bytes())
    with MockUpstream(description) as service:
        for operation in description.operations:
            service.answer(operation)  # made once, and not on an event loop
        yield service


def server(directory: Path, service: MockUpstream, more: str = "") -> Client[Any]:
    """A client of `seawall serve` over stdio."""
    blueprint = directory / "seawall.toml"
    blueprint.write_text(
        f'[server]\nname = "pets"\n\n[[toolset]]\nkind = "openapi"\nname = "petstore"\nspec = "{SPEC}"\n'
        f'base_url = "{service.url}"\nnetworks = ["127.0.0.1/32"]\n{more}',
        encoding="utf-8",
    )
    return Client(StdioTransport(sys.executable, ["-m", "seawall", "serve", str(blueprint), "--quiet"]))


async def test_petstore_is_served_over_stdio_and_called(tmp_path: Path, petstore: MockUpstream) -> None:
    client = await asyncio.to_thread(server, tmp_path, petstore, 'access = "write"')
    async with client:
        assert len(await client.list_tools()) == 19
        answer = await client.call_tool("getPetById", {"petId": 7})
        assert answer.structured_content is not None
        assert answer.structured_content["status"] == 200
        added = await client.call_tool("addPet", {"name": "Rex", "photoUrls": ["a.png"]})
        assert not added.is_error
        before = len(petstore.received)
        for wrong in ({}, {"petId": "7"}, {"petId": 7, "id": 7}):
            refused = await client.call_tool("getPetById", wrong, raise_on_error=False)
            assert refused.meta is not None
            assert refused.meta[ERROR_META]["code"] == "invalid_arguments"
    assert len(petstore.received) == before
    assert petstore.faults == []
    assert [(each.method, each.target) for each in petstore.received[-2:]] == [
        ("GET", "/pet/7"),
        ("POST", "/pet"),
    ]


async def test_what_is_only_searched_for_is_called_just_so(tmp_path: Path, petstore: MockUpstream) -> None:
    client = await asyncio.to_thread(server, tmp_path, petstore, 'discovery = "search"')
    async with client:
        assert len(await client.list_tools()) == 3
        found: Any = await client.call_tool("search_operations", {"query": "find a pet by its id"})
        assert found.content[0].text.startswith("getPetById (reads)")
        described: Any = await client.call_tool("describe_operation", {"name": "getPetById", "answer": True})
        assert "Answer, as JSON Schema" in described.content[0].text
        arguments = {"name": "getPetById", "arguments": {"petId": 9}}
        answer = await client.call_tool("call_operation", arguments)
        assert answer.structured_content is not None
        write = {"name": "deletePet", "arguments": {"petId": 9}}
        refused = await client.call_tool("call_operation", write, raise_on_error=False)
    assert petstore.received[-1].target == "/pet/9"
    assert refused.is_error  # access = "read"


async def test_a_projection_of_the_blueprint_is_not_the_callers_to_change(
    tmp_path: Path, petstore: MockUpstream
) -> None:
    more = '[toolset.override.getPetById]\nfields = "name"\n'
    client = await asyncio.to_thread(server, tmp_path, petstore, more)
    async with client:
        (tool,) = [each for each in await client.list_tools() if each.name == "getPetById"]
        assert "fields" not in tool.input_schema["properties"]
        answer = await client.call_tool("getPetById", {"petId": 7})
    assert answer.structured_content is not None
    assert "photoUrls" not in str(answer.structured_content)


async def test_a_projection_that_is_none_is_told_before_anything_is_served(
    tmp_path: Path, petstore: MockUpstream
) -> None:
    more = '[toolset.override.getPetById]\nfields = "[name"\n'
    await asyncio.to_thread(server, tmp_path, petstore, more)
    with pytest.raises(BlueprintError) as caught:
        await asyncio.to_thread(assemble, tmp_path / "seawall.toml")
    (problem,) = caught.value.problems
    assert "`fields` cannot be used" in problem.message
    assert problem.key == "toolset[0].override.getPetById"


PAGED = """
{"openapi": "3.1.0", "info": {"title": "Pages", "version": "1"}, "paths": {
  "/things": {"get": {"operationId": "list_things", "parameters": [
    {"name": "cursor", "in": "query", "schema": {"type": "string"}},
    {"name": "owner", "in": "query", "schema": {"type": "string"}}],
    "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object",
      "properties": {"items": {"type": "array", "items": {}}, "next_cursor": {"type": "string"}}}}}}}}}}}
"""


def paged(directory: Path, port: int, more: str = "", *, scheme: str = "http") -> FastMCP:
    (directory / "pages.json").write_text(PAGED, encoding="utf-8")
    blueprint = directory / "seawall.toml"
    blueprint.write_text(
        '[server]\nname = "pages"\n\n[[toolset]]\nkind = "openapi"\nspec = "pages.json"\n'
        f'base_url = "{scheme}://127.0.0.1:{port}/v1"\nnetworks = ["127.0.0.1/32"]\n{more}',
        encoding="utf-8",
    )
    return assemble(blueprint)


def page(*items: int, cursor: str = "", link: str = "") -> bytes:
    body = {"items": list(items)} | ({"next_cursor": cursor} if cursor else {})
    headers = ["Content-Type: application/json", *([f'Link: <{link}>; rel="next"'] if link else [])]
    return answer(json.dumps(body).encode(), *headers)


async def all_pages(client: Client[Any]) -> list[Any]:
    arguments: dict[str, Any] = {}
    items: list[Any] = []
    for _ in range(4):
        found = (await client.call_tool("list_things", arguments)).structured_content or {}
        items += found["body"]["items"]
        if "next" not in found:
            break
        arguments = {"next": found["next"]}
    return items


@pytest.mark.parametrize(
    ("fields", "kind", "body"),
    [
        ("length(count)", "application/json", b'{"count": 7, "hidden": "thing-7"}'),
        ("count", "application/json", b'{"count": 7, "hidden": "thing-7"'),
        ("count", "text/plain", b"thing-7"),
        ("count", "application/octet-stream", b"\\0thing-7"),
    ],
    ids=["no such selection", "broken", "text", "file"],
)
async def test_what_an_operator_keeps_back_stays_there_when_the_rest_cannot_be_had(
    tmp_path: Path, fields: str, kind: str, body: bytes
) -> None:
    async with serving({"/v1/things": answer(body, f"Content-Type: {kind}")}) as service:
        more = f"[toolset.override.list_things]\nfields = '{fields}'\n"
        mcp = await asyncio.to_thread(paged, tmp_path, service.port, more)
        async with Client(mcp) as client:
            found = await client.call_tool("list_things", {}, raise_on_error=False)
    assert "thing-7" not in str(found)
    assert "is kept back" in str(found.structured_content)


@pytest.mark.parametrize(
    "pages",
    [
        {"/v1/things": page(1, 2, cursor="b"), "/v1/things?cursor=b": page(3)},
        {"/v1/things": page(1, 2, link="/v1/things?after=7"), "/v1/things?after=7": page(3)},
    ],
)
async def test_next_leads_through_the_pages_of_a_served_api(tmp_path: Path, pages: Any) -> None:
    async with serving(pages) as service:
        mcp = await asyncio.to_thread(paged, tmp_path, service.port)
        async with Client(mcp) as client:
            assert await all_pages(client) == [1, 2, 3]


async def test_next_leads_past_nothing_that_the_blueprint_says(tmp_path: Path) -> None:
    """Neither a position that a model wrote, nor a link of the service, changes a fixed argument or leaves the API."""
    first = page(1, cursor="theirs", link="/v1/things?owner=other")
    async with serving({"/v1/things?cursor=mine&owner=me": first}) as service:
        more = '[toolset.override.list_things]\nfixed = { cursor = "mine", owner = "me" }\n'
        mcp = await asyncio.to_thread(paged, tmp_path, service.port, more)
        url = f"http://127.0.0.1:{service.port}/v1/things?owner=me"
        base = hashlib.sha256(f"GET\0{url}\0{hashlib.sha256(b'').hexdigest()}".encode()).hexdigest()[:16]
        position = base64.urlsafe_b64encode(
            json.dumps(["at", base, "theirs", ""], separators=(",", ":")).encode()
        )
        async with Client(mcp) as client:
            found = (await client.call_tool("list_things", {})).structured_content or {}
            forged = {"next": word_for(Continuation(position.decode().rstrip("=")))}
            refused = await client.call_tool("list_things", forged, raise_on_error=False)
    assert "next" not in found
    assert refused.is_error
    assert service.targets == ["/v1/things?cursor=mine&owner=me"]


async def test_an_operator_has_callers_told_of_headers_and_a_text_goes_on(tmp_path: Path) -> None:
    body = "line\n" * 300_000
    reply = answer(body.encode(), "Content-Type: text/plain", "X-Left: 7", "X-Other: 8")
    async with serving({"/v1/things": reply}) as service:
        more = 'response_headers = ["X-Left"]\n'
        mcp = await asyncio.to_thread(paged, tmp_path, service.port, more)
        read_so_far = ""
        arguments: dict[str, Any] = {}
        async with Client(mcp) as client:
            for _ in range(5):
                found: Any = await client.call_tool("list_things", arguments)
                read_so_far += found.content[0].text.rpartition("\n\n")[0]
                said = found.meta["io.github.seawall/result"]
                assert said["headers"] == {"x-left": "7"}
                if "next" not in said:
                    break
                arguments = {"next": said["next"]}
    assert read_so_far.rstrip() == body.rstrip()
    assert len(service.targets) > 1


@pytest.mark.parametrize("name", ["Set-Cookie", "authorization", "connection"])
async def test_no_header_with_a_credential_is_listed(tmp_path: Path, name: str) -> None:
    with pytest.raises(BlueprintError) as caught:
        await asyncio.to_thread(paged, tmp_path, 9, f'response_headers = ["{name}"]\n')
    assert "`response_headers`" in str(caught.value.problems)


async def test_a_description_is_fetched_from_where_the_operator_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By https, at a private address that `networks` names, and only as its hash says."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with serving({"/api.json": answer(PAGED.encode())}, tls=authority.server("127.0.0.1")) as service:

        def blueprint(digest: str, more: str) -> FastMCP:
            (tmp_path / "seawall.toml").write_text(
                '[server]\nname = "pages"\n\n[[toolset]]\nkind = "openapi"\n'
                f'spec = "https://127.0.0.1:{service.port}/api.json"\nsha256 = "{digest}"\n'
                f'base_url = "https://things.example"\n{more}',
                encoding="utf-8",
            )
            return assemble(tmp_path / "seawall.toml")

        digest = hashlib.sha256(PAGED.encode()).hexdigest()
        allowed = 'networks = ["127.0.0.1/32"]\n'
        async with Client(await asyncio.to_thread(blueprint, digest, allowed)) as client:
            assert [each.name for each in await client.list_tools()] == ["list_things"]
        for refused in (digest, ""), ("0" * 64, allowed), (digest, 'networks = ["10.0.0.0/8"]\n'):
            with pytest.raises(SeawallError):
                await asyncio.to_thread(blueprint, *refused)
    assert len(service.heads) == 2


@pytest.mark.parametrize(("more", "protocol"), [("", "h2"), ("http2 = false\n", "http/1.1")])
async def test_http_2_is_spoken_where_the_service_offers_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, protocol: str
) -> None:
    """Calls at the same time share one connection then."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with serving_http2(authority.server("127.0.0.1")) as service:
        mcp = await asyncio.to_thread(paged, tmp_path, service.port, more, scheme="https")
        async with Client(mcp) as client:
            first = await client.call_tool("list_things", {"cursor": "0"})
            await asyncio.gather(*(client.call_tool("list_things", {"cursor": str(n)}) for n in range(1, 6)))
    assert first.structured_content is not None
    assert first.structured_content["status"] == 200
    assert sorted(path for _, _, _, path in service.requests) == [f"/v1/things?cursor={n}" for n in range(6)]
    assert {spoken for spoken, _, _, _ in service.requests} == {protocol}
    if protocol == "h2":
        assert {number for _, number, _, _ in service.requests} == {1}

"""An API from its real description, called end to end, against a service that checks every request by it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from seawall.runtime.results import ERROR_META
from seawall.testing.upstream import MockUpstream
from seawall.toolsets.openapi.reading import read

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

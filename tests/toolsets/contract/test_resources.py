"""Methods that are resources: listed and read through FastMCP, with the guards of every other read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from fastmcp import Client
from mcp.shared.exceptions import MCPError

import seawall

pytestmark = pytest.mark.anyio

MODULE = """
import datetime as dt
from dataclasses import dataclass
from typing import Protocol
import seawall

class GoneError(Exception): ...

@dataclass
class Item:
    name: str
    since: dt.date

class Shop(Protocol):
    @seawall.resource("stock://report", media_type="text/markdown")
    async def report(self, caller: seawall.Caller) -> str:
        "The whole stock."
    @seawall.resource("stock://items/{number}/of/{day}")
    def item(self, number: int, day: dt.date) -> Item:
        '''One item.

        Raises:
            GoneError: It is gone.
        '''
    @seawall.resource("stock://picture")
    @seawall.operation(read_only=True, scopes=["stock:see"])
    def picture(self) -> bytes:
        "A picture."

class Own:
    async def report(self, caller): return f"# For {caller.principal}"
    def item(self, number, day):
        if number == 0:
            raise GoneError("Item 0 is gone.")
        if number < 0:
            raise KeyError("hunter2")
        return Item(f"item {number + 1}", day)
    def picture(self): return b"\\x89PNG"
"""

BLUEPRINT = """
[server]
name = "shop"

[stdio]
scopes = [{scopes}]

[[toolset]]
kind = "contract"
contract = "workshop_stock:Shop"
implementation = "workshop_stock:Own"
scopes = ["stock"]
"""


async def connected(directory: Path, scopes: str) -> AsyncIterator[Client[Any]]:
    (directory / "workshop_stock.py").write_text(dedent(MODULE))
    (directory / "seawall.toml").write_text(BLUEPRINT.format(scopes=scopes))
    server = await asyncio.to_thread(seawall.assemble, directory / "seawall.toml")
    async with Client(server) as client:
        yield client


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client[Any]]:
    async for each in connected(tmp_path, '"*"'):
        yield each


async def test_resources_are_listed_and_are_no_tools_unless_they_say_so(client: Client[Any]) -> None:
    resources = {str(each.uri): each for each in await client.list_resources()}
    assert set(resources) == {"stock://report", "stock://picture"}
    assert (resources["stock://report"].name, resources["stock://report"].mime_type) == (
        "report",
        "text/markdown",
    )
    assert resources["stock://report"].description == "The whole stock."
    (template,) = await client.list_resource_templates()
    assert template.uri_template == "stock://items/{number}/of/{day}"
    assert [tool.name for tool in await client.list_tools()] == ["picture"]


async def test_texts_bytes_and_data_are_read(client: Client[Any]) -> None:
    (report,) = await client.read_resource("stock://report")
    assert (report.text, report.mime_type) == ("# For local", "text/markdown")  # type: ignore[union-attr]
    (item,) = await client.read_resource("stock://items/1/of/2026-11-22")
    assert item.text == '{"name":"item 2","since":"2026-11-22"}'  # type: ignore[union-attr]
    assert item.mime_type == "application/json"
    (picture,) = await client.read_resource("stock://picture")
    assert (picture.blob, picture.mime_type) == ("iVBORw==", "application/octet-stream")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("stock://items/0/of/2026-11-22", "Item 0 is gone."),
        ("stock://items/x/of/2026-11-22", "number is no valid value in the URI"),
        ("stock://items/1/of/never", "day is no valid value in the URI"),
        ("stock://items/-1/of/2026-11-22", "Something went wrong inside the server"),
    ],
)
async def test_what_is_refused_is_said_and_the_rest_is_masked(
    client: Client[Any], uri: str, words: str
) -> None:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_scopes_hide_resources_as_they_hide_tools(tmp_path: Path) -> None:
    async for client in connected(tmp_path, '"stock"'):
        assert [str(each.uri) for each in await client.list_resources()] == ["stock://report"]
        with pytest.raises(MCPError):
            await client.read_resource("stock://picture")
    async for client in connected(tmp_path, '"other"'):
        assert await client.list_resources() == []
        assert await client.list_resource_templates() == []
        for uri in ("stock://report", "stock://items/1/of/2026-11-22"):
            with pytest.raises(MCPError, match=r"[Uu]nknown|[Nn]ot found"):
                await client.read_resource(uri)

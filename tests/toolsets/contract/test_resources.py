"""Methods that are resources: listed and read through FastMCP, with the guards of every other read."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from fastmcp import Client
from mcp.shared.exceptions import MCPError
from rich.console import Console

import seawall
from seawall.blueprint import load
from seawall.cli.check import check, render, result_as_json
from seawall.errors import BlueprintError
from seawall.reference.collect import collect
from seawall.runtime.assemble import build
from seawall.toolsets.registry import installed_kinds

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


def plain_text(shown: Any) -> str:
    """What stands on a wide terminal."""
    console = Console(width=200, file=io.StringIO())
    with console.capture() as capture:
        console.print(shown)
    return capture.get()


async def connected(directory: Path, scopes: str) -> AsyncIterator[Client[Any]]:
    path = written(directory, BLUEPRINT.format(scopes=scopes))
    server = await asyncio.to_thread(seawall.assemble, path)
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


def written(directory: Path, blueprint: str) -> Path:
    """The blueprint, beside its module."""
    (directory / "workshop_stock.py").write_text(dedent(MODULE))
    path = directory / "seawall.toml"
    path.write_text(blueprint)
    return path


def checked(directory: Path, blueprint: str) -> dict[str, Any]:
    """What `seawall check --json` says."""
    result = check(written(directory, blueprint), environment={})
    return result_as_json(result, ok=result.exit_status(strict=False) == 0)


def test_the_check_lists_them(tmp_path: Path) -> None:
    told = checked(tmp_path, BLUEPRINT.format(scopes='"*"'))
    assert told["ok"], told
    assert {(each["uri"], each["toolset"], each["media_type"]) for each in told["resources"]} == {
        ("stock://report", "contract", "text/markdown"),
        ("stock://items/{number}/of/{day}", "contract", "application/json"),
        ("stock://picture", "contract", "application/octet-stream"),
    }
    shown = "\n".join(
        plain_text(each) for each in render(check(tmp_path / "seawall.toml", environment={}), ok=True)
    )
    assert "stock://items/{number}/of/{day}" in shown
    assert "1 tool, about" in shown
    assert "3 resources" in shown


def test_two_toolsets_that_offer_one_uri_are_told(tmp_path: Path) -> None:
    """The check says of which, and `assemble` refuses."""
    second = BLUEPRINT.partition("[[toolset]]")[2]
    first = BLUEPRINT.format(scopes='"*"')
    told = checked(tmp_path, f'{first}\n[[toolset]]\nname = "again"\nprefix = "again_"{second}')
    assert not told["ok"]
    words = [each["message"] for each in told["problems"]]
    assert len(words) == 3, words
    assert "the toolsets 'contract' and 'again' both offer the resource 'stock://report'" in words[0]
    assert all(each["key"] == "toolset[1]" and each["line"] for each in told["problems"])
    with pytest.raises(BlueprintError):
        seawall.assemble(tmp_path / "seawall.toml")


def test_the_reference_says_from_which_toolset_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, BLUEPRINT.format(scopes='"*"'))
    kinds = installed_kinds()
    declarations = {name: kind.declaration for name, kind in kinds.items()}
    assembly = build(load(path, kinds=declarations, environment={}), kinds)
    try:
        found = asyncio.run(collect(assembly, environment={}))
    finally:
        assembly.workers.close()
    assert {each.toolset for each in found.resources} == {"contract"}

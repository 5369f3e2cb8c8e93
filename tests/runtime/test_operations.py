"""What calls count as for limits: made-up names and many URIs are one operation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.resources.template import ResourceTemplate
from fastmcp.server.transforms import Transform

import seawall
from seawall.runtime.operations import Operations
from seawall.runtime.pipeline.call import Call, Kind
from seawall.security.budget import Deadline

pytestmark = pytest.mark.anyio
GUARD = 30.0


def call(kind: Kind, name: str) -> Call:
    return Call("somebody", "0123456789abcdef", kind, name, {}, Deadline.never())


def template(pattern: str) -> ResourceTemplate:
    return ResourceTemplate.from_function(_page, uri_template=pattern)


def _page(page: str) -> str:
    return page


def test_a_name_counts_for_itself_once_it_was_found() -> None:
    operations = Operations()
    assert operations.of(call("tool", "real")) == operations.of(call("tool", "made up"))
    operations.found("tool", ["real"])
    assert operations.of(call("tool", "real")) != operations.of(call("tool", "made up"))
    assert operations.of(call("prompt", "real")) != operations.of(call("tool", "real"))


def test_all_uris_of_a_template_are_one_operation() -> None:
    operations = Operations()
    operations.found("resource", ["book://contents"])
    operations.found_templates([template("book://page/{page}"), template("other://{page}")])
    pages = {operations.of(call("resource", f"book://page/{number}")) for number in range(100)}
    others = [operations.of(call("resource", uri)) for uri in ("book://contents", "other://1", "none://1")]
    assert len(pages) == 1
    assert len({*pages, *others}) == 4


def test_names_that_are_made_up_endlessly_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.runtime.operations._KEPT", 8)
    operations = Operations()
    operations.found("tool", map(str, range(20)))
    operations.found_templates(template(f"x{number}://{{page}}") for number in range(20))
    assert (len(operations._names), len(operations._templates)) == (8, 8)


async def test_many_uris_of_one_template_leave_room_for_other_calls() -> None:
    mcp: FastMCP = FastMCP("mine")
    entered: set[str] = set()

    @mcp.resource("slow://{page}")
    async def slow(page: str) -> str:
        entered.add(page)
        await asyncio.sleep(GUARD)
        return page

    await _quick_is_answered(mcp, lambda client, number: client.read_resource(f"slow://{number}"), entered)


async def test_calls_of_made_up_tools_leave_room_for_other_calls() -> None:
    """Where names are looked up slowly, each lookup holds a place."""
    mcp: FastMCP = FastMCP("mine")
    entered: set[str] = set()

    class Slow(Transform):
        async def get_tool(self, name: str, call_next: Any, *, version: Any = None) -> Any:
            if name.startswith("made-up"):
                entered.add(name)
                await asyncio.sleep(GUARD)
            return await call_next(name, version=version)

    mcp.add_transform(Slow())
    await _quick_is_answered(
        mcp, lambda client, number: client.call_tool(f"made-up-{number}", raise_on_error=False), entered
    )


async def _quick_is_answered(mcp: FastMCP, hang: Any, entered: set[str]) -> None:
    @mcp.tool
    async def quick() -> str:
        return "hi"

    seawall.harden(mcp, seawall.Policy(concurrency=8, request_timeout=GUARD))
    async with asyncio.timeout(GUARD / 2), Client(mcp) as client:
        await client.list_tools()
        await client.list_resource_templates()
        hanging = [asyncio.create_task(hang(client, number)) for number in range(16)]
        while len(entered) < 6:  # noqa: ASYNC110  what a server in this process does
            await asyncio.sleep(0.01)
        assert (await client.call_tool("quick", {})).data == "hi"
        assert len(entered) == 6
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

"""The short way to a blueprint's own tools: it gives what FastMCP's way gives, and is gone when that could differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.server.middleware.tool_injection import ToolInjectionMiddleware
from fastmcp.server.providers import LocalProvider
from fastmcp.server.transforms import GetToolNext, Transform, Visibility
from fastmcp.tools import Tool
from fastmcp.utilities.versions import VersionSpec

from runtime.toy import SMALLEST, assembled
from seawall.runtime.guard import GuardedTool
from seawall.runtime.server import AssembledServer

pytestmark = pytest.mark.anyio

SCOPED = """
[[toolset]]
kind = "toy"
name = "scoped"
prefix = "scoped_"
scopes = ["files:read"]
"""


class Elsewhere(Exception):  # noqa: N818  a signal
    """FastMCP's own way was taken."""


@pytest.fixture
def mcp(monkeypatch: pytest.MonkeyPatch) -> AssembledServer:
    """An assembled server that tells when it goes FastMCP's own way."""

    async def own_way(*_arguments: object, **_settings: object) -> None:
        raise Elsewhere

    monkeypatch.setattr(FastMCP, "get_tool", own_way)
    server = assembled(SMALLEST + SCOPED)[0].mcp
    assert isinstance(server, AssembledServer)
    return server


class Hiding(Transform):
    """Hides everything."""

    async def get_tool(
        self, name: str, call_next: GetToolNext, *, version: VersionSpec | None = None
    ) -> Tool | None:
        del name, call_next, version
        return None

    async def list_tools(self, tools: Sequence[Tool]) -> Sequence[Tool]:
        del tools
        return []


def greet(name: str) -> str:
    """Say hello in another way."""
    return f"Good day {name}"


def added_provider(mcp: FastMCP) -> None:
    provider = LocalProvider()
    provider.add_tool(Tool.from_function(greet))
    mcp.add_provider(provider)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "a tool": lambda mcp: mcp.tool(greet),
    "a provider": added_provider,
    "a server's transform": lambda mcp: mcp.add_transform(Hiding()),
    "a provider's transform": lambda mcp: mcp.providers[-1].add_transform(Hiding()),
    "a transform of the blueprint's provider": lambda mcp: mcp._own.tools.add_transform(Hiding()),
    "a rule that hides": lambda mcp: mcp.add_transform(Visibility(enabled=False, names={"greet"})),
    "middleware": lambda mcp: mcp.add_middleware(ToolInjectionMiddleware([Tool.from_function(greet)])),
    "fewer providers": lambda mcp: mcp.providers.pop(0),
}


async def test_a_tool_of_the_blueprint_is_found_at_once_inside_of_the_guards(mcp: AssembledServer) -> None:
    assert isinstance(await mcp.get_tool("greet"), GuardedTool)


async def test_it_is_the_very_tool_that_fastmcp_would_find() -> None:
    mcp = assembled()[0].mcp
    assert await mcp.get_tool("greet") is await FastMCP.get_tool(mcp, "greet")


@pytest.mark.parametrize("change", CHANGES)
async def test_whoever_changes_the_server_is_asked(mcp: AssembledServer, change: str) -> None:
    CHANGES[change](mcp)
    with pytest.raises(Elsewhere):
        await mcp.get_tool("greet")


@pytest.mark.parametrize(("name", "version"), [("nothing", None), ("greet", VersionSpec(eq="2"))])
async def test_what_the_blueprint_does_not_have_is_asked_for(
    mcp: AssembledServer, name: str, version: VersionSpec | None
) -> None:
    with pytest.raises(Elsewhere):
        await mcp.get_tool(name, version)


async def test_a_session_that_keeps_anything_is_asked(mcp: AssembledServer) -> None:
    """It may be a rule that hides a tool; test_state.py shows that such a rule holds."""
    await mcp._state.put("anything", {"kept": True})
    with pytest.raises(Elsewhere):
        await mcp.get_tool("greet")


async def test_a_caller_without_the_scope_does_not_find_a_tool_that_needs_one() -> None:
    """On a wire, with no scopes for the local caller."""
    mcp = assembled(SMALLEST + SCOPED + '\n[stdio]\nscopes = ["other"]\n')[0].mcp
    async with Client(mcp) as client:
        said = await client.call_tool("scoped_greet", {"name": "x"}, raise_on_error=False)
    assert "[unknown_tool]" in said.content[0].text

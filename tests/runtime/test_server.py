"""The short way to a blueprint's own tools: it gives what FastMCP's way gives, and is gone when that could differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fastmcp import Client, Context, FastMCP
from fastmcp.server.middleware.tool_injection import ToolInjectionMiddleware
from fastmcp.server.providers import LocalProvider
from fastmcp.server.transforms import GetToolNext, Transform, Visibility
from fastmcp.tools import Tool
from fastmcp.utilities.versions import VersionSpec

from runtime.toy import SMALLEST, assembled
from seawall.runtime.bridge import enforcement_of
from seawall.runtime.enforcement import Enforcement
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


def added_provider(mcp: FastMCP, name: str = "greet") -> None:
    provider = LocalProvider()
    provider.add_tool(Tool.from_function(greet, name=name))
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


class Adding(Transform):
    """Adds a tool."""

    async def list_tools(self, tools: Sequence[Tool]) -> Sequence[Tool]:
        return [*tools, Tool.from_function(greet, name="welcome")]


def tool_of(mcp: Any) -> Tool:
    """The tool `greet` as the guard gives it to lists."""
    found: Tool = mcp._own.guard.admitted(mcp._own.tools.find("greet"))
    return found


def hidden_by_a_mark(mcp: Any) -> None:
    tool_of(mcp).meta = {"fastmcp": {"_internal": {"visibility": False}}}


def kept_from_everybody(mcp: Any) -> None:
    tool_of(mcp).auth = lambda _context: False


def guards(mcp: FastMCP) -> Enforcement:
    found = enforcement_of(mcp)
    assert found is not None
    return found


LISTED: dict[str, Callable[[Any], Any]] = {
    **CHANGES,
    "a provider of another tool": lambda mcp: added_provider(mcp, "welcome"),
    "a tool of the same name in another version": lambda mcp: mcp.add_tool(
        Tool.from_function(greet, version="2")
    ),
    "a transform of another provider": lambda mcp: mcp.providers[0].add_transform(Adding()),
    "a tool's mark": hidden_by_a_mark,
    "a tool's rule": kept_from_everybody,
    "a tool's version": lambda mcp: setattr(tool_of(mcp), "version", "2"),
    "a tool's name": lambda mcp: setattr(tool_of(mcp), "name", "welcome"),
    "what a tool says": lambda mcp: setattr(tool_of(mcp), "description", "Other."),
    "scopes of a tool": lambda mcp: guards(mcp).rules.require("tool", "greet", ["x"]),
    "scopes of the caller": lambda mcp: setattr(guards(mcp).scopes, "local", ("*",)),
}
"""What code may do to a running server that changes its list."""
UNSEEN = ("a provider", "fewer providers")
"""What makes no difference: of two tools with one name the first is listed, and no other provider had any."""


async def listed(mcp: FastMCP, mode: str) -> list[dict[str, Any]]:
    async with Client(mcp, mode=mode) as client:
        return [tool.model_dump(mode="json") for tool in await client.list_tools()]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
@pytest.mark.parametrize("change", LISTED)
async def test_a_list_is_at_once_the_one_that_fastmcp_would_give(
    change: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was listed before; an HTTP client without authentication sees no more than this one, either."""
    mcp = assembled(SMALLEST + SCOPED + '\n[stdio]\nscopes = ["other"]\n')[0].mcp
    await mcp.list_tools()  # the process itself, which sees everything
    before = [await listed(mcp, mode) for _ in range(2)]
    LISTED[change](mcp)
    await mcp.list_tools()
    after = [await listed(mcp, mode) for _ in range(2)]

    async def never(*_: object) -> bool:
        return False

    monkeypatch.setattr(AssembledServer, "_lists_only", never)
    monkeypatch.setattr(mcp, "_list", None)
    expected = await listed(mcp, mode)
    assert after == [expected] * 2
    assert (before == after) is (change in UNSEEN)


async def test_scopes_of_a_tool_itself_hold_after_somebody_saw_it() -> None:
    """Beside the table of rules, which says the same of an assembled server's tools."""
    mcp = assembled(SMALLEST + SCOPED + '\n[stdio]\nscopes = ["other"]\n')[0].mcp
    everything = {tool.name for tool in await mcp.list_tools()}
    guards(mcp).rules._needed.clear()
    seen = {tool["name"] for tool in await listed(mcp, "auto")}
    assert "scoped_greet" in everything
    assert "scoped_greet" not in seen
    assert "greet" in seen


async def test_tools_that_callers_see_differently_are_asked_for_each_of_them() -> None:
    searched = 'discovery = "search"\noperation_scopes = { greet = ["few"] }\n[stdio]\nscopes = ["other"]\n'
    mcp = assembled(SMALLEST + searched)[0].mcp
    for _ in range(2):
        assert "(9 in all)" in str(await mcp.list_tools())
        assert "(8 in all)" in str(await listed(mcp, "auto"))
        assert "(9 in all)" not in str(await listed(mcp, "auto"))


async def test_a_session_that_hides_a_tool_gets_a_list_without_it() -> None:
    """FastMCP's own rule of one session; others go on as before."""
    mcp = assembled()[0].mcp

    @mcp.tool
    async def hide(context: Context) -> None:
        await context.disable_components(names={"greet"})

    async with Client(mcp, mode="legacy") as one, Client(mcp, mode="legacy") as other:
        both = [{tool.name for tool in await client.list_tools()} for client in (one, other)]
        await one.call_tool("hide", {})
        after = [{tool.name for tool in await client.list_tools()} for client in (one, other)]
    assert [was - now for was, now in zip(both, after, strict=True)] == [{"greet"}, set()]


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

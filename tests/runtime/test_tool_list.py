"""A list of tools that was written before says what FastMCP and the SDK would say now."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.client.transports import FastMCPTransport
from fastmcp.server.transforms import ToolTransform
from fastmcp.tools import Tool
from fastmcp.tools.tool_transform import ToolTransformConfig
from mcp.shared.exceptions import MCPError

from runtime.toy import SMALLEST, assembled
from seawall.runtime import tool_list
from seawall.runtime.server import AssembledServer
from seawall.runtime.written import WrittenList, response_bytes
from seawall.security.redact import Redactor

pytestmark = pytest.mark.anyio

HIDDEN = '\n[[toolset]]\nkind = "toy"\nname = "scoped"\nprefix = "scoped_"\nscopes = ["x"]\n'
MODES = ["legacy", "auto"]


async def listed(mcp: FastMCP, mode: Any = "auto") -> list[dict[str, Any]]:
    async with Client(FastMCPTransport(mcp), mode=mode) as client:
        tools = await client.list_tools()
    return [json.loads(tool.model_dump_json(by_alias=True, exclude_none=True)) for tool in tools]


def sent(mcp: AssembledServer, tool: Tool) -> str:
    """A list of this tool as it leaves."""
    token = tool_list._pending.set(pending := tool_list._Pending("2026-07-28"))
    assert mcp._list is not None
    mcp._list.result([tool])
    tool_list._pending.reset(token)
    return response_bytes(1, {"tools": pending.tools}).decode()


@pytest.fixture
def mcp() -> AssembledServer:
    server = assembled()[0].mcp
    assert isinstance(server, AssembledServer)
    return server


@pytest.mark.parametrize("mode", MODES)
async def test_it_says_what_the_sdk_says(
    mcp: AssembledServer, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first list and the later ones alike, in both eras of the protocol."""
    lists = [await listed(mcp, mode) for _ in range(3)]
    monkeypatch.setattr(mcp, "_list", None)
    expected = await listed(mcp, mode)
    assert len(expected) > 5
    assert lists == [expected] * 3


@pytest.mark.parametrize("mode", MODES)
async def test_pages_are_written_once_too_and_add_up(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = assembled(f"{SMALLEST}\n[limits]\npage_size = 2\n")[0].mcp
    assert isinstance(server, AssembledServer)
    whole = await listed(server, mode)
    async with Client(FastMCPTransport(server), mode=mode) as client:
        first = await client.list_tools_mcp()
        second = await client.list_tools_mcp(cursor=first.next_cursor)
        with pytest.raises(MCPError, match="cursor"):
            await client.list_tools_mcp(cursor="nonsense")
    assert [tool.name for tool in (*first.tools, *second.tools)] == [tool["name"] for tool in whole[:4]]
    monkeypatch.setattr(tool_list, "_written", None)
    assert await listed(server, mode) == whole


async def test_a_tool_is_written_once_for_each_version(
    mcp: AssembledServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = tool_list._written

    def counting(tools: Any, version: str) -> Any:
        written.extend(f"{tool.name} {version}" for tool in tools)
        return write(tools, version)

    monkeypatch.setattr(tool_list, "_written", counting)
    names = [tool["name"] for tool in await listed(mcp)]
    await listed(mcp)
    assert len(written) == len(names)
    await listed(mcp, "legacy")
    assert len(written) == len(set(written)) == 2 * len(names)


async def test_a_tool_that_was_changed_is_written_anew(mcp: AssembledServer) -> None:
    await listed(mcp)
    tool = await mcp.get_tool("greet")
    assert tool is not None
    tool.description = "Said otherwise."
    assert (
        next(each for each in await listed(mcp) if each["name"] == "greet")["description"]
        == "Said otherwise."
    )


async def test_a_value_that_equals_the_old_one_and_is_written_otherwise_is_written(
    mcp: AssembledServer,
) -> None:
    """To Python `True == 1`, and not to a model that reads it."""
    tool = await mcp.get_tool("greet")
    assert tool is not None
    tool.parameters = {"type": "object", "default": 1}
    assert '"default":1' in sent(mcp, tool)
    tool.parameters = {"type": "object", "default": True}
    assert '"default":true' in sent(mcp, tool)


@pytest.fixture
def redactor(monkeypatch: pytest.MonkeyPatch) -> Redactor:
    """One that knows nothing of what other tests have told this process."""
    found = Redactor()
    monkeypatch.setattr(tool_list, "KNOWN_SECRETS", found)
    return found


def written(mcp: AssembledServer, *tools: Tool) -> WrittenList:
    assert mcp._list is not None
    found = mcp._list._written(tools, "2026-07-28")
    assert isinstance(found, WrittenList)
    return found


@pytest.mark.parametrize("learn", ["add", "add_passing"])
async def test_a_list_counts_as_searched_until_there_is_another_secret(
    mcp: AssembledServer, redactor: Redactor, learn: str
) -> None:
    tools = [tool for name in ("greet", "letters") if (tool := await mcp.get_tool(name)) is not None]
    assert written(mcp, *tools).is_clean(redactor.state)
    before = written(mcp, *tools)
    getattr(redactor, learn)("Does letters.")  # which one of them says
    assert not before.is_clean(redactor.state)
    for _ in range(2):
        assert not written(mcp, *tools).is_clean(redactor.state)
        assert written(mcp, tools[0]).is_clean(redactor.state)


async def test_a_tool_of_toolset_that_says_a_secret_later_is_searched_then(
    mcp: AssembledServer, redactor: Redactor
) -> None:
    redactor.add("correct horse battery")
    tool = await mcp.get_tool("greet")
    assert tool is not None
    assert written(mcp, tool).is_clean(redactor.state)
    tool.description = "It is correct horse battery."
    assert not written(mcp, tool).is_clean(redactor.state)


async def test_a_tool_of_somebody_else_is_searched_every_time(
    mcp: AssembledServer, redactor: Redactor
) -> None:
    redactor.add("correct horse battery")

    @mcp.tool
    def word_count(text: str) -> int:
        """Count."""
        return len(text.split())

    tool = await mcp.get_tool("word_count")
    assert tool is not None
    assert written(mcp, tool).is_clean(redactor.state)
    tool.parameters["properties"]["text"]["description"] = "correct horse battery"
    assert not written(mcp, tool).is_clean(redactor.state)


async def test_a_list_that_somebody_changed_since_is_not_what_was_searched(
    mcp: AssembledServer, redactor: Redactor
) -> None:
    tool = await mcp.get_tool("greet")
    assert tool is not None
    found = written(mcp, tool)
    found.append({"name": "correct horse battery"})
    assert not found.is_clean(redactor.state)


async def test_tools_that_come_later_or_are_transformed_are_listed_as_they_are(mcp: AssembledServer) -> None:
    await listed(mcp)

    @mcp.tool
    def word_count(text: str) -> int:
        """Count."""
        return len(text.split())

    mcp.add_transform(ToolTransform({"greet": ToolTransformConfig(name="welcome", description="Other.")}))
    found = {tool["name"]: tool for tool in await listed(mcp)}
    assert "greet" not in found
    assert found["welcome"]["description"] == "Other."


async def test_a_tool_whose_schema_its_owner_changes_in_place_is_sent_as_it_is_now(
    mcp: AssembledServer,
) -> None:
    @mcp.tool
    def word_count(text: str) -> int:
        """Count."""
        return len(text.split())

    tool = await mcp.get_tool("word_count")
    assert tool is not None
    assert "In place." not in sent(mcp, tool)
    tool.parameters["properties"]["text"]["description"] = "In place."
    assert "In place." in sent(mcp, tool)


async def test_who_sees_a_tool_is_asked_at_every_list() -> None:
    server = assembled(SMALLEST + HIDDEN + '\n[stdio]\nscopes = ["other"]\n')[0].mcp
    for _ in range(2):
        assert not [tool for tool in await listed(server) if tool["name"].startswith("scoped_")]


async def test_a_tool_that_no_utf_8_can_carry_makes_a_list_like_any_other(mcp: AssembledServer) -> None:
    """It has no JSON that could be kept; whoever writes the answer words the error."""
    tool = await mcp.get_tool("greet")
    assert tool is not None
    assert mcp._list is not None
    kept = mcp._list._kept.setdefault("2026-07-28", {})
    form = tool_list._keep(tool, {"name": "greet", "description": "\ud800"}, kept)
    assert form.json is None
    token = tool_list._pending.set(pending := tool_list._Pending("2026-07-28"))
    mcp._list.result([tool])
    tool_list._pending.reset(token)
    assert pending.tools == [form.data]
    assert not isinstance(pending.tools, WrittenList)

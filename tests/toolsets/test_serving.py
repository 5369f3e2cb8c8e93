"""Operations as tools: validated and timed wherever they run, results in their forms, one life for a toolset."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastmcp import FastMCP
from mcp_types import TextContent

from runtime.toy import ToyDeclaration, ToyToolset
from seawall.errors import DeadlineExceededError, InvalidArgumentsError, PathNotFoundError, StartError
from seawall.security.budget import WorkerPool
from seawall.toolsets.interface import Host, Operation, TextResult
from seawall.toolsets.life import ToolsetLife
from seawall.toolsets.rendering import RESULT_META, SizedResult, text_of
from seawall.toolsets.serving import OperationTool, ToolsetProvider

pytestmark = pytest.mark.anyio


def toy(root: str = "") -> ToyToolset:
    host = Host(directory=Path("/nowhere"), workers=WorkerPool(size=1, queued=1), response_limit=1024)
    return ToyToolset(ToyDeclaration(root=root), host)


def operation(name: str) -> Operation:
    return next(item for item in toy().operations if item.name == name)


def tool(name: str, **settings: Any) -> OperationTool:
    return OperationTool.of(operation(name), response_limit=1024, **settings)


async def test_a_text_result_is_one_block_of_text_with_its_details_beside_it() -> None:
    result = await tool("letters").run({"count": 3})
    assert result.content == [TextContent(type="text", text="aaa\n\nall of them")]
    assert (result.structured_content, result.meta) == (None, {RESULT_META: {"next": None}})


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\n\n", "\n\n"])
def test_the_text_of_a_text_result_can_be_told_from_its_note_byte_for_byte(text: str) -> None:
    shown = text_of(TextResult(text=text, note="a note", details={}))
    assert shown.rpartition("\n\n")[0] == text


async def test_a_text_result_as_json_is_structured_content_and_the_same_as_text() -> None:
    form = tool("letters", results="json")
    result = await form.run({"count": 3})
    assert result.structured_content == {"text": "aaa", "next": None}
    assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
    assert form.output_schema is not None
    assert tool("letters").output_schema is None


async def test_a_data_result_is_structured_content_and_the_same_compact_json_as_text() -> None:
    result = await tool("numbers", results="json").run({"count": 3})
    assert result.structured_content == {"numbers": [0, 1, 2]}
    assert result.content == [TextContent(type="text", text='{"numbers":[0,1,2]}')]


async def test_the_size_counts_both_copies_and_the_details() -> None:
    data = await tool("numbers").run({"count": 3})
    text = await tool("letters").run({"count": 3})
    assert isinstance(data, SizedResult)
    assert isinstance(text, SizedResult)
    assert (data.size, text.size) == (
        2 * len('{"numbers":[0,1,2]}'),
        len("aaa\n\nall of them") + len('{"next":null}'),
    )


async def test_arguments_are_validated_outside_of_a_server_too() -> None:
    with pytest.raises(InvalidArgumentsError):
        await tool("letters").run({"count": "3"})


@pytest.mark.parametrize(("own", "blueprint"), [(0.01, None), (None, 0.01), (60, 0.01)])
async def test_a_time_limit_holds_outside_of_a_server_too(own: float | None, blueprint: float | None) -> None:
    slow = OperationTool.of(replace(operation("slow"), timeout=own), response_limit=1024, timeout=blueprint)
    with pytest.raises(DeadlineExceededError):
        await slow.run({})


async def test_data_that_does_not_fit_its_own_schema_is_a_bug_that_is_not_sent() -> None:
    with pytest.raises(TypeError, match="output schema"):
        await tool("wrong_output").run({})


async def test_an_operations_error_comes_as_it_is() -> None:
    with pytest.raises(PathNotFoundError):
        await tool("missing").run({})


async def test_progress_without_a_server_is_dropped() -> None:
    assert (await tool("greet").run({"name": "x"})).content[0].text == "Hello x"  # type: ignore[union-attr]


def test_the_hints_become_annotations() -> None:
    hints = tool("change").annotations
    assert hints is not None
    assert (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint) == (
        False,
        True,
        False,
        False,
    )


def test_a_schema_that_is_not_valid_is_refused_when_the_tool_is_made() -> None:
    with pytest.raises(ValueError, match="objekt"):
        OperationTool.of(replace(operation("greet"), parameters={"type": "objekt"}), response_limit=1024)


class TestLife:
    """A toolset is started by the first who needs it and closed after the last."""

    async def test_holders_share_one_life(self) -> None:
        toolset = toy()
        life = ToolsetLife(toolset)
        async with life.held(), life.held():
            assert toolset.events == ["start"]
        assert toolset.events == ["start", "close"]

    async def test_a_toolset_that_cannot_start_is_closed_and_may_try_again(self) -> None:
        toolset = toy(root="missing")
        life = ToolsetLife(toolset)
        for _ in range(2):
            with pytest.raises(StartError):
                async with life.held():
                    pytest.fail("it is not there")
        assert toolset.events == ["start", "close"] * 2

    async def test_holders_at_the_same_time_start_it_once(self) -> None:
        toolset = toy()
        life = ToolsetLife(toolset)

        async def hold() -> None:
            async with life.held():
                await asyncio.sleep(0.01)

        await asyncio.gather(*(hold() for _ in range(10)))
        assert toolset.events == ["start", "close"]

    async def test_a_provider_keeps_its_toolset_started_while_the_server_runs(self) -> None:
        toolset = toy()
        life = ToolsetLife(toolset)
        tools = [OperationTool.of(item, response_limit=1024) for item in toolset.operations]
        mcp = FastMCP("t", providers=[ToolsetProvider({"toy": life}, tools)])
        async with mcp._lifespan_manager():
            assert toolset.events == ["start"]
            assert [item.name for item in await mcp.list_tools()] == [
                item.name for item in toolset.operations
            ]
            assert await mcp.get_tool("greet") is not None
            assert await mcp.get_tool("gret") is None
        assert toolset.events == ["start", "close"]

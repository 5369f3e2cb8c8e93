"""`discovery = "search"`: three tools stand for any number, and nothing that guards a listed operation is lost."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from fastmcp import Client, FastMCP

from runtime.toy import SECRET, assembled
from seawall.errors import BlueprintError
from seawall.runtime.results import ERROR_META
from seawall.runtime.surface import surface

pytestmark = pytest.mark.anyio

SEARCHED = """
[server]
name = "toy"

[[toolset]]
kind = "toy"
access = "write"
discovery = "search"

[limits]
request_timeout = 1.5
response_size = 2048
"""


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def mcp() -> FastMCP:
    return assembled(SEARCHED)[0].mcp


def code(result: Any) -> str:
    return str(result.meta[ERROR_META]["code"])


async def called(client: Any, operation: str, /, **arguments: object) -> Any:
    return await client.call_tool(
        "call_operation", {"name": operation, "arguments": arguments}, raise_on_error=False
    )


async def test_three_tools_are_listed_and_nothing_else(mcp: FastMCP, era: Any) -> None:
    async with Client(mcp, mode=era) as client:
        tools = await client.list_tools()
    assert [tool.name for tool in tools] == ["search_operations", "describe_operation", "call_operation"]
    hints = tools[2].annotations
    assert hints is not None
    assert (hints.read_only_hint, hints.destructive_hint) == (False, True)


async def test_a_search_leads_to_a_description_and_that_to_a_call(mcp: FastMCP, era: Any) -> None:
    async with Client(mcp, mode=era) as client:
        found = await client.call_tool("search_operations", {"query": "greet"})
        assert found.content[0].text.startswith("greet (reads): Greet [name*]\n")
        described = await client.call_tool("describe_operation", {"name": "greet"})
        assert '"minLength":1' in described.content[0].text
        answer = await called(client, "greet", name="Ada")
    assert answer.content[0].text == "Hello Ada"


async def test_structured_results_and_errors_come_back_as_they_are(mcp: FastMCP, era: Any) -> None:
    async with Client(mcp, mode=era) as client:
        assert (await called(client, "numbers", count=3)).structured_content == {"numbers": [0, 1, 2]}
        assert code(await called(client, "missing")) == "not_found"
        broken = await called(client, "broken")
    assert code(broken) == "internal_error"
    assert SECRET not in str(broken)


async def test_log_and_metrics_have_the_operation_itself(
    mcp: FastMCP, era: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="seawall")
    async with Client(mcp, mode=era) as client:
        await called(client, "greet", name="Ada")
        await called(client, "greet", nane="Ada")
    records = [vars(record)["seawall"] for record in caplog.records if record.name == "seawall.call"]
    assert [(each["name"], each["outcome"], each.get("code")) for each in records] == [
        ("greet", "ok", None),
        ("greet", "refused", "invalid_arguments"),
    ]


async def test_arguments_are_validated_by_the_operations_own_schema(era: Any) -> None:
    assembly, toy = assembled(SEARCHED)
    async with Client(assembly.mcp, mode=era) as client:
        refused = await called(client, "greet", nane="Ada")
    assert code(refused) == "invalid_arguments"
    assert "did you mean" in refused.content[0].text
    assert toy.seen == []


async def test_limits_of_time_and_size_hold(mcp: FastMCP, era: Any) -> None:
    async with Client(mcp, mode=era) as client:
        assert code(await called(client, "slow")) == "deadline_exceeded"
        cut = await called(client, "letters", count=100_000)
    assert len(cut.content[0].text) <= 2048


async def test_a_call_that_is_no_call_is_refused_by_the_tool_itself(mcp: FastMCP, era: Any) -> None:
    async with Client(mcp, mode=era) as client:
        for arguments in ({}, {"name": 1}, {"name": "greet", "arguments": []}, {"name": "greet", "x": 1}):
            answer = await client.call_tool("call_operation", arguments, raise_on_error=False)
            assert code(answer) == "invalid_arguments"
        unknown = await client.call_tool("call_operation", {"name": "greetings"}, raise_on_error=False)
    assert code(unknown) == "unknown_tool"


async def test_an_operation_that_the_caller_may_not_use_is_not_there_for_them(era: Any) -> None:
    text = SEARCHED + '[stdio]\nscopes = ["other"]\n'
    guarded = text.replace('discovery = "search"', 'discovery = "search"\nscopes = ["toy:use"]')
    for blueprint, there in ((text, True), (guarded, False)):
        async with Client(assembled(blueprint)[0].mcp, mode=era) as client:
            tools = await client.list_tools()
            assert bool(tools) is there
            answer = await called(client, "greet", name="Ada")
            assert answer.is_error is not there


async def test_it_reaches_operations_of_its_own_toolset_alone(era: Any) -> None:
    """Who lets a client use one toolset's `call_operation` has not allowed the tools of another one."""
    other = '[[toolset]]\nkind = "toy"\nname = "other"\nprefix = "other_"\naccess = "write"\n'
    async with Client(assembled(SEARCHED + other)[0].mcp, mode=era) as client:
        assert code(await called(client, "other_greet", name="Ada")) == "unknown_tool"
        assert code(await called(client, "call_operation", name="greet")) == "unknown_tool"


def test_two_catalogues_need_a_prefix() -> None:
    second = '[[toolset]]\nkind = "toy"\nname = "second"\ndiscovery = "search"\n'
    with pytest.raises(BlueprintError) as caught:
        assembled(SEARCHED + second)
    assert {problem.suggestion for problem in caught.value.problems} == {"second_"}


async def test_a_call_past_the_bridge_is_checked_all_the_same() -> None:
    """In process, without middleware: the tool's own handler validates and calls."""
    assembly, toy = assembled(SEARCHED)
    tool = await assembly.mcp.get_tool("call_operation")
    assert tool is not None
    result = await tool.run({"name": "greet", "arguments": {"name": 1}})
    assert code(result) == "invalid_arguments"
    assert toy.seen == []
    result = await tool.run({"name": "greet", "arguments": {"name": "Ada"}})
    assert result.content[0].text == "Hello Ada"  # type: ignore[union-attr]


async def test_the_surface_costs_three_tools() -> None:
    listed = await surface(assembled(SEARCHED.replace('discovery = "search"', ""))[0])
    searched = await surface(assembled(SEARCHED)[0])
    assert [tool.toolset for tool in searched.tools] == ["toy"] * 3
    assert len(listed.tools) == 9

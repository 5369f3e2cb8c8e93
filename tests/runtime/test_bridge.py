"""Around the request: one record for every call, and masked resources and prompts."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.exceptions import PromptError, ResourceError
from fastmcp.server.middleware import Middleware
from fastmcp.tools.base import ToolResult
from mcp.shared.exceptions import MCPError

from runtime.toy import SECRET, SMALLEST, assembled
from seawall.errors import PathNotFoundError
from seawall.runtime.results import ERROR_META

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def mcp() -> FastMCP:
    return assembled(SMALLEST + "[limits]\nrequest_timeout = 1.5\nresponse_size = 2048\n")[0].mcp


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="seawall")
    return caplog


def calls(log: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record)["seawall"] for record in log.records if record.name == "seawall.call"]


async def refusal(client: Any, *, uri: str | None = None, prompt: str | None = None) -> MCPError:
    with pytest.raises(MCPError) as caught:
        await (client.read_resource(uri) if uri else client.get_prompt(prompt))
    return caught.value


class TestRecords:
    """Each call leaves one record, and no argument's value is in it."""

    async def test_of_a_call_that_succeeds(
        self, mcp: FastMCP, log: pytest.LogCaptureFixture, era: Any
    ) -> None:
        async with Client(mcp, mode=era) as client:
            await client.call_tool("letters", {"count": 10})
        (record,) = calls(log)
        assert record.pop("milliseconds") >= 0
        assert len(record.pop("request_id")) == 16
        assert record.pop("rpc_id")
        assert record == {
            "protocol": "2025-11-25" if era == "legacy" else era,
            "kind": "tool",
            "name": "letters",
            "principal": "local",
            "outcome": "ok",
            "bytes": len("a" * 10 + "\n\nall of them" + '{"next":null}'),
        }

    @pytest.mark.parametrize(
        ("called", "told"),
        [
            (("missing", {}), ("refused", "not_found")),
            (("greet", {"nam": "argument-value"}), ("refused", "invalid_arguments")),
            (("broken", {}), ("failed", "internal_error")),
            (("nope", {}), ("refused", "unknown_tool")),
            (("slow", {}), ("refused", "deadline_exceeded")),
        ],
    )
    async def test_of_a_call_that_does_not(
        self, mcp: FastMCP, log: pytest.LogCaptureFixture, called: tuple[str, Any], told: tuple[str, str]
    ) -> None:
        name, arguments = called
        async with Client(mcp) as client:
            await client.call_tool(name, arguments, raise_on_error=False)
        (record,) = calls(log)
        assert (record["name"], record["outcome"], record["code"]) == (name, *told)
        assert "argument-value" not in log.text

    async def test_of_a_call_that_is_cancelled(self, log: pytest.LogCaptureFixture, era: Any) -> None:
        assembly, toy = assembled()
        async with asyncio.timeout(30), Client(assembly.mcp, mode=era) as client:
            waiting = asyncio.create_task(client.call_tool("slow", {}))
            await toy.slow_began.wait()
            waiting.cancel()
            await toy.slow_ended.wait()
        assert [record["outcome"] for record in calls(log)] == ["cancelled"]

    async def test_an_internal_error_has_its_details_in_one_place_under_the_reference(
        self, mcp: FastMCP, log: pytest.LogCaptureFixture
    ) -> None:
        @mcp.resource("r://broken")
        def broken() -> str:
            raise RuntimeError(SECRET)

        @mcp.prompt
        def unwell() -> str:
            raise RuntimeError(SECRET)

        async with Client(mcp) as client:
            result = await client.call_tool("broken", {}, raise_on_error=False)
            await refusal(client, uri="r://broken")
            await refusal(client, prompt="unwell")
        told = [record for record in log.records if record.exc_info]
        assert [record.name for record in told] == ["seawall.error"] * 3
        assert result.meta is not None
        assert vars(told[0])["seawall"]["reference"] == result.meta[ERROR_META]["reference"]
        assert calls(log)[0]["request_id"] == result.meta[ERROR_META]["reference"]

    async def test_a_call_in_process_has_one_too(self, mcp: FastMCP, log: pytest.LogCaptureFixture) -> None:
        await mcp.call_tool("greet", {"name": "x"})
        (record,) = calls(log)
        assert (record["principal"], "rpc_id" in record, "protocol" in record) == ("local", False, False)


class TestReads:
    """Resources and prompts: masked, timed and bounded, as errors of the protocol."""

    async def test_an_unexpected_error_is_masked(self, mcp: FastMCP, era: Any) -> None:
        @mcp.resource("r://{name}")
        def broken(name: str) -> str:
            raise RuntimeError(SECRET + name)

        @mcp.prompt
        def unwell() -> str:
            raise RuntimeError(SECRET)

        async with Client(mcp, mode=era) as client:
            for error in (await refusal(client, uri="r://x"), await refusal(client, prompt="unwell")):
                assert SECRET not in f"{error}{error.error}"
                assert "reference" in str(error)
                assert error.error.data[ERROR_META]["code"] == "internal_error"

    async def test_an_error_on_purpose_keeps_its_words(self, mcp: FastMCP, era: Any) -> None:
        @mcp.resource("r://said")
        def said() -> str:
            raise ResourceError("The shelf is empty.")

        @mcp.resource("r://ours")
        def ours() -> str:
            raise PathNotFoundError(path="a.txt")

        @mcp.prompt
        def asked() -> str:
            raise PromptError("Ask differently.")

        async with Client(mcp, mode=era) as client:
            assert str(await refusal(client, uri="r://said")) == "The shelf is empty. [tool_failed]"
            assert "'a.txt': does not exist." in str(await refusal(client, uri="r://ours"))
            assert "[tool_failed]" in str(await refusal(client, prompt="asked"))

    async def test_what_does_not_exist_is_answered_as_the_protocol_says(self, mcp: FastMCP, era: Any) -> None:
        async with Client(mcp, mode=era) as client:
            missing = (await refusal(client, uri="r://nope")).error
            assert missing.code == (-32002 if era == "legacy" else -32602)
            assert missing.data == {"uri": "r://nope"}
            assert (await refusal(client, prompt="nope")).error.code == -32602

    async def test_time_and_size_are_limited(self, mcp: FastMCP) -> None:
        @mcp.resource("r://slow")
        async def slow() -> str:
            await asyncio.sleep(60)
            return ""

        @mcp.resource("r://large")
        async def large() -> str:
            return "a" * 5000

        async with Client(mcp) as client:
            assert "[deadline_exceeded]" in str(await refusal(client, uri="r://slow"))
            assert "[response_too_large]" in str(await refusal(client, uri="r://large"))

    async def test_what_is_well_passes(self, mcp: FastMCP, era: Any) -> None:
        @mcp.resource("r://well")
        def well() -> str:
            return "fine"

        @mcp.prompt
        def greet(name: str) -> str:
            return f"Greet {name}"

        async with Client(mcp, mode=era) as client:
            assert (await client.read_resource("r://well"))[0].text == "fine"
            assert "Greet x" in str((await client.get_prompt("greet", {"name": "x"})).messages)


async def test_what_the_users_middleware_raises_is_masked(mcp: FastMCP, era: Any) -> None:
    class Broken(Middleware):
        async def on_call_tool(self, context: Any, call_next: Any) -> Any:
            raise RuntimeError(f"{SECRET} {context} {call_next}")

    mcp.add_middleware(Broken())
    async with Client(mcp, mode=era) as client:
        result = await client.call_tool("greet", {"name": "x"}, raise_on_error=False)
    assert SECRET not in f"{result}"
    assert result.meta is not None
    assert result.meta[ERROR_META]["code"] == "internal_error"


async def test_an_error_result_that_a_tool_made_itself_stays_as_it_is(mcp: FastMCP, log: Any) -> None:
    @mcp.tool
    def own() -> ToolResult:
        return ToolResult(content="my own words", is_error=True)

    async with Client(mcp) as client:
        result = await client.call_tool("own", {}, raise_on_error=False)
    assert (result.is_error, result.content[0].text) == (True, "my own words")
    assert calls(log)[0]["code"] == "tool_failed"

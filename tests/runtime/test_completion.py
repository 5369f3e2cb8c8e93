"""Completions and lists: under the same limits as calls, and without secrets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.server.middleware import Middleware
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference

import seawall
from seawall.runtime.bridge import enforcement_of
from seawall.runtime.pipeline.call import Call
from seawall.security.budget import Deadline

pytestmark = pytest.mark.anyio
SECRET = "hunter2-correct-horse"  # noqa: S105  the point of these tests
REFERENCE = PromptReference(type="ref/prompt", name="greeting")


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


def server(**policy: Any) -> FastMCP:
    """A server that completes the argument of its prompt, and whose descriptions hold what they should not."""
    mcp = FastMCP("completing")

    @mcp.completion
    async def complete(reference: Any, argument: Any, context: Any) -> list[str]:
        if argument.value == "hang":
            await asyncio.sleep(3600)
        if argument.value == "break":
            raise RuntimeError(f"postgres://admin:{SECRET}@db.internal")
        return [f"{argument.value} {SECRET}"]

    @mcp.prompt(description=f"Greets, with {SECRET}.")
    def greeting(name: str) -> str:
        return name

    @mcp.tool(description=f"Refunds with {SECRET}.", meta={"note": SECRET})
    def internal_refund(reason: str = SECRET) -> str:
        return reason

    return seawall.harden(mcp, seawall.Policy(secrets=(SECRET,), **policy))


async def completed(client: Client[Any], value: str) -> list[str]:
    return (await client.complete(REFERENCE, {"name": "name", "value": value})).values


async def test_a_completion_is_redacted_masked_and_ends_in_time(era: Any) -> None:
    async with Client(server(request_timeout=1.5), mode=era) as client:
        assert await completed(client, "al") == ["al [redacted]"]
        with pytest.raises(MCPError) as broken:
            await completed(client, "break")
        assert "internal_error" in str(broken.value)
        assert "db.internal" not in str(broken.value)
        with pytest.raises(MCPError, match=r"greeting was stopped after .* \[deadline_exceeded\]"):
            await completed(client, "hang")


async def test_completions_count_for_the_rate_like_calls(era: Any) -> None:
    async with Client(server(rate=seawall.Rate.parse("2/m")), mode=era) as client:
        await completed(client, "a")
        await completed(client, "b")
        with pytest.raises(MCPError, match="rate_limited"):
            await completed(client, "c")


async def test_a_rule_may_deny_completions_by_what_they_complete(era: Any) -> None:
    seen = []

    def rule(call: seawall.Call) -> seawall.Allowed | seawall.Denied:
        seen.append((call.kind, call.name, dict(call.arguments)))
        return seawall.Denied("not for you")

    async with Client(server(authorize=rule), mode=era) as client:
        with pytest.raises(MCPError, match="not for you"):
            await completed(client, "a")
    assert seen == [("completion", "greeting", {"name": "a"})]


async def told(client: Client[Any], reference: PromptReference | ResourceTemplateReference) -> object:
    """The values, or the code of the error."""
    try:
        return (await client.complete(reference, {"name": "name", "value": "al"})).values
    except MCPError as error:
        return error.error.code


def readable(uri: str) -> ResourceTemplateReference:
    return ResourceTemplateReference(type="ref/resource", uri=uri)


async def test_without_completions_the_method_is_unknown_whatever_is_asked(era: Any) -> None:
    mcp = FastMCP("silent")
    mcp.prompt(lambda: "x", name="greeting")
    mcp.resource("note://{name}", name="note")(lambda name: name)
    seawall.harden(mcp, seawall.Policy(local_scopes=()))
    seawall.require(mcp, "prompt", "greeting", ["s"])
    async with Client(mcp, mode=era) as client:
        for reference in (
            REFERENCE,
            readable("note://{name}"),
            readable("z://z"),
            PromptReference(type="ref/prompt", name="z"),
        ):
            assert await told(client, reference) == -32601


async def test_a_handler_says_itself_what_it_completes_where_there_are_no_scopes(era: Any) -> None:
    async with Client(server(), mode=era) as client:
        for reference in (
            REFERENCE,
            PromptReference(type="ref/prompt", name="made by a middleware"),
            readable("z://z"),
        ):
            assert await told(client, reference) == ["al [redacted]"]


async def test_a_handler_is_not_asked_for_a_resource_that_is_hidden_behind_an_open_template(era: Any) -> None:
    mcp = server(local_scopes=())
    mcp.resource("fit://{name}", name="open")(lambda name: name)
    mcp.resource("fit://secret", name="closed")(lambda: "x")
    seawall.require(mcp, "resource", "fit://secret", ["s"])
    async with Client(mcp, mode=era) as client:
        assert await told(client, readable("fit://secret")) == -32602
        assert await told(client, readable("fit://other")) == ["al [redacted]"]
        assert await told(client, readable("fit://{name}")) == ["al [redacted]"]


async def test_a_uri_that_takes_long_to_fit_holds_nobody_up(era: Any) -> None:
    mcp = server(local_scopes=())
    mcp.resource("x://{a}-{b}-{c}!", name="three")(lambda a, b, c: a + b + c)
    seawall.require(mcp, "prompt", "greeting", ["s"])
    async with Client(mcp, mode=era) as client:
        assert await told(client, readable("x://" + "-" * 4000)) == -32602


def test_whoever_reads_the_audit_is_told_which_scopes_a_completion_lacked() -> None:
    mcp = server(local_scopes=())
    mcp.resource("fit://{name}", name="closed")(lambda name: name)
    mcp.resource("note://closed", name="note")(lambda: "x")
    seawall.require(mcp, "template", "fit://{name}", ["s"])
    seawall.require(mcp, "resource", "note://closed", ["s"])
    enforcement = enforcement_of(mcp)
    assert enforcement is not None
    for name in ("fit://{name}", "fit://a", "note://closed"):
        call = Call("p", "1", "completion", name, {}, Deadline.after(1))
        assert enforcement.judged(call)[1] == "scopes s"


async def test_lists_tell_no_secret(era: Any) -> None:
    async with Client(server(), mode=era) as client:
        (tool,) = await client.list_tools()
        (prompt,) = await client.list_prompts()
        assert SECRET not in tool.model_dump_json() + prompt.model_dump_json()
        assert tool.description == "Refunds with [redacted]."
        assert (await client.call_tool("internal_refund", {"reason": "x"})).data == "x"


class Hiding(Middleware):
    """Hides a tool from the list, as a server of one's own might."""

    async def on_list_tools(self, context: Any, call_next: Any) -> Any:
        return [tool for tool in await call_next(context) if tool.name != "internal_refund"]


async def test_a_hint_names_no_tool_that_the_caller_does_not_see() -> None:
    mcp = server()
    async with Client(mcp) as client:
        result = await client.call_tool("internal_refun", raise_on_error=False)
        assert "internal_refund" in result.content[0].text
    mcp.add_middleware(Hiding())
    async with Client(mcp) as client:
        result = await client.call_tool("internal_refun", raise_on_error=False)
        assert "internal_refund" not in result.content[0].text


async def test_a_hint_names_nothing_where_a_rule_decides() -> None:
    async with Client(server(authorize=lambda _: seawall.Allowed())) as client:
        result = await client.call_tool("internal_refun", raise_on_error=False)
        assert "internal_refund" not in result.content[0].text


async def test_the_data_of_a_protocol_error_is_redacted(era: Any) -> None:
    mcp = FastMCP("telling")

    @mcp.resource("r://it")
    def it() -> str:
        raise MCPError(
            code=-32042, message="open a page", data={"url": f"https://u:{SECRET}@example", "n": 1}
        )

    seawall.harden(mcp, seawall.Policy(secrets=(SECRET,)))
    async with Client(mcp, mode=era) as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource("r://it")
    assert SECRET not in repr(caught.value.error.data)
    assert caught.value.error.data["n"] == 1

"""An existing FastMCP server behind the guards: in requests, in background tasks, whatever it is made of."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.server.providers import LocalProvider
from fastmcp.server.providers.skills import SkillsDirectoryProvider
from fastmcp.server.transforms import Namespace, PromptsAsTools
from fastmcp.skills.extension import SkillsExtension
from fastmcp.tools.base import ToolResult
from fastmcp_tasks import TasksExtension
from fastmcp_tasks.client import call_tool_task
from mcp.shared.exceptions import MCPError

import seawall
from seawall.errors import UsageError
from seawall.runtime.guard import GuardedTool
from seawall.runtime.results import ERROR_META

pytestmark = pytest.mark.anyio
GUARD = 30.0
SECRET = "hunter2-hunter2-hunter2"  # noqa: S105  the point of these tests
SHORT = seawall.Policy(request_timeout=1.5, response_size=2048, secrets=(SECRET,))


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


async def broken() -> str:
    raise RuntimeError("db password is swordfish")


async def refusing() -> str:
    raise ToolError(f"the service refused {SECRET}")


async def hanging() -> str:
    await asyncio.sleep(3600)
    return "late"


async def large() -> dict[str, str]:
    return {"text": "x" * 10_000}


async def telling() -> dict[str, Any]:
    return {"nested": [{SECRET: f"key={SECRET}"}]}


async def double(number: int) -> int:
    return 2 * number


ALL = (broken, refusing, hanging, large, telling, double)


def server(policy: seawall.Policy = SHORT, *, task: bool | None = None) -> FastMCP:
    mcp: FastMCP = FastMCP("mine")
    for function in ALL:
        mcp.tool(function, task=task)
    return seawall.harden(mcp, policy)


async def call(mcp: FastMCP, name: str, arguments: dict[str, Any] | None = None, mode: Any = "legacy") -> Any:
    async with asyncio.timeout(GUARD), Client(mcp, mode=mode) as client:
        return await client.call_tool(name, arguments or {}, raise_on_error=False)


def code(result: Any) -> str:
    assert result.is_error, result
    return str(result.meta[ERROR_META]["code"])


EXPECTED = [
    ("broken", {}, "internal_error"),
    ("refusing", {}, "tool_failed"),
    ("hanging", {}, "deadline_exceeded"),
    ("large", {}, "response_too_large"),
    ("double", {"number": "2"}, "invalid_arguments"),
    ("nothing", {}, "unknown_tool"),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), EXPECTED)
async def test_every_call_is_guarded(name: str, arguments: dict[str, Any], expected: str, era: Any) -> None:
    result = await call(server(), name, arguments, era)
    assert code(result) == expected
    assert "swordfish" not in str(result)
    assert SECRET not in str(result)


async def test_a_result_is_redacted_in_text_data_and_keys(era: Any) -> None:
    result = await call(server(), "telling", mode=era)
    assert SECRET not in str(result)
    assert result.structured_content == {"nested": [{"[redacted]": "key=[redacted]"}]}


@pytest.mark.parametrize(("name", "arguments", "expected"), EXPECTED[:4])
async def test_every_background_task_is_guarded(name: str, arguments: dict[str, Any], expected: str) -> None:
    mcp: FastMCP = FastMCP("mine")
    mcp.add_extension(TasksExtension(url=f"memory://{name}"))
    for function in ALL:
        mcp.tool(function, task=True)
    seawall.harden(mcp, SHORT)
    async with asyncio.timeout(GUARD), Client(mcp) as client:
        task = await call_tool_task(client, name, arguments, raise_on_error=False)
        result = await task.result()
    assert code(result) == expected
    assert "swordfish" not in str(result)
    assert SECRET not in str(result)


async def test_the_result_of_a_background_task_is_redacted() -> None:
    mcp: FastMCP = FastMCP("mine")
    mcp.add_extension(TasksExtension(url="memory://telling"))
    seawall.harden(mcp, SHORT)
    mcp.tool(telling, task=True)  # after harden
    async with asyncio.timeout(GUARD), Client(mcp) as client:
        result = await (await call_tool_task(client, "telling", {})).result()
    assert result.structured_content == {"nested": [{"[redacted]": "key=[redacted]"}]}


def _by_provider(mcp: FastMCP) -> None:
    other = LocalProvider()
    other.tool(broken)
    mcp.add_provider(other)


def _by_mount(mcp: FastMCP) -> None:
    child: FastMCP = FastMCP("child")
    child.tool(broken)
    mcp.mount(child)


def _by_namespace(mcp: FastMCP) -> None:
    child: FastMCP = FastMCP("child")
    child.tool(broken, name="ken")
    mcp.mount(child, namespace="bro")
    mcp.tool(broken)


def _by_transform(mcp: FastMCP) -> None:
    mcp.tool(broken, name="broken")
    mcp.add_transform(Namespace("ns"))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("add", [_by_provider, _by_mount, _by_namespace, _by_transform])
async def test_tools_of_every_source_are_guarded_whenever_they_came(add: Any, when: str) -> None:
    mcp: FastMCP = FastMCP("mine")
    if when == "before":
        add(mcp)
    seawall.harden(mcp)
    if when == "after":
        add(mcp)
    async with asyncio.timeout(GUARD), Client(mcp) as client:
        for tool in await client.list_tools():
            assert code(await client.call_tool(tool.name, {}, raise_on_error=False)) == "internal_error"
    assert all(isinstance(tool, GuardedTool) for tool in await mcp.list_tools())


async def test_tools_that_a_server_level_transform_makes_are_guarded() -> None:
    mcp = seawall.harden(FastMCP("mine"), SHORT)

    @mcp.prompt
    def secretive() -> str:
        return SECRET

    mcp.add_transform(PromptsAsTools(mcp))
    result = await call(mcp, "get_prompt", {"name": "secretive"})
    assert not result.is_error
    assert SECRET not in str(result)
    assert isinstance(await mcp.get_tool("get_prompt"), GuardedTool)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_skills_extension_works_on_a_hardened_server(tmp_path: Path, when: str) -> None:
    (tmp_path / "tides").mkdir()
    (tmp_path / "tides" / "SKILL.md").write_text("---\nname: tides\ndescription: Tides.\n---\nUp, down.\n")
    mcp: FastMCP = FastMCP("mine")
    if when == "after":
        seawall.harden(mcp)
    provider = SkillsDirectoryProvider(roots=tmp_path, experimental_skills=True)
    mcp.add_provider(provider)
    mcp.add_extension(SkillsExtension(providers=[provider]))
    if when == "before":
        seawall.harden(mcp)
    mcp.tool(broken)
    async with asyncio.timeout(GUARD), Client(mcp) as client:
        assert "Up, down." in str(await client.read_resource("skill://tides/SKILL.md"))
        assert code(await client.call_tool("broken", {}, raise_on_error=False)) == "internal_error"


async def test_a_provider_that_serves_two_servers_is_guarded_in_the_hardened_one_alone() -> None:
    shared = LocalProvider()
    shared.tool(double)
    plain: FastMCP = FastMCP("plain")
    plain.add_provider(shared)
    hardened = seawall.harden(FastMCP("hardened"))
    hardened.add_provider(shared)
    assert (await call(plain, "double", {"number": "2"})).data == 4
    assert code(await call(hardened, "double", {"number": "2"})) == "invalid_arguments"


class TestTwice:
    async def test_the_same_policy_changes_nothing(self) -> None:
        mcp = server()
        before = list(mcp.middleware), list(mcp.providers)
        assert seawall.harden(mcp, SHORT) is mcp
        assert seawall.harden(mcp) is mcp
        assert (list(mcp.middleware), list(mcp.providers)) == before

    async def test_another_policy_is_refused(self) -> None:
        with pytest.raises(UsageError, match="guarded already"):
            seawall.harden(server(), seawall.Policy(request_timeout=5))


class _Middle(Middleware):
    async def on_call_tool(self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]) -> Any:
        if context.message.name == "double":
            raise RuntimeError("swordfish")
        if context.message.name == "refusing":
            return ToolResult(structured_content={"result": SECRET})
        return await call_next(context)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_servers_own_middleware_runs_inside_of_the_guards(when: str) -> None:
    mcp = server() if when == "after" else FastMCP("mine")
    mcp.add_middleware(_Middle())
    if when == "before":
        mcp.tool(double)
        mcp.tool(refusing)
        seawall.harden(mcp, SHORT)
    failed = await call(mcp, "double", {"number": 1})
    assert code(failed) == "internal_error"
    assert "swordfish" not in str(failed)
    assert SECRET not in str(await call(mcp, "refusing"))


async def test_resources_and_prompts_are_masked_redacted_and_bounded(era: Any) -> None:
    mcp = seawall.harden(FastMCP("mine"), SHORT)

    @mcp.resource("data://secret")
    def secret() -> str:
        return f"a {SECRET} b"

    @mcp.resource("data://{name}")
    def failing(name: str) -> str:
        raise RuntimeError(f"swordfish {name}")

    @mcp.prompt
    def question() -> str:
        return f"what is {SECRET}?"

    async with asyncio.timeout(GUARD), Client(mcp, mode=era) as client:
        assert (await client.read_resource("data://secret"))[0].text == "a [redacted] b"
        assert "what is [redacted]?" in str(await client.get_prompt("question"))
        with pytest.raises(MCPError) as caught:
            await client.read_resource("data://other")
    assert "swordfish" not in str(caught.value)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


async def test_a_thousand_hanging_functions_keep_the_threads_at_the_bound_and_others_answer(
    gate: threading.Event,
) -> None:
    mcp = seawall.harden(FastMCP("mine"), seawall.Policy(workers=4, request_timeout=GUARD))
    mcp.tool(double)

    @mcp.tool
    def hang() -> str:
        gate.wait(GUARD)
        return "late"

    def workers() -> int:
        return sum(thread.name.startswith("seawall-worker") for thread in threading.enumerate())

    before, threads = workers(), threading.active_count()
    async with asyncio.timeout(GUARD), Client(mcp) as client:
        calls = [asyncio.create_task(client.call_tool("hang", {}, raise_on_error=False)) for _ in range(1000)]
        refused = 0
        for done in asyncio.as_completed(calls):
            refused += code(await done) == "overloaded"
            if refused == 600:
                break
        assert (await client.call_tool("double", {"number": 2})).data == 4
        assert workers() - before <= 4
        assert threading.active_count() - threads <= 4 + 4
        gate.set()
        await asyncio.gather(*calls)


async def test_synchronous_resources_and_prompts_run_on_the_bounded_pool() -> None:
    mcp = seawall.harden(FastMCP("mine"))

    @mcp.resource("data://thread")
    def resource() -> str:
        return threading.current_thread().name

    @mcp.resource("data://thread/{name}")
    def template(name: str) -> str:
        return threading.current_thread().name + name

    @mcp.prompt
    def prompt(number: int) -> str:
        return f"{threading.current_thread().name} {number + 1}"

    async with asyncio.timeout(GUARD), Client(mcp) as client:
        for uri in ("data://thread", "data://thread/x"):
            assert "seawall-worker" in str(await client.read_resource(uri))
        assert "seawall-worker" in (found := str(await client.get_prompt("prompt", {"number": "2"})))
        assert " 3" in found


class TestAuthorize:
    async def test_a_denied_tool_is_answered_as_an_unknown_one(self, era: Any) -> None:
        async def rule(called: seawall.Call) -> seawall.Allowed | seawall.Denied:
            return seawall.Denied() if called.name in {"double", "absent"} else seawall.Allowed()

        mcp = server(seawall.Policy(authorize=rule))
        hidden = await call(mcp, "double", {"number": 1}, era)
        unknown = await call(mcp, "absent", {"number": 1}, era)
        assert code(hidden) == code(unknown) == "unknown_tool"
        assert str(hidden).replace("double", "absent") == str(unknown)

    async def test_a_reason_is_told(self) -> None:
        mcp = server(seawall.Policy(authorize=lambda _call: seawall.Denied("Only on weekdays.")))
        result = await call(mcp, "double", {"number": 1})
        assert code(result) == "access_denied"
        assert "Only on weekdays." in result.content[0].text

    @pytest.mark.parametrize("answer", [None, True, "yes"])
    async def test_a_rule_that_answers_anything_else_denies(self, answer: object) -> None:
        mcp = server(seawall.Policy(authorize=lambda _call: answer))  # type: ignore[arg-type,return-value]
        assert code(await call(mcp, "double", {"number": 1})) == "internal_error"

    async def test_it_holds_for_a_task_too(self) -> None:
        mcp: FastMCP = FastMCP("mine")
        mcp.add_extension(TasksExtension(url="memory://denied"))
        mcp.tool(double, task=True)
        seawall.harden(mcp, seawall.Policy(authorize=lambda _call: seawall.Denied("No.")))
        async with asyncio.timeout(GUARD), Client(mcp) as client:
            result = await client.call_tool("double", {"number": 1}, raise_on_error=False)
            assert code(result) == "access_denied"
            with pytest.raises(Exception, match="did not run as a task"):
                await call_tool_task(client, "double", {"number": 1})


class TestLimits:
    async def test_who_calls_too_often_is_told_when_to_come_again(self, era: Any) -> None:
        mcp = server(seawall.Policy(rate=seawall.Rate(2, 3600)))
        async with asyncio.timeout(GUARD), Client(mcp, mode=era) as client:
            results = [
                await client.call_tool("double", {"number": 1}, raise_on_error=False) for _ in range(3)
            ]
        assert [result.is_error for result in results] == [False, False, True]
        assert code(results[2]) == "rate_limited"
        assert results[2].meta[ERROR_META]["retryable"]
        assert "Call again in" in results[2].meta[ERROR_META]["hint"]

    async def test_one_call_too_many_is_refused_and_a_place_is_free_again_afterwards(self, era: Any) -> None:
        mcp = server(seawall.Policy(concurrency=1, queue=0, request_timeout=GUARD))
        entered, leave = asyncio.Event(), asyncio.Event()

        @mcp.tool
        async def stay() -> str:
            entered.set()
            await leave.wait()
            return "done"

        async with asyncio.timeout(GUARD), Client(mcp, mode=era) as client:
            staying = asyncio.create_task(client.call_tool("stay", {}))
            await entered.wait()
            assert code(await client.call_tool("double", {"number": 1}, raise_on_error=False)) == "overloaded"
            leave.set()
            await staying
            assert (await client.call_tool("double", {"number": 1})).data == 2

    async def test_nobody_waits_in_the_queue_beyond_the_deadline(self) -> None:
        mcp = server(seawall.Policy(concurrency=1, request_timeout=0.2))

        @mcp.tool(timeout=GUARD)
        async def stay() -> str:
            await asyncio.sleep(GUARD)
            return "done"

        async with asyncio.timeout(GUARD), Client(mcp) as client:
            staying = asyncio.create_task(client.call_tool("stay", {}))
            began = time.monotonic()
            while (
                code(await client.call_tool("double", {"number": "1"}, raise_on_error=False)) != "overloaded"
            ):
                assert time.monotonic() - began < GUARD
            staying.cancel()


@pytest.mark.parametrize("secret", ["", "1234567", "  short  "])
def test_a_secret_that_ordinary_text_could_hold_is_refused(secret: str) -> None:
    with pytest.raises(UsageError, match="fewer than eight characters"):
        seawall.harden(FastMCP("x"), seawall.Policy(secrets=(secret,)))


def test_run_logs_without_secrets_unless_the_program_logs_in_its_own_way(tmp_path: Path) -> None:
    """The record of a tool's own logger leaves `run` clean; with handlers of its own a program stays as it is."""
    program = (
        "import logging, sys, seawall\nfrom fastmcp import FastMCP\n"
        "if len(sys.argv) > 1: logging.basicConfig(format='own %(message)s')\n"
        "mcp = FastMCP('x')\n@mcp.tool\ndef tell() -> str:\n"
        f"    logging.getLogger('library').warning('it is {SECRET}')\n    return 'ok'\n"
        f"seawall.run(mcp, seawall.Policy(secrets=({SECRET!r},)))\n"
    )
    call = (
        '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
        '"clientInfo":{"name":"t","version":"1"}}}\n{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tell","arguments":{}}}\n'
    )
    said = []
    for more in ([], ["own"]):
        with subprocess.Popen(
            [sys.executable, "-c", program, *more], stdin=-1, stdout=-1, stderr=-1, text=True
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(call)
            server.stdin.flush()
            server.stdout.readline()
            server.stdout.readline()
            said.append(server.communicate(timeout=GUARD)[1])
    assert SECRET not in said[0]
    assert '"event": "it is [redacted]"' in said[0]
    assert f"own it is {SECRET}" in said[1]

"""Background tasks within limits: how many wait and run, and on whose account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp_tasks import TasksExtension
from fastmcp_tasks.client import ToolTask, call_tool_task
from mcp_types import CallToolResult

import seawall
from seawall.runtime.bridge import Bridge
from seawall.runtime.enforcement import Enforcement
from seawall.runtime.results import ERROR_META

pytestmark = pytest.mark.anyio
GUARD = 30.0


class Server:
    """A server with a tool that waits for `leave`, and one that answers at once; both may be tasks."""

    def __init__(self, name: str, policy: seawall.Policy) -> None:
        self.mcp: FastMCP = FastMCP("mine")
        self.mcp.add_extension(TasksExtension(url=f"memory://{name}"))
        self.leave = asyncio.Event()
        self.running = 0
        self.most = 0
        self.mcp.tool(self.stay, task=True)
        self.mcp.tool(self.quick, task=True)
        self.mcp.tool(self.through)
        seawall.harden(self.mcp, policy)

    async def stay(self) -> str:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.leave.wait()
        finally:
            self.running -= 1
        return "done"

    async def quick(self) -> str:
        return "hi"

    async def through(self) -> str:
        return str((await self.mcp.call_tool("stay", {})).content)

    @property
    def enforcement(self) -> Enforcement:
        return next(item for item in self.mcp.middleware if isinstance(item, Bridge)).enforcement


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  what a server in this process does
        await asyncio.sleep(0.01)


async def some_tasks(client: Client[Any], tool: str, count: int) -> list[ToolTask]:
    return [await call_tool_task(client, tool, {}) for _ in range(count)]


async def test_one_task_too_many_is_refused_and_there_is_room_again_when_they_have_ended() -> None:
    server = Server("many", seawall.Policy(concurrency=5, queue=2, request_timeout=GUARD))
    async with asyncio.timeout(GUARD), Client(server.mcp) as client:
        tasks = await some_tasks(client, "stay", 7)
        await until(lambda: server.running == 3)  # no operation takes the last places
        with pytest.raises(Exception, match="did not run as a task"):
            await call_tool_task(client, "stay", {})
        server.leave.set()
        assert [(await task.result()).data for task in tasks] == ["done"] * 7
        assert server.most == 3
        assert (await (await call_tool_task(client, "quick", {})).result()).data == "hi"
        assert (len(server.enforcement.backlog), server.enforcement.admission.taken) == (0, 0)


async def test_the_refusal_says_that_there_are_too_many_tasks() -> None:
    server = Server("words", seawall.Policy(concurrency=2, queue=0, request_timeout=GUARD))
    async with asyncio.timeout(GUARD), Client(server.mcp) as client:
        await some_tasks(client, "stay", 2)
        await until(lambda: server.running == 1)
        refused = await client.session.call_tool("quick", {}, allow_claimed=True)
        assert isinstance(refused, CallToolResult)
        assert "Too many background tasks wait or run." in str(refused.content)
        assert (refused.meta or {})[ERROR_META]["code"] == "overloaded"
        server.leave.set()


async def test_a_task_that_waits_and_is_cancelled_makes_room() -> None:
    server = Server("cancelled", seawall.Policy(concurrency=2, queue=12, request_timeout=GUARD))
    async with asyncio.timeout(GUARD), Client(server.mcp) as client:
        tasks = await some_tasks(client, "stay", 13)  # ten of them are the worker's, the others in its queue
        await until(lambda: server.running == 1)
        before = len(server.enforcement.backlog)
        await tasks[-1].cancel()
        await until(lambda: len(server.enforcement.backlog) == before - 1)
        server.leave.set()
        assert [(await task.result()).data for task in tasks[:-1]] == ["done"] * 12


async def test_a_running_task_that_is_cancelled_gives_back_its_slot_and_its_place() -> None:
    server = Server("stopped", seawall.Policy(concurrency=1, queue=0, request_timeout=GUARD))
    async with asyncio.timeout(GUARD), Client(server.mcp) as client:
        (task,) = await some_tasks(client, "stay", 1)
        await until(lambda: server.running == 1)
        assert server.enforcement.admission.taken == 1
        await task.cancel()
        await until(lambda: not len(server.enforcement.backlog))
        assert (await (await call_tool_task(client, "quick", {})).result()).data == "hi"


async def test_a_call_that_a_call_makes_needs_no_place_of_its_own() -> None:
    """Else calls that wait for their inner calls could hold every place."""
    server = Server("nested", seawall.Policy(concurrency=1, queue=0, request_timeout=GUARD))
    async with asyncio.timeout(GUARD), Client(server.mcp) as client:
        server.leave.set()
        assert "done" in (await client.call_tool("through", {})).data
        assert server.enforcement.admission.taken == 0


async def test_calls_of_a_client_that_knows_tasks_are_no_tasks_where_the_tool_is_none() -> None:
    server = Server("direct", seawall.Policy(concurrency=2, queue=0, request_timeout=GUARD))
    async with asyncio.timeout(GUARD), Client(server.mcp) as client:
        calling = asyncio.create_task(client.call_tool("through", {}))
        await until(lambda: server.running == 1)
        assert len(server.enforcement.backlog) == 0
        server.leave.set()
        assert "done" in (await calling).data

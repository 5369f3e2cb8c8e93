"""The processes of commands on a running server: it answers while they hang, and when they or it end, nothing is left."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from fastmcp_tasks.client import ToolTask, call_tool_task

from features.test_command_toolset import redis as redis_server
from support.clients import Endpoint, connect
from support.sandboxes import alive
from support.servers import HttpServer, serve_http, stdio
from support.watching import come, descendants, fork_servers, processes, signalled, until

pytestmark = [pytest.mark.anyio, pytest.mark.whole, pytest.mark.timeout(300)]

redis = redis_server

BLUEPRINT = """\
[server]
name = "yard"

[limits]
request_timeout = "300s"
concurrency = 200
rate = "1000/s"

[http]
shutdown_grace = "1s"

[[toolset]]
kind = "command"
roots = "./ws"

[[toolset.command]]
name = "greet"
argv = ["printf", "hello"]

[[toolset.command]]
name = "nap"
argv = ["sleep", "{seconds}"]
params = { seconds = { type = "number", minimum = 0 } }
timeout = "200s"
instances = 128
task = "optional"

[[toolset.command]]
name = "hang"
argv = ["sleep", "86393.5"]
timeout = "200s"
instances = 128

[[toolset.command]]
name = "stubborn"
description = "Has children that will not go, and a grandchild that was let go of."
argv = ["sh", "-c", "trap '' TERM; sleep 86394.5 & (sleep 86394.5 &) ; nohup sleep 86394.5 & setsid sleep 86394.5 & wait; sleep 86394.5"]
shell = true
timeout = "200s"
"""
STUBBORN = "86394.5"


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    (tmp_path / "ws").mkdir()
    (tmp_path / "seawall.toml").write_text(BLUEPRINT)
    return tmp_path / "seawall.toml"


@pytest.fixture
def kept(blueprint: Path, redis: int) -> Path:
    """The blueprint of a server whose tasks are in Redis."""
    blueprint.write_text(f'{BLUEPRINT}\n[state]\nurl = "redis://127.0.0.1:{redis}/0"\n')
    return blueprint


@pytest.fixture
def server(blueprint: Path, tmp_path: Path) -> Iterator[HttpServer]:
    with serve_http(tmp_path / "log", blueprint) as running:
        yield running


@contextlib.contextmanager
def served(transport: str, blueprint: Path, log: Path) -> Iterator[Endpoint]:
    if transport == "stdio":
        yield stdio(log, blueprint)
        return
    with serve_http(log, blueprint) as running:
        yield running.endpoint


@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_it_answers_while_a_hundred_commands_hang(
    blueprint: Path, tmp_path: Path, transport: str
) -> None:
    with served(transport, blueprint, tmp_path / "log") as endpoint:
        async with contextlib.AsyncExitStack() as stack:
            # A client over HTTP has a hundred connections at most.
            number = 1 if transport == "stdio" else 2
            clients = [await stack.enter_async_context(connected(endpoint)) for _ in range(number)]
            calls = (clients[each % number].call_tool("hang", {}) for each in range(100))
            hanging = [asyncio.create_task(each) for each in calls]
            await come(lambda: len(processes("86393.5")) == 100)
            assert "hello" in str((await clients[0].call_tool("greet", {})).content)
            assert len(await clients[0].list_tools()) == 4
            assert not any(each.done() for each in hanging)
            for each in hanging:
                each.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
    until(lambda: not processes("86393.5"))


@pytest.mark.parametrize("client", ["raw-handshake", "raw-modern"])
@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_a_cancelled_call_ends_its_whole_tree(
    blueprint: Path, tmp_path: Path, transport: str, client: str
) -> None:
    with served(transport, blueprint, tmp_path / "log") as endpoint:
        async with connect(client, endpoint) as connection:
            await connection.list_tools()
            answer = await connection.call("stubborn", cancel_after=1.5)
            assert answer.kind == "cancelled"
            await come(lambda: not processes(STUBBORN))
            assert (await connection.call("greet")).text.startswith("hello")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_no_end_of_the_server_leaves_a_process(
    blueprint: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Not even one that it does not see coming."""
    with contextlib.suppress(AssertionError), serve_http(tmp_path / "log", blueprint) as server:
        async with connect("raw-modern", server.endpoint) as connection:
            calls = [
                asyncio.create_task(connection.call(*each))
                for each in (("stubborn",), ("nap", {"seconds": 86392.5}))
            ]
            await come(lambda: processes(STUBBORN) and processes("86392.5"))
            own = descendants(server.process.pid)
            assert own
            server.process.send_signal(number)
            await come(lambda: server.process.poll() is not None)
            for each in calls:
                each.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
    assert server.process.returncode == (-number if number is signal.SIGKILL else 0)
    until(lambda: not processes(STUBBORN) and not processes("86392.5"))
    until(lambda: not [each for each in own if alive(each)])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_no_end_of_a_server_over_stdio_leaves_a_process(
    blueprint: Path, tmp_path: Path, number: signal.Signals
) -> None:
    async with connected(stdio(tmp_path / "log", blueprint)) as client:
        call = asyncio.create_task(client.call_tool("stubborn", {}))
        await come(lambda: processes(STUBBORN))
        (serving,) = processes("serve", str(blueprint))
        own = descendants(serving)
        signalled(serving, number)
        with contextlib.suppress(Exception):
            await call
    until(lambda: not processes(STUBBORN))
    until(lambda: not [each for each in (serving, *own) if alive(each)])


# --- the fork server, and the supervisor of a run


async def test_a_fork_server_that_dies_is_replaced_and_takes_no_call_with_it(server: HttpServer) -> None:
    async with connect("raw-modern", server.endpoint) as connection:
        call = asyncio.create_task(connection.call("nap", {"seconds": 4}))
        await come(lambda: processes("4"))
        (before,) = fork_servers(server.process.pid)
        signalled(before, signal.SIGKILL)
        assert (await connection.call("greet")).text.startswith("hello")
        # With a supervisor that was there already, the call needs no fork server: the next one is started beside it.
        await come(lambda: {*fork_servers(server.process.pid)} - {before})
        assert "Exit code 0." in (await call).text


async def test_a_call_whose_supervisor_dies_is_answered_and_the_next_one_works(server: HttpServer) -> None:
    """By an error that says so, and that it may be tried again; nothing of the run is left."""
    async with connect("raw-modern", server.endpoint) as connection:
        call = asyncio.create_task(connection.call("nap", {"seconds": 86391.5}))
        await come(lambda: processes("86391.5"))
        (program,) = processes("86391.5")
        (forks,) = fork_servers(server.process.pid)
        for each in descendants(forks):
            if each != program:
                signalled(each, signal.SIGKILL)
        answer = await call
        assert answer.value["isError"]
        error = answer.own_meta("error")
        assert (error["code"], error["retryable"]) == ("sandbox_lost", True)
        await come(lambda: not processes("86391.5"))
        assert (await connection.call("greet")).text.startswith("hello")
    assert server.get("/readyz")[0] == 200


# --- background tasks


@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_tasks_that_run_end_with_the_server(blueprint: Path, tmp_path: Path, transport: str) -> None:
    with served(transport, blueprint, tmp_path / "log") as endpoint:
        async with connected(endpoint) as client:
            for _ in range(3):
                await call_tool_task(client, "nap", {"seconds": 86390.5})
            await come(lambda: len(processes("86390.5")) == 3)
    until(lambda: not processes("86390.5"))


@pytest.mark.redis
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_tasks_of_redis_leave_no_process_either(
    kept: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with contextlib.suppress(AssertionError), serve_http(tmp_path / "log", kept) as server:
        async with connected(server.endpoint) as client:
            for _ in range(3):
                await call_tool_task(client, "nap", {"seconds": 86389.5})
            await come(lambda: len(processes("86389.5")) == 3)
            own = descendants(server.process.pid)
            server.process.send_signal(number)
            await come(lambda: server.process.poll() is not None)
    until(lambda: not processes("86389.5"))
    until(lambda: not [each for each in own if alive(each)])


@pytest.mark.redis
async def test_a_task_that_was_cut_off_is_run_again_by_the_next_server(kept: Path, tmp_path: Path) -> None:
    """A minute after its time: until then, it might still run somewhere."""
    kept.write_text(kept.read_text().replace('timeout = "200s"', 'timeout = "3s"'))  # noqa: ASYNC240  before all else
    with contextlib.suppress(AssertionError), serve_http(tmp_path / "first", kept) as server:
        async with connected(server.endpoint) as client:
            cut_off = await call_tool_task(client, "nap", {"seconds": 2.75})
            await come(lambda: processes("2.75"))
            server.process.kill()
            await come(lambda: server.process.poll() is not None)
    until(lambda: not processes("2.75"))
    with serve_http(tmp_path / "second", kept) as server:
        async with asyncio.timeout(200), connected(server.endpoint) as client:
            result = await ToolTask(client, "nap", cut_off.create_result).result()
            assert "Exit code 0." in str(result.content)


@contextlib.asynccontextmanager
async def connected(endpoint: Endpoint) -> AsyncIterator[Client[Any]]:
    """A client that knows background tasks, and does not mind when its server is gone."""
    transport: Any
    if endpoint.url:
        transport = StreamableHttpTransport(endpoint.url)
    else:
        head, *rest = endpoint.command
        transport = StdioTransport(head, list(rest), env=dict(endpoint.environment), keep_alive=False)
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(transport))
        try:
            yield client
        finally:
            with contextlib.suppress(Exception):
                await stack.aclose()

"""Connections under a small application of the tests' own: what only the inside of the server shows."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from seawall.runtime.http.connection import ConnectionLimits, protocol
from seawall.runtime.metrics import Metrics

pytestmark = pytest.mark.anyio

GUARD = 60.0
ASKING = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """A kilobyte for every request."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1024")]},
    )
    await send({"type": "http.response.body", "body": b" " * 1024})


@asynccontextmanager
async def serving(**limits: float) -> AsyncIterator[tuple[int, ServerState]]:
    """A listening server; its port, and what is open."""
    given: dict[str, Any] = {"read_timeout": 30.0, "keep_alive_timeout": 30.0, "connections": 100} | limits
    made: Any = protocol(ConnectionLimits(**given), Metrics())
    config = uvicorn.Config(answering, lifespan="off", log_config=None)
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: made(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], state
    for each in set(state.connections):
        each.transport.abort()


async def opened(state: ServerState) -> Any:
    """The one connection."""
    async with asyncio.timeout(GUARD):
        while not state.connections:  # noqa: ASYNC110  uvicorn tells nobody
            await asyncio.sleep(0.01)
    (found,) = state.connections
    return found


async def until_closed(state: ServerState) -> None:
    async with asyncio.timeout(GUARD):
        while state.connections:  # noqa: ASYNC110  uvicorn tells nobody
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("limits", [{"read_timeout": 0.5}, {"read_timeout": 1.5, "keep_alive_timeout": 0.5}])
async def test_a_client_that_takes_no_answer_loses_its_connection_however_little_is_left(
    limits: dict[str, float],
) -> None:
    """A transport that closes waits for what it has to write, by itself for ever."""
    async with serving(**limits) as (port, state):
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            client.setblocking(False)
            transport = (await opened(state)).transport
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            while not transport.get_write_buffer_size():
                await asyncio.get_running_loop().sock_sendall(client, ASKING)
                await asyncio.sleep(0.02)
            await until_closed(state)


async def test_an_idle_connection_ends_by_its_clock() -> None:
    async with serving(keep_alive_timeout=0.5) as (port, state):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASKING)
        await reader.readuntil(b"\r\n\r\n")
        await until_closed(state)
        writer.close()


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with serving() as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASKING * 50)
        async with asyncio.timeout(GUARD):
            for _ in range(50):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
                await reader.readexactly(1024)
        writer.close()

"""A service on loopback that tests ask: it keeps what it was sent, byte for byte, and answers or misbehaves as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qs

__all__ = ["Asked", "Behaviour", "Service", "Wire", "serving"]


@dataclass(frozen=True)
class Asked:
    """One request as it arrived: `head` is all of it before the body."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        """The first line, without the version."""
        return self.head.split(b"\r\n")[0].decode().rsplit(" ", 1)[0]

    @property
    def headers(self) -> dict[str, str]:
        """By small name; a name that came twice keeps both values, with a bar between."""
        found: dict[str, str] = {}
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            name, colon, value = line.partition(":")
            if colon:
                key = name.lower()
                found[key] = f"{found[key]}|{value.strip()}" if key in found else value.strip()
        return found

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Wire:
    """The connection on which the answer goes back."""

    writer: asyncio.StreamWriter

    async def answer(self, status: int = 200, body: Any = None, **headers: str) -> None:
        """A whole answer; anything but bytes is sent as JSON. `_` in a header's name stands for `-`."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        known = {"content-type": "application/json", "content-length": str(len(content))}
        named = known | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
        await self.raw(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + content)

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Break the connection off, as a process that was killed does."""
        self.writer.transport.abort()


Behaviour: TypeAlias = Callable[[Asked, Wire], Awaitable[None]]


@dataclass
class Service:
    """A running service.

    Attributes:
        url: its origin.
        asked: what it was sent, in order.
        connections: how many were opened.
        busiest: how many requests it had at the same time, at most.
    """

    behaviour: Behaviour
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    busiest: int = 0
    _busy: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.transport.is_closing():
                await self._serve_one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client has gone
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
        length = int(Asked(head, b"").headers.get("content-length", "0"))
        asked = Asked(head, await reader.readexactly(length))
        self.asked.append(asked)
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        try:
            await self.behaviour(asked, Wire(writer))
        finally:
            self._busy -= 1


@asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[Service]:
    """The service for the time of the block, on a free port of loopback."""
    service = Service(behaviour)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(service.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

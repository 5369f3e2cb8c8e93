"""HTTP/1.1 for two hundred clients in one process: no more of it than the clients need, and every byte theirs."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["BrokenConnectionError", "Connection", "Response"]

_LIMIT = 16 * 2**20
_GUARD = 60.0


class BrokenConnectionError(Exception):
    """The connection ended before the answer was whole.

    Attributes:
        begun: whether a part of the answer had come.
    """

    def __init__(self, words: str, *, begun: bool) -> None:
        super().__init__(words)
        self.begun = begun


@dataclass(frozen=True)
class Response:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def messages(self) -> list[Any]:
        """The JSON-RPC messages in it, of a JSON body or of an event stream."""
        if self.headers.get("content-type", "").startswith("text/event-stream"):
            lines = (line for line in self.body.splitlines() if line.startswith(b"data:"))
            return [json.loads(line[5:]) for line in lines if line[5:].strip()]
        return [json.loads(self.body)]

    def answer(self, number: object) -> Any:
        """The one response to the request with that id.

        Raises:
            LookupError: there is none, or more than one.
        """
        found = [each for each in self.messages if each.get("id") == number and "method" not in each]
        if len(found) != 1:
            raise LookupError(f"{len(found)} responses with the id {number!r} in {self.body[:300]!r}")
        return found[0]


class Connection:
    """One connection to the server, opened when it is first needed and again when the server ended it."""

    def __init__(self, port: int, *, host: str = "127.0.0.1") -> None:
        self._address = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Reader and writer.

        Raises:
            OSError: nobody listens.
        """
        if self._streams is None or self._streams[0].at_eof() or self._streams[1].is_closing():
            await self.close()
            self._streams = await asyncio.open_connection(*self._address, limit=_LIMIT)
        return self._streams

    async def close(self) -> None:
        """End it."""
        if self._streams is not None:
            streams, self._streams = self._streams, None
            streams[1].close()
            with contextlib.suppress(OSError):
                await streams[1].wait_closed()

    async def send(self, sent: bytes) -> None:
        """Send bytes.

        Raises:
            OSError: nobody listens.
            BrokenConnectionError: the connection ended.
        """
        _, writer = await self.opened()
        try:
            writer.write(sent)
            await writer.drain()
        except OSError as error:
            await self.close()
            raise BrokenConnectionError(str(error), begun=False) from error

    async def exchange(self, sent: bytes) -> Response:
        """Send a request and read the answer; for errors see `send` and `receive`."""
        await self.send(sent)
        return await self.receive()

    async def receive(self) -> Response:
        """Read one answer.

        Raises:
            BrokenConnectionError: the connection ended before.
            TimeoutError: a minute passed.
        """
        reader, _ = await self.opened()
        begun = False
        try:
            async with asyncio.timeout(_GUARD):
                status, headers = await _head(reader)
                begun = True
                body = b"".join([piece async for piece in _body(reader, headers)])
        except (asyncio.IncompleteReadError, OSError) as error:
            await self.close()
            raise BrokenConnectionError(repr(error), begun=begun) from error
        except BaseException:
            await self.close()
            raise
        if headers.get("connection") == "close":
            await self.close()
        return Response(status, headers, body)


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:] if line)
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
    if headers.get("transfer-encoding") != "chunked":
        yield await reader.readexactly(int(headers.get("content-length", 0)))
        return
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)

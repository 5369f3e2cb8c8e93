"""What the SDK serves: a stream of messages that are read and one of messages that are written.

One bound holds over both. A request is under way from the moment when the server gets it until its answer is written,
or until it is let go because the client cancelled it. While too many are, or while the client leaves too much unread,
nothing more is handed over and soon nothing more is read: the client finds its pipe full. So memory is bounded
whatever the client does, and the loop never waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self, TypeAlias

import anyio
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import (
    INVALID_REQUEST,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    JSONRPCResponse,
)

from seawall.runtime.wire.farewell import without_secrets
from seawall.runtime.wire.lines import LINE_LIMIT, LineCutter, TooLong
from seawall.runtime.wire.messages import Fault, line_of, parse, refusal
from seawall.runtime.wire.pipes import Sink, Source
from seawall.runtime.wire.traffic import Traffic

__all__ = ["IN_FLIGHT", "Incoming", "Outgoing", "open_wire"]

IN_FLIGHT = 512
"""Requests that may be under way. What comes after them stays in the pipe until one is answered.

More than a server admits unless it is told otherwise (64 calls under way and 256 that wait): one too many is refused
then, and what stands behind it in the pipe is served.
"""

_IN_FLIGHT_BYTES = 2 * LINE_LIMIT  # of the lines of all requests under way
_READ_AHEAD = 64 * 1024  # bytes of lines that are read before their turn comes
_GRACE = 1.0  # seconds; clients in wide use wait two after they closed our input, and then send SIGTERM
_STALLED = 5.0  # seconds without any progress after which a client that closed our input has no more claims
_FAREWELL = 1.0  # seconds in which the client may still take the last answers

_log = logging.getLogger("seawall.stdio")

_Line: TypeAlias = bytes | TooLong


def open_wire(source: int, sink: int) -> tuple[Incoming, Outgoing]:
    """Both directions of one connection, on two descriptors. Needs a running event loop."""
    traffic = Traffic(most=IN_FLIGHT, most_bytes=_IN_FLIGHT_BYTES)
    outgoing = Outgoing(sink, traffic)
    return Incoming(source, traffic, outgoing), outgoing


class _Stream:
    """What the SDK asks of a stream beside its own verb."""

    async def aclose(self) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class Outgoing(_Stream):
    """The messages that the server writes. Whoever writes waits while the client leaves too much unread."""

    def __init__(self, descriptor: int, traffic: Traffic) -> None:
        self._sink = Sink(descriptor, self._changed)
        self._traffic = traffic
        self._closed = False
        self._room = asyncio.Event()
        self._listener: Callable[[], None] | None = None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when `full` ends or `broken` begins."""
        self._listener = listener

    @property
    def full(self) -> bool:
        """Whether the client left so much unread that nothing should be added."""
        return self._sink.full

    @property
    def taken(self) -> int:
        """Bytes that the client took so far, all in all."""
        return self._sink.taken

    @property
    def broken(self) -> bool:
        """Whether the client reads no more."""
        return self._sink.broken

    async def send(self, item: SessionMessage, /) -> None:
        """Write a message. It is on its way before this waits: who is cancelled then has sent it all the same.

        Raises:
            anyio.ClosedResourceError: the connection was closed.
            anyio.BrokenResourceError: the client reads no more.
        """
        if self._closed:
            raise anyio.ClosedResourceError
        if self.broken:
            raise anyio.BrokenResourceError
        self.write(item.message)
        if self.full:
            self._room.clear()
            await self._room.wait()

    def write(self, message: JSONRPCMessage) -> None:
        """Write a message without waiting for room."""
        self._sink.write(without_secrets(line_of(message)))
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._traffic.settle(message.id)

    async def aclose(self) -> None:
        """Take no further messages. Those that were sent are still written."""
        self._closed = True

    async def finish(self) -> None:
        """Wait, but not for long, until the client has taken everything; then leave the descriptor alone."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await self._sink.drain()
        self._sink.close()

    def _changed(self) -> None:
        self._room.set()
        if self._listener is not None:
            self._listener()


class Incoming(_Stream):
    """The messages that the client sends, in their order, until its end of input or until `end`.

    At its end it waits for a moment for answers to what is under way: the SDK cancels all calls when this stream
    ends, and `printf … | seawall serve` would get none.
    """

    def __init__(
        self, descriptor: int, traffic: Traffic, outgoing: Outgoing, *, line_limit: int = LINE_LIMIT
    ) -> None:
        """Args: line_limit: bytes that one message may have."""
        self._source = Source(descriptor, self._received)
        self._cutter = LineCutter(line_limit)
        self._traffic = traffic
        self._outgoing = outgoing
        self._lines: deque[_Line] = deque()
        self._ahead = 0  # bytes of those
        self._no_more = False  # the input has ended
        self._told = False  # to end
        self._leaving = False
        self._leave: Callable[[], None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        traffic.on_settled(self._settled)
        outgoing.on_change(self._wake)
        self._source.resume()

    def end(self) -> None:
        """Take nothing more from the client. After its end of input, do not wait for answers any more either."""
        if self._no_more:
            self._traffic.forget()
        self._told = True
        self._source.pause()
        self._wake()

    def when_leaving(self, callback: Callable[[], None]) -> None:
        """Have it called when no more messages will come, before the answers to those under way are waited for."""
        self._leave = callback

    async def receive(self) -> SessionMessage:
        """The next message.

        Raises:
            anyio.EndOfStream: there is none.
        """
        while not self._over and (line := await self._line()) is not None:
            message = _too_long(line) if isinstance(line, TooLong) else parse(line)
            if not isinstance(message, Fault):
                return self._begun(message, len(line))
            _log.warning("line refused", extra={"seawall": {"code": message.code, "reason": message.reason}})
            self._outgoing.write(refusal(message))
            await asyncio.sleep(0)  # thousands of such lines fit into one read, and others want their turn
        await self._answers()
        raise anyio.EndOfStream

    async def aclose(self) -> None:
        """Take nothing more."""
        self._traffic.forget()
        self.end()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    @property
    def _over(self) -> bool:
        return self._told or self._outgoing.broken

    async def _line(self) -> _Line | None:
        """The next line, once there is one and its request may be begun."""
        while not self._over:
            if self._lines and not self._traffic.full and not self._outgoing.full:
                return self._taken()
            if self._lines:
                await self._room()
            elif self._no_more:
                break
            else:
                await self._wait()
        return None

    async def _room(self) -> None:
        """Wait until a line can be taken, but not for a client that closed our input and reads no answers either.

        The end of its input stands behind lines that are not read yet, so it is asked for.
        """
        taken = self._outgoing.taken
        try:
            async with asyncio.timeout(_STALLED):
                await self._wait()
        except TimeoutError:
            if self._outgoing.taken == taken and (self._no_more or self._source.hung_up):
                self.end()

    async def _answers(self) -> None:
        self._leaving = True
        if self._leave is not None:
            self._leave()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                while len(self._traffic) and not self._outgoing.broken:
                    await self._wait()

    def _begun(self, message: JSONRPCMessage, size: int) -> SessionMessage:
        if not isinstance(message, JSONRPCRequest):
            return SessionMessage(message)
        self._traffic.begin(message.id, size)
        let_go = partial(self._traffic.let_go, message.id)
        return SessionMessage(message, ServerMessageMetadata(on_request_unanswered=let_go))

    def _received(self, data: bytes) -> None:
        for line in self._cutter.feed(data) if data else self._cutter.end():
            self._lines.append(line)
            self._ahead += len(line)
        self._no_more = not data
        if self._ahead > _READ_AHEAD:
            self._source.pause()
        if self._lines or self._no_more:
            self._wake()

    def _taken(self) -> _Line:
        line = self._lines.popleft()
        self._ahead -= len(line)
        if self._ahead <= _READ_AHEAD and not self._no_more:
            self._source.resume()
        return line

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _settled(self) -> None:
        if self._lines or self._leaving:  # else it waits for a line, which an answer does not bring
            self._wake()


def _too_long(line: TooLong) -> Fault:
    return Fault(INVALID_REQUEST, f"Invalid request: the line has more than {line.limit} bytes.")

"""Streams of a service as pages: what has come is given, and the stream waits, not read on, for whoever wants more.

A stream that is not read stops its sender (flow control of HTTP/2). It is held here between two pages, and only so long,
and only so many: whoever goes away leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import grpc.aio

from seawall.errors import InvalidArgumentsError

__all__ = ["HeldStreams", "OpenStream"]

_NOT_ANY_MORE: Final = (
    "next is not a continuation that this tool gave you, was used already, or is too old: "
    "call again without it to begin anew"
)


class OpenStream:
    """A stream of a service that is being read. Reading it with a time limit loses nothing."""

    def __init__(self, call: grpc.aio.UnaryStreamCall[bytes, bytes]) -> None:
        self._call = call
        self._reading: asyncio.Task[bytes | None] | None = None
        self._unread: bytes | None = None

    async def begun(self, until: float) -> None:
        """Wait for the first message, the end, or that moment on the monotonic clock, and take nothing away.

        Raises:
            grpc.aio.AioRpcError: the service ended it with an error.
        """
        reading = self._started()
        await asyncio.wait({reading}, timeout=max(0.0, until - time.monotonic()))
        if reading.done():
            reading.result()

    async def read(self, until: float) -> bytes | None:
        """The next message; None at the end.

        Args:
            until: the moment on the monotonic clock when waiting ends.

        Raises:
            TimeoutError: nothing came; the stream goes on.
            grpc.aio.AioRpcError: the service ended it with an error.
        """
        if self._unread is not None:
            message, self._unread = self._unread, None
            return message
        reading = self._started()
        # A read that is cancelled ends the whole call, so that it has a task of its own, which nobody's haste cancels.
        await asyncio.wait({reading}, timeout=max(0.0, until - time.monotonic()))
        if not reading.done():
            raise TimeoutError
        self._reading = None
        return reading.result()

    def give_back(self, message: bytes) -> None:
        """Have the message read again, first of all."""
        self._unread = message

    def _started(self) -> asyncio.Task[bytes | None]:
        if self._reading is None:
            self._reading = asyncio.create_task(self._next())
        return self._reading

    async def _next(self) -> bytes | None:
        message = await self._call.read()
        return None if message is grpc.aio.EOF else cast("bytes", message)

    def close(self) -> None:
        """End it. The service learns of it."""
        self._call.cancel()
        if self._reading is not None:
            self._reading.cancel()
            self._reading.add_done_callback(_looked_at)
            self._reading = None


def _looked_at(task: asyncio.Task[bytes | None]) -> None:
    if not task.cancelled():
        task.exception()


@dataclass(frozen=True, slots=True)
class _Held:
    stream: OpenStream
    principal: str
    tool: str
    timer: asyncio.TimerHandle


class HeldStreams:
    """The streams between two pages, each under a word that only its caller knows. For one event loop at a time."""

    def __init__(self, *, most: int, idle: float) -> None:
        """Args: most: streams of all callers; one has a quarter of it. idle: seconds until a stream is ended."""
        self._most = most
        self._of_one = max(1, most // 4)
        self._idle = idle
        self._held: dict[str, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, stream: OpenStream, *, principal: str, tool: str) -> str:
        """Keep the stream. Gives the word for it, which is good once.

        Where there are too many, the oldest one of the caller makes place, or of the caller that has most.
        """
        self._make_place(principal)
        word = secrets.token_urlsafe(24)
        timer = asyncio.get_running_loop().call_later(self._idle, self._drop, word)
        self._held[word] = _Held(stream, principal, tool, timer)
        return word

    def take(self, word: str, *, principal: str, tool: str) -> OpenStream:
        """The stream of that word, which is the caller's to read on.

        Raises:
            InvalidArgumentsError: there is none that this caller was given by this tool, or not any more.
        """
        held = self._held.get(word)
        if held is None or held.principal != principal or held.tool != tool:
            raise InvalidArgumentsError(
                tool=tool,
                faults=[_NOT_ANY_MORE],
            )
        held.timer.cancel()
        del self._held[word]
        return held.stream

    def close(self) -> None:
        """End them all."""
        for word in tuple(self._held):
            self._drop(word)

    def _make_place(self, principal: str) -> None:
        counts = Counter(each.principal for each in self._held.values())
        if counts[principal] >= self._of_one:
            self._drop_first(lambda held: held.principal == principal)
        elif len(self._held) >= self._most:
            (busiest, _), *_ = counts.most_common(1)
            self._drop_first(lambda held: held.principal == busiest)

    def _drop_first(self, fits: Callable[[_Held], bool]) -> None:
        word = next(word for word, held in self._held.items() if fits(held))
        self._drop(word)

    def _drop(self, word: str) -> None:
        held = self._held.pop(word)
        held.timer.cancel()
        held.stream.close()

"""An answer over HTTP that may become a stream of events (HTML Living Standard, section 9.2, Server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, TypeAlias

from starlette.types import Send

from seawall.runtime.http.bodies import send_body

__all__ = ["EVENT_STREAM", "Events", "Header"]

Header: TypeAlias = tuple[bytes, bytes]

EVENT_STREAM: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-cache, no-transform"),
    (b"connection", b"keep-alive"),
    (b"content-type", b"text/event-stream"),
    (b"x-accel-buffering", b"no"),
)
"""The headers of such an answer."""

_SILENCE: Final = 15.0  # seconds after which a comment is sent, lest a proxy take the connection for dead
_COMMENT: Final = b": ping\r\n\r\n"
_OPENING: Final = b"event: message\r\ndata: "
_CLOSING: Final = b"\r\n\r\n"


class Events:
    """Writes the events of one answer, each a message, and ends it once. As a block it breaks long silences."""

    def __init__(self, send: Send, headers: Sequence[Header] = EVENT_STREAM) -> None:
        """Args: send: of ASGI. headers: of the answer, if there is an event at all."""
        self._send = send
        self._headers = headers
        self._ended = False
        self._turn: asyncio.Lock | None = None  # few answers have more than one event
        self._clock: asyncio.TimerHandle | None = None
        self._comment: asyncio.Task[None] | None = None
        self.begun = False
        """Whether it is a stream already."""

    def __enter__(self) -> None:
        self._wait()

    def __exit__(self, *_: object) -> None:
        self._ended = True
        if self._clock is not None:
            self._clock.cancel()

    async def tell(self, message: bytes) -> None:
        """Send a message; nothing after the end."""
        await self._write(_framed(message))

    async def begin(self) -> None:
        """Send the headers, and commit to a stream by that."""
        self.begun = True
        await self._send({"type": "http.response.start", "status": 200, "headers": list(self._headers)})

    async def end(self, message: Sequence[bytes] = (), *, clean: bool = False) -> None:
        """Send the last message, if there is one, and nothing more.

        Args:
            message: the last one, in pieces.
            clean: there is no secret in it (wire/farewell.py).
        """
        if self._turn is not None:
            async with self._turn:  # something may be on its way
                self._ended = True
        self._ended = True
        await send_body(self._send, (_OPENING, *message, _CLOSING) if message else (), clean=clean)

    async def silent(self) -> bool:
        """End without any event, if there was none; whether that is so. The answer is the caller's to send then."""
        if self._turn is not None:
            async with self._turn:
                self._ended = not self.begun
        self._ended = not self.begun
        return self._ended

    async def _write(self, data: bytes) -> None:
        self._turn = self._turn or asyncio.Lock()
        async with self._turn:
            if self._ended:
                return
            if not self.begun:
                await self.begin()
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    def _wait(self) -> None:
        self._clock = asyncio.get_running_loop().call_later(_SILENCE, self._break_silence)

    def _break_silence(self) -> None:
        self._comment = asyncio.ensure_future(self._write(_COMMENT))
        self._wait()


def _framed(message: bytes) -> bytes:
    return _OPENING + message + _CLOSING

"""The stream on which the client of a session listens, which the server can end."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

__all__ = ["Listening"]


class Listening:
    """One answer to a GET that lasts.

    Attributes:
        credential: the `Authorization` with which it was opened, empty for none.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.credential = Headers(scope=scope).get("authorization", "")
        self._receive = receive
        self._send = send
        self._ended = asyncio.Event()
        self._open = False
        self._going_out = 0

    @property
    def full(self) -> bool:
        """Whether its client leaves so much unread that nothing more goes out."""
        return self._going_out > 0

    def end(self) -> None:
        """End it in order, so that its client opens another one."""
        self._ended.set()

    async def receive(self) -> Message:
        """What comes from the client; that it has gone, when the stream is to end."""
        coming = asyncio.ensure_future(self._receive())
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
            return await coming if coming.done() else {"type": "http.disconnect"}
        finally:
            coming.cancel()
            ended.cancel()

    async def send(self, message: Message) -> None:
        """Pass on one message of the answer."""
        self._open = message.get("more_body", False) or message["type"] == "http.response.start"
        self._going_out += 1
        try:
            await self._send(message)
        finally:
            self._going_out -= 1

    async def complete(self) -> None:
        """Complete an answer that was ended here: its client is still there."""
        if self._open and self._ended.is_set():
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})

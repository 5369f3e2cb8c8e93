"""The end of a server that still has work: what is under way goes on, what is new is turned away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from starlette.types import Message, Receive, Scope

from seawall.runtime.http.refusals import Refusal

__all__ = ["CLOSING", "Work", "begins_work"]

CLOSING: Final = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The server is shutting down. Try again in a moment.",
    retry_after=1,
    close=True,
)


class Work:
    """Counts the whole requests under way, and tells when there are none."""

    def __init__(self) -> None:
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def one(self) -> Iterator[Callable[[], None]]:
        """One request, for the time of the block; it counts from when what this yields is called.

        That is when the request is whole: a client that never completes one must not hold the end.
        """
        counted = False

        def whole() -> None:
            nonlocal counted
            if not counted:
                counted = True
                self._count += 1
                self._idle.clear()

        try:
            yield whole
        finally:
            self._count -= counted
            if not self._count:
                self._idle.set()

    async def done(self, within: float) -> bool:
        """Wait until none is under way, but not longer than that many seconds; whether none is."""
        try:
            async with asyncio.timeout(within):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True


async def begins_work(scope: Scope, receive: Receive) -> tuple[bool, Receive]:
    """Whether the request asks for something new, and a `receive` that gives its body again.

    A call under way may wait for its client: answers to the server's questions and cancellations are no new work,
    and without them it could not end.
    """
    if scope["method"] != "POST":
        return False, receive
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return not _is_reply(body), again


def _is_reply(body: bytes) -> bool:
    """Whether the message is a response or a notification, by its members (JSON-RPC 2.0)."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(message, dict):
        return False
    return "method" not in message or "id" not in message

"""Iterators that wait for their next page: so many for each caller, for so long, and none of them for ever."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from seawall.toolsets.contract.streams import Stream

__all__ = ["OpenPage", "OpenPages"]

_ALL: Final = 16
"""All callers together have as many open as this number of them may have alone."""


@dataclass(frozen=True, slots=True)
class OpenPage:
    """An iterator between two pages.

    Attributes:
        stream: the iterator.
        principal: who began it; nobody else may go on.
        subject: of which call it is a part: the operation and its arguments.
        position: what the handler keeps with it.
    """

    stream: Stream
    principal: str
    subject: str
    position: object


class OpenPages:
    """All iterators of a toolset that wait."""

    def __init__(self, *, per_caller: int, seconds: float) -> None:
        """Args: per_caller: iterators of one caller. seconds: how long one waits before it is ended."""
        self._per_caller = per_caller
        self._seconds = seconds
        self._open: OrderedDict[str, OpenPage] = (
            OrderedDict()
        )  # the one that was not asked for longest comes first
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    def keep(self, page: OpenPage) -> str:
        """The cursor with which the same caller goes on."""
        own = [cursor for cursor, other in self._open.items() if other.principal == page.principal]
        if len(own) >= self._per_caller:
            self._end(own[0])
        elif len(self._open) >= self._per_caller * _ALL:
            self._end(next(iter(self._open)))
        cursor = secrets.token_urlsafe(18)
        self._open[cursor] = page
        self._timers[cursor] = asyncio.get_running_loop().call_later(self._seconds, self._end, cursor)
        return cursor

    def take(self, cursor: str, principal: str, subject: str) -> OpenPage | None:
        """The iterator of that cursor, which is used up by it; None when there is none for this caller and call."""
        page = self._open.get(cursor)
        if page is None or page.principal != principal or page.subject != subject:
            return None
        self._forget(cursor)
        return page

    async def close(self) -> None:
        """End all of them."""
        for cursor in list(self._open):
            self._end(cursor)
        while self._closing:
            await asyncio.wait(self._closing)

    def discard(self, stream: Stream) -> None:
        """End an iterator that no page follows any more."""
        task = asyncio.get_running_loop().create_task(stream.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _end(self, cursor: str) -> None:
        self.discard(self._forget(cursor).stream)

    def _forget(self, cursor: str) -> OpenPage:
        self._timers.pop(cursor).cancel()
        return self._open.pop(cursor)

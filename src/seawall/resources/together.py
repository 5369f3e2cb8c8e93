"""Work that many ask for at the same time, done once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

__all__ = ["Together"]

_T = TypeVar("_T")


class Together(Generic[_T]):
    """One run at a time, however many ask.

    Who asks while one is under way shares the one after it, so that nobody is told what was so before they asked.
    """

    def __init__(self, work: Callable[[], Awaitable[_T]]) -> None:
        """Args: work: gives the same to everybody; it must not depend on who asks."""
        self._work = work
        self._running: asyncio.Task[_T] | None = None
        self._next: asyncio.Task[_T] | None = None

    async def result(self) -> _T:
        """What the next run gives; whoever goes away ends it for nobody else.

        Raises:
            Exception: what the work raised.
        """
        if self._next is None or self._next.done():  # done: it was cancelled before it began
            self._next = asyncio.create_task(self._after(self._running))
        return await asyncio.shield(self._next)

    async def _after(self, before: asyncio.Task[_T] | None) -> _T:
        if before is not None:
            await asyncio.wait({before})
        self._running, self._next = self._next, None
        try:
            return await self._work()
        finally:
            self._running = None

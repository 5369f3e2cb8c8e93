"""Iterators that are read page by page, whether they block or not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from pydantic_core import to_json

from seawall.errors import DeadlineExceededError, OverloadedError, ResponseTooLargeError
from seawall.security.budget import StopSignal, WorkerPool
from seawall.toolsets.functions.raising import Declared
from seawall.types import JsonValue

__all__ = ["AsyncStream", "Budget", "Page", "Stream", "SyncStream", "stream_of"]

_CLOSING: Final = 5.0  # seconds that an iterator has to end
_END: Final = object()


@dataclass(slots=True)
class Budget:
    """What one page may have.

    Attributes:
        name: of the operation.
        items: how many at most.
        size: bytes of JSON at most.
        limit: the limit of the whole answer in bytes, for messages.
        signal: says when nobody waits any more, and when time is up.
        report: is told how many items there are.
    """

    name: str
    items: int
    size: int
    limit: int
    signal: StopSignal
    report: Callable[[int], None]

    def is_late(self) -> bool:
        """Whether what there is must go out now, so that it arrives before the deadline."""
        return self.left() <= 0

    def left(self) -> float:
        """Seconds until then."""
        deadline = self.signal.deadline
        return deadline.remaining() - min(0.25, deadline.seconds / 10)


@dataclass(slots=True)
class Page:
    """Items so far, as JSON has them."""

    budget: Budget
    items: list[JsonValue] = field(default_factory=list)
    size: int = 0
    rest: JsonValue = None

    def take(self, item: JsonValue) -> bool:
        """Take the item in; False when it does not fit in any more.

        Raises:
            ResponseTooLargeError: not even this item alone fits in.
        """
        size = len(to_json(item)) + 1
        if self.size + size > self.budget.size:
            if not self.items:
                raise ResponseTooLargeError(name=self.budget.name, size=2 * size, limit=self.budget.limit)
            return False
        self.items.append(item)
        self.size += size
        self.budget.report(len(self.items))
        return len(self.items) < self.budget.items


class Stream(Protocol):
    """An iterator under way."""

    async def fill(self, budget: Budget) -> tuple[list[JsonValue], bool]:
        """The items of the next page, and whether there may be more.

        Raises:
            DeadlineExceededError: there was none in time.
            ResponseTooLargeError: one item alone is larger than an answer may be.
        """

    async def close(self) -> None:
        """End the iterator."""


class _Base:
    def __init__(self, dump: Callable[[object], JsonValue], declared: Declared) -> None:
        self._dump = dump
        self._declared = declared
        self._waiting: list[JsonValue] = []  # at most one item, for which the last page had no place

    def _begun(self, budget: Budget) -> tuple[Page, bool]:
        """The next page with the item that waits for it, and whether it goes on."""
        page = Page(budget)
        return page, not self._waiting or page.take(self._waiting.pop())

    def _keeps(self, page: Page, item: JsonValue) -> bool:
        """Take the item in, or keep it for the next page; whether the page goes on."""
        before = len(page.items)
        goes_on = page.take(item)
        if len(page.items) == before:
            self._waiting.append(item)
        return goes_on


class SyncStream(_Base):
    """An iterator that may block: it is read on a worker."""

    def __init__(
        self,
        iterator: Iterator[object],
        workers: WorkerPool,
        dump: Callable[[object], JsonValue],
        declared: Declared,
    ) -> None:
        super().__init__(dump, declared)
        self._iterator = iterator
        self._workers = workers

    async def fill(self, budget: Budget) -> tuple[list[JsonValue], bool]:
        """See `Stream`. A caller who goes leaves the iterator to the thread, which ends it at its next item."""
        try:
            return await self._workers.run(self._fill, budget)
        except asyncio.CancelledError:
            budget.signal.cancel()
            raise

    def _fill(self, budget: Budget) -> tuple[list[JsonValue], bool]:
        page, goes_on = self._begun(budget)
        while goes_on:
            with self._declared:
                item = next(self._iterator, _END)
            if budget.signal.cancelled:
                self._end()
                raise DeadlineExceededError(name=budget.name, seconds=budget.signal.deadline.seconds)
            if item is _END:
                return page.items, False
            goes_on = self._keeps(page, self._dump(item)) and not budget.is_late()
        return page.items, True

    async def close(self) -> None:
        """End it on a worker; here, when none is free."""
        try:
            await asyncio.wait_for(self._workers.run(self._end), _CLOSING)
        except OverloadedError:
            self._end()
        except TimeoutError:
            return

    def _end(self) -> None:
        close = getattr(self._iterator, "close", None)
        if callable(close):
            with contextlib.suppress(
                Exception
            ):  # what an iterator says when it is ended helps nobody any more
                close()


class AsyncStream(_Base):
    """An asynchronous iterator. An item that is not there in time is waited for by the next page."""

    def __init__(
        self, iterator: AsyncIterator[object], dump: Callable[[object], JsonValue], declared: Declared
    ) -> None:
        super().__init__(dump, declared)
        self._iterator = iterator
        self._next: asyncio.Task[object] | None = None

    async def fill(self, budget: Budget) -> tuple[list[JsonValue], bool]:
        """See `Stream`."""
        page, goes_on = self._begun(budget)
        while goes_on:
            awaited = self._next = self._next or asyncio.ensure_future(self._following())
            left = max(0.0, budget.left())
            await asyncio.wait({awaited}, timeout=None if left > _FOREVER else left)
            if not awaited.done():
                if page.items:
                    return page.items, True
                raise DeadlineExceededError(name=budget.name, seconds=budget.signal.deadline.seconds)
            self._next = None
            with self._declared:
                item = awaited.result()
            if item is _END:
                return page.items, False
            goes_on = self._keeps(page, self._dump(item)) and not budget.is_late()
        return page.items, True

    async def _following(self) -> object:
        try:
            return await anext(self._iterator)
        except StopAsyncIteration:  # no task may end with it
            return _END

    async def close(self) -> None:
        """Stop waiting for an item, and end the iterator."""
        closing = asyncio.create_task(self._end())
        await asyncio.wait({closing}, timeout=_CLOSING)
        if not closing.done():
            closing.cancel()

    async def _end(self) -> None:
        if self._next is not None:
            self._next.cancel()
            await asyncio.wait({self._next})
            if not self._next.cancelled():
                self._next.exception()
        close = getattr(self._iterator, "aclose", None)
        if callable(close):
            with contextlib.suppress(
                Exception
            ):  # what an iterator says when it is ended helps nobody any more
                await close()


_FOREVER: Final = 1e9  # seconds


def stream_of(
    value: Any,  # noqa: ANN401  what a method gave
    workers: WorkerPool,
    dump: Callable[[object], JsonValue],
    declared: Declared,
) -> Stream:
    """The stream of what a method gave.

    Raises:
        TypeError: it is no iterator.
    """
    if hasattr(value, "__aiter__"):
        return AsyncStream(aiter(value), dump, declared)
    return SyncStream(iter(value), workers, dump, declared)

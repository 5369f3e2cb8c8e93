"""How many calls are under way at once: a bounded number of places, and a bounded, fair queue before them."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from seawall.errors import OverloadedError
from seawall.security.budget import Deadline

__all__ = ["Admission"]

_RESERVE = 8  # one part in so many is kept free of any one operation


@dataclass(eq=False, slots=True)
class _Waiting:
    account: str
    operation: str
    admitted: asyncio.Future[None]

    @property
    def stays(self) -> bool:
        """Whether it still waits: who is cancelled stands in its line until the loop gets round to its task."""
        return not self.admitted.done()


class Admission:
    """Places for calls, on one event loop.

    Three rules keep one caller or one operation from taking the server from all others:

    - No operation holds the last eighth of the places, so a tool that hangs leaves room for the others.
    - The queue is served account by account in turn, each in its own order.
    - Who comes to a full queue takes the last place of the account that waits with the most calls, unless that
      is the newcomer's own.
    """

    def __init__(self, *, places: int, queued: int) -> None:
        """Args: places: calls under way at once. queued: calls that may wait."""
        self._places = places
        self._share = max(1, places - max(1, places // _RESERVE))
        self._queued = queued
        self._held: Counter[str] = Counter()
        self._taken = 0
        self._accounts: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        self._waiting = 0

    @property
    def taken(self) -> int:
        """Calls under way."""
        return self._taken

    @property
    def waiting(self) -> int:
        """Calls in the queue."""
        return self._waiting

    @asynccontextmanager
    async def place(self, account: str, operation: str, deadline: Deadline) -> AsyncIterator[None]:
        """Hold a place for the time of the block.

        Args:
            account: on whose account the call counts.
            operation: what is called.
            deadline: when waiting ends.

        Raises:
            OverloadedError: the queue is full, or the deadline passed in it.
        """
        if self._has_place(operation):
            self._take(operation)
        else:
            await self._wait(account, operation, deadline)
        try:
            yield
        finally:
            self._release(operation)

    def _has_place(self, operation: str) -> bool:
        return self._taken < self._places and self._held[operation] < self._share

    def _take(self, operation: str) -> None:
        self._taken += 1
        self._held[operation] += 1

    def _release(self, operation: str) -> None:
        self._taken -= 1
        self._held[operation] -= 1
        if not self._held[operation]:
            del self._held[operation]
        self._admit()

    def _admit(self) -> None:
        """Give free places to those who wait: one account after the other."""
        for account in list(self._accounts):
            if self._taken >= self._places:
                return
            waiting = next(
                (item for item in self._accounts[account] if item.stays and self._has_place(item.operation)),
                None,
            )
            if waiting is not None:
                self._take(waiting.operation)
                self._leave(waiting)
                waiting.admitted.set_result(None)
                if account in self._accounts:
                    self._accounts.move_to_end(account)

    async def _wait(self, account: str, operation: str, deadline: Deadline) -> None:
        if self._waiting >= self._queued:
            self._make_room(account)
        item = _Waiting(account, operation, asyncio.get_running_loop().create_future())
        self._accounts.setdefault(account, deque()).append(item)
        self._waiting += 1
        try:
            async with asyncio.timeout(max(0.0, deadline.remaining())):
                await item.admitted
        except BaseException as error:
            if item.admitted.done() and not item.admitted.cancelled() and item.admitted.exception() is None:
                self._release(operation)  # admitted in the very moment in which its caller went
            else:
                self._leave(item)
            if isinstance(error, TimeoutError):
                raise OverloadedError from None
            raise

    def _make_room(self, newcomer: str) -> None:
        """Send the last call of the longest line away.

        Raises:
            OverloadedError: nobody waits with more calls than the newcomer.
        """
        longest = max(self._accounts, key=lambda name: len(self._accounts[name]), default=None)
        own = len(self._accounts.get(newcomer, ()))
        if longest is None or len(self._accounts[longest]) <= own + 1:
            raise OverloadedError
        last = self._accounts[longest][-1]
        self._leave(last)
        if last.stays:
            last.admitted.set_exception(OverloadedError())

    def _leave(self, item: _Waiting) -> None:
        line = self._accounts.get(item.account)
        if line is None or item not in line:
            return
        line.remove(item)
        self._waiting -= 1
        if not line:
            del self._accounts[item.account]

"""How many calls are under way at once: a bounded number of places, and a bounded, fair queue before them."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from seawall.errors import OverloadedError
from seawall.security.budget import Deadline

__all__ = ["Admission", "leaves_room"]

_OPERATION = 8  # one part in so many is kept free of any one operation, two places at least
_ACCOUNT = 16  # one part in so many is kept free of an account that is the only one, one place at least


def leaves_room(*, held: int, free: int) -> bool:
    """Whether an account that holds so many places may take one more of those that are free.

    Who holds none may take any. Who holds some must leave a fifteenth as many as it then holds, and one at least: alone
    it gets fifteen sixteenths of all places, and the more accounts there are, the less each of them gets, so that there
    is room for the next one (Choudhury and Hahne, Dynamic Queue Length Thresholds, 1998).
    """
    return free > 0 and (held == 0 or (_ACCOUNT - 1) * (free - 1) > held)


@dataclass(eq=False, slots=True)
class _Waiting:
    account: str
    operation: str | None
    admitted: asyncio.Future[None]
    counted: bool  # in the queue: what was accepted before is not, and nobody takes its turn

    @property
    def stays(self) -> bool:
        """Whether it still waits: who is cancelled stands in its line until the loop gets round to its task."""
        return not self.admitted.done()


class Admission:
    """Places for calls, on one event loop.

    Four rules keep one caller or one operation from taking the server from all others:

    - No operation holds the last eighth of the places, so a tool that hangs leaves room for the others, of the same
      account too.
    - No account takes the last places: see `leaves_room`. An account beside which there can be no other may.
    - The queue is served account by account in turn, each in its own order.
    - Who comes to a full queue takes the last place of the account that waits with the most calls, unless that
      is the newcomer's own.
    """

    def __init__(self, *, places: int, queued: int, alone: Collection[str] = ()) -> None:
        """Args: places: calls under way at once. queued: calls that may wait. alone: accounts that need leave no room."""
        self._alone = frozenset(alone)
        self._set(places, queued)
        self._of_operation: Counter[str | None] = (
            Counter()
        )  # both without those that hold none: bounded by the places
        self._of_account: Counter[str] = Counter()
        self._taken = 0
        self._accounts: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        self._waiting = 0

    @property
    def taken(self) -> int:
        """Calls under way."""
        return self._taken

    @property
    def waiting(self) -> int:
        """Calls in the queue, without those that were accepted before."""
        return self._waiting

    def resize(self, *, places: int, queued: int) -> None:
        """Have so many places and so long a queue from now on. Who has a place or waits keeps that."""
        self._set(places, queued)
        while self._admit():
            pass

    def _set(self, places: int, queued: int) -> None:
        self._places = places
        self._share = max(1, places - max(2, places // _OPERATION))
        self._queued = queued

    @asynccontextmanager
    async def place(
        self, account: str, operation: str | None, deadline: Deadline, *, accepted: bool = False
    ) -> AsyncIterator[None]:
        """Hold a place for the time of the block.

        Args:
            account: on whose account the call counts.
            operation: what is called; None where that does not count.
            deadline: when waiting ends.
            accepted: whether its caller was told already that it will run: then a full queue is no reason to refuse it.

        Raises:
            OverloadedError: the queue is full, or the deadline passed in it.
        """
        if self._has_place(account, operation):
            self._take(account, operation)
        else:
            await self._wait(account, operation, deadline, counted=not accepted)
        try:
            yield
        finally:
            self._release(account, operation)

    def _has_place(self, account: str, operation: str | None) -> bool:
        free = self._places - self._taken
        if free <= 0 or (operation is not None and self._of_operation[operation] >= self._share):
            return False
        return account in self._alone or leaves_room(held=self._of_account[account], free=free)

    def _take(self, account: str, operation: str | None) -> None:
        self._taken += 1
        self._of_operation[operation] += 1
        self._of_account[account] += 1

    def _release(self, account: str, operation: str | None) -> None:
        self._taken -= 1
        self._of_operation[operation] -= 1
        if not self._of_operation[operation]:
            del self._of_operation[operation]
        self._of_account[account] -= 1
        if not self._of_account[account]:
            del self._of_account[account]
        while (
            self._admit()
        ):  # one place that comes free may let several in: it also widens what each may hold
            pass

    def _admit(self) -> bool:
        """Give free places to those who wait, at most one to each account in turn; whether anybody got one."""
        admitted = False
        for account in list(self._accounts):
            if self._taken >= self._places:
                return False
            line = self._accounts[account]
            waiting = next(
                (item for item in line if item.stays and self._has_place(account, item.operation)), None
            )
            if waiting is not None:
                admitted = True
                self._take(account, waiting.operation)
                self._leave(waiting)
                waiting.admitted.set_result(None)
                if account in self._accounts:
                    self._accounts.move_to_end(account)
        return admitted

    async def _wait(self, account: str, operation: str | None, deadline: Deadline, *, counted: bool) -> None:
        if counted and self._waiting >= self._queued:
            self._make_room(account)
        item = _Waiting(account, operation, asyncio.get_running_loop().create_future(), counted)
        self._accounts.setdefault(account, deque()).append(item)
        self._waiting += counted
        try:
            async with asyncio.timeout(max(0.0, deadline.remaining())):
                await item.admitted
        except BaseException as error:
            if item.admitted.done() and not item.admitted.cancelled() and item.admitted.exception() is None:
                self._release(account, operation)  # admitted in the very moment in which its caller went
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
        lines = {name: [item for item in line if item.counted] for name, line in self._accounts.items()}
        longest = max(lines.values(), key=len, default=[])
        if len(longest) <= len(lines.get(newcomer, ())) + 1:
            raise OverloadedError
        last = longest[-1]
        self._leave(last)
        if last.stays:
            last.admitted.set_exception(OverloadedError())

    def _leave(self, item: _Waiting) -> None:
        line = self._accounts.get(item.account)
        if line is None or item not in line:
            return
        line.remove(item)
        self._waiting -= item.counted
        if not line:
            del self._accounts[item.account]

"""How many background tasks wait or run: a bounded number, and never all of them of one account."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from seawall.errors import OverloadedError
from seawall.security.admission import leaves_room

__all__ = ["Backlog", "Slot"]

_EARLY = 1024  # tasks that ended before it was known which they are


@dataclass(eq=False, slots=True)
class Slot:
    """The slot of one task.

    Attributes:
        account: on whose account it counts.
        ends: on the backlog's clock, when it stops counting if it never began in this process.
        running: whether it has begun here.
        task: the task's id, once there is one.
    """

    account: str
    ends: float = 0.0
    running: bool = False
    task: str | None = None


class Backlog:
    """Slots for the background tasks that this process took on, on one event loop.

    A task has its slot from the request that makes it until its run ends, or until it is cancelled before it ran. One
    that another process runs, since several share a queue, has it until its caller hears that it ended, or until
    nobody can ask for its result any more. What has ended is not counted: its result is the queue's to keep.
    """

    def __init__(
        self, *, most: int, alone: Collection[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Args: most: tasks at once. alone: accounts that need leave no room. clock: seconds."""
        self._most = most
        self._alone = frozenset(alone)
        self._clock = clock
        self._slots: set[Slot] = set()
        self._tasks: dict[str, Slot] = {}
        self._of_account: Counter[str] = Counter()
        self._early: dict[
            str, bool
        ] = {}  # began before the request that made it was answered; whether it ended

    def __len__(self) -> int:
        return len(self._slots)

    def resize(self, most: int) -> None:
        """Let so many tasks wait or run from now on; those that are there stay."""
        self._most = most

    @contextmanager
    def slot(self, account: str) -> Iterator[Slot]:
        """Hold a slot while a task is made; it is given back unless `keep` is called.

        Raises:
            OverloadedError: there are too many tasks, or too many of this account.
        """
        self._forget()
        free = self._most - len(self._slots)
        held = self._of_account[account]
        if free <= 0 or not (account in self._alone or leaves_room(held=held, free=free)):
            raise OverloadedError.of_tasks(own=held > 0)
        slot = Slot(account)
        self._slots.add(slot)
        self._of_account[account] += 1
        try:
            yield slot
        finally:
            if slot.task is None:
                self._free(slot)

    def keep(self, slot: Slot, task: str, seconds: float) -> None:
        """The slot is that of the task from now on; `seconds` is how long its result can be asked for."""
        slot.task, slot.ends = task, self._clock() + seconds
        ended = self._early.pop(task, None)
        if ended:
            self._free(slot)
            return
        slot.running = ended is not None
        self._tasks[task] = slot

    @contextmanager
    def run(self, task: str) -> Iterator[str | None]:
        """The task runs, for the length of the block, which gets its account where that is known."""
        slot = self._tasks.get(task)
        if slot is not None:
            slot.running = True
        elif len(self._slots) > len(self._tasks) and len(self._early) < _EARLY:
            self._early[task] = False
        try:
            yield None if slot is None else slot.account
        finally:
            if task in self._early:
                self._early[task] = True
            self.ended(task)

    def ended(self, task: str) -> None:
        """The task has come to its end."""
        slot = self._tasks.get(task)
        if slot is not None:
            self._free(slot)

    def cancelled(self, task: str) -> None:
        """The task is to stop; one that runs counts until it does."""
        slot = self._tasks.get(task)
        if slot is not None and not slot.running:
            self._free(slot)

    def _free(self, slot: Slot) -> None:
        if slot not in self._slots:
            return
        self._slots.remove(slot)
        if slot.task is not None:
            self._tasks.pop(slot.task, None)
        self._of_account[slot.account] -= 1
        if not self._of_account[slot.account]:
            del self._of_account[slot.account]

    def _forget(self) -> None:
        """Give back what has had its time elsewhere, when a slot is wanted and may be refused."""
        if len(self._slots) == len(self._tasks):
            self._early.clear()
        now = self._clock()
        for slot in [each for each in self._tasks.values() if not each.running and each.ends <= now]:
            self._free(slot)

"""Supervisors that have made their namespaces before anybody asked: they take most of the time of a start."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final

from seawall.errors import SeawallError
from seawall.security.sandbox.values import Execution

__all__ = ["Prepared", "Spares"]

_EACH: Final = 2  # for runs that need the same
_KEYS: Final = 8  # different needs, the ones used last
_DELAY: Final = 0.02  # seconds: the run that took one has the processors first
_SECONDS: Final = 60.0  # after which one that nobody needed goes


@dataclass(frozen=True, slots=True)
class Prepared:
    """A supervisor that waits for its order.

    Attributes:
        control: the connection to it; closing it ends the supervisor.
        private: the path of its run's private directory.
    """

    control: socket.socket
    private: str


class Spares:
    """Keeps some of them for the next runs of the same kind."""

    def __init__(self, make: Callable[[Execution], Awaitable[Prepared]]) -> None:
        """Make none yet.

        Args:
            make: has one prepared for such an execution.
        """
        self._make = make
        self._waiting: dict[Hashable, deque[Prepared]] = {}  # the key that was used last comes last
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def take(self, execution: Execution) -> Prepared | None:
        """One for this execution; None when there is none."""
        waiting = self._waiting.get(_key(execution))
        return waiting.popleft() if waiting else None

    def restock(self, execution: Execution) -> None:
        """Have some made for the next executions of this kind."""
        key = _key(execution)
        waiting = self._waiting.pop(key, deque())
        self._waiting[key] = waiting
        while len(self._waiting) > _KEYS:
            for prepared in self._waiting.pop(next(iter(self._waiting))):
                prepared.control.close()
        if len(waiting) < _EACH and not self._closed:
            task = asyncio.get_running_loop().create_task(self._add(execution, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all of them."""
        self._closed = True
        await self.settle()
        for waiting in self._waiting.values():
            for prepared in waiting:
                prepared.control.close()
        self._waiting.clear()

    async def settle(self) -> None:
        """Wait until those that were asked for are there."""
        await asyncio.gather(*self._tasks)

    async def _add(self, execution: Execution, waiting: deque[Prepared]) -> None:
        await asyncio.sleep(_DELAY)
        if len(waiting) >= _EACH:
            return  # others of a burst of runs had them made
        with contextlib.suppress(SeawallError, OSError):  # the next run will say it, should it still be so
            prepared = await self._make(execution)
            if len(waiting) >= _EACH or self._waiting.get(_key(execution)) is not waiting:
                prepared.control.close()
                return
            waiting.append(prepared)
            asyncio.get_running_loop().call_later(_SECONDS, _expire, waiting, prepared)


def _expire(waiting: deque[Prepared], prepared: Prepared) -> None:
    if prepared in waiting:
        waiting.remove(prepared)
        prepared.control.close()


def _key(execution: Execution) -> Hashable:
    """What is prepared for it; see `orders.preparation`."""
    reach = execution.reach
    return reach.reads, reach.writes, reach.executes, execution.ceiling.memory

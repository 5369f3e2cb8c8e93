"""Watching what can be read for changes, on behalf of those who subscribed to it.

It is looked at again and again, through the same guard that reads it. What the kernel announces by itself (inotify) is
silent on network file systems and on many volumes of containers, and would need a second way past the jail.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from seawall.errors import OverloadedError, ResourceNotFoundError, TooManySubscriptionsError
from seawall.security.admission import leaves_room
from seawall.security.budget import WorkerPool

__all__ = ["MOST", "Notices", "Watch"]

MOST: Final = 1000
"""Subscriptions that a server keeps. No caller has all of them where there may be others."""

_PAUSE: Final = 1.0  # seconds between two looks
_SHARE: Final = 9  # times as long as the looks took, at least: they take a tenth of one worker's time at most
_BATCH: Final = 50  # looks of one turn of a worker

_Looks: TypeAlias = Callable[[], Hashable]


class Notices:
    """What one subscriber is still to be told: each URI once, however often it changed meanwhile.

    So it is bounded by what was subscribed to, and a client that is slow to read holds up nobody.
    """

    def __init__(self, account: str) -> None:
        """Args: account: on whose account its subscriptions count."""
        self.account = account
        self.ended = False
        self._changed: dict[str, None] = {}
        self._stirred = asyncio.Event()

    async def next(self) -> str | None:
        """The URI that changed longest ago, as soon as there is one; None at the end."""
        while not self._changed:
            if self.ended:
                return None
            self._stirred.clear()
            await self._stirred.wait()
        uri = next(iter(self._changed))
        del self._changed[uri]
        return uri

    def tell(self, uri: str) -> None:
        """It changed."""
        self._changed[uri] = None
        self._stirred.set()

    def forget(self, uri: str) -> None:
        """Nothing is to be told of it any more."""
        self._changed.pop(uri, None)

    def end(self) -> None:
        """Say what is left, and no more."""
        self.ended = True
        self._stirred.set()


@dataclass(eq=False, slots=True)
class _Watched:
    """One URI.

    Attributes:
        look: tells by what its content is known now, on a worker; None where there is none.
        state: what that was last.
        wanted_by: whom to tell.
    """

    look: _Looks
    state: Hashable
    wanted_by: set[Notices] = field(default_factory=set)


class Watch:
    """All subscriptions of a server, and the task that looks for changes as long as there are some."""

    def __init__(self, workers: WorkerPool, *, alone: Collection[str] = (), most: int = MOST) -> None:
        """Args: workers: where looks block. alone: accounts that need leave no room. most: subscriptions in all."""
        self._workers = workers
        self._alone = frozenset(alone)
        self._most = most
        self._watched: dict[str, _Watched] = {}
        self._held: Counter[str] = Counter()
        self._of: dict[Notices, set[str]] = {}
        self._wanted: asyncio.Event | None = None
        self._running = 0

    def __len__(self) -> int:
        """How many subscriptions there are."""
        return self._held.total()

    async def add(self, notices: Notices, uri: str, look: _Looks) -> None:
        """Tell of changes of the URI from now on. Once more changes nothing.

        Args:
            notices: where to tell.
            uri: as it was asked for.
            look: see `Readable.state`; called on a worker.

        Raises:
            TooManySubscriptionsError: there is no room for it.
            ResourceNotFoundError: there is nothing now.
            OverloadedError: no worker could look.
        """
        mine = self._of.setdefault(notices, set())
        if uri in mine:
            return
        self._enter(notices.account)
        mine.add(uri)
        try:
            state = await self._workers.run(look)
        except BaseException:
            self.remove(notices, uri)
            raise
        if state is None:
            self.remove(notices, uri)
            raise ResourceNotFoundError(uri=uri)
        if uri in self._of.get(notices, ()):  # nobody took it back meanwhile
            self._watched.setdefault(uri, _Watched(look, state)).wanted_by.add(notices)
            if self._wanted is not None:
                self._wanted.set()

    def remove(self, notices: Notices, uri: str) -> None:
        """Tell no more of changes of the URI; nothing happens where it was not subscribed to."""
        mine = self._of.get(notices, set())
        if uri not in mine:
            return
        mine.discard(uri)
        notices.forget(uri)
        self._held[notices.account] -= 1
        if not self._held[notices.account]:
            del self._held[notices.account]
        watched = self._watched.get(uri)
        if watched is not None:
            watched.wanted_by.discard(notices)
            if not watched.wanted_by:
                del self._watched[uri]

    def leave(self, notices: Notices) -> None:
        """Tell it nothing any more."""
        for uri in tuple(self._of.get(notices, ())):
            self.remove(notices, uri)
        self._of.pop(notices, None)
        notices.end()

    def end(self) -> None:
        """Let every subscriber end."""
        for notices in tuple(self._of):
            self.leave(notices)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look for changes for the time of the block; the lifespans of servers nest, and the outermost counts."""
        self._running += 1
        looking = asyncio.create_task(self._keep_looking()) if self._running == 1 else None
        try:
            yield
        finally:
            self._running -= 1
            if looking is not None:
                self.end()
                looking.cancel()
                with suppress(asyncio.CancelledError):
                    await looking

    def _enter(self, account: str) -> None:
        held, free = self._held[account], self._most - len(self)
        if free <= 0 or not (account in self._alone or leaves_room(held=held, free=free)):
            raise TooManySubscriptionsError(own=held > 0)
        self._held[account] += 1

    async def _keep_looking(self) -> None:
        wanted = self._wanted = asyncio.Event()
        while True:
            if not self._watched:
                wanted.clear()
                await wanted.wait()
            began = time.monotonic()
            await self._look_at_all()
            await asyncio.sleep(max(_PAUSE, _SHARE * (time.monotonic() - began)))

    async def _look_at_all(self) -> None:
        uris = tuple(self._watched)
        for start in range(0, len(uris), _BATCH):
            batch = [
                (uri, self._watched[uri]) for uri in uris[start : start + _BATCH] if uri in self._watched
            ]
            try:
                states = await self._workers.run(_looked, [each.look for _, each in batch])
            except OverloadedError:
                continue  # calls go first; the change is seen the next time
            for (uri, each), state in zip(batch, states, strict=True):
                if state != each.state:
                    each.state = state
                    for notices in each.wanted_by:
                        notices.tell(uri)


def _looked(looks: Sequence[_Looks]) -> list[Hashable]:
    return [look() for look in looks]

"""Watching what can be read for changes, on behalf of those who subscribed to it.

It is looked at again and again, through the same guard that reads it. What the kernel announces by itself (inotify) is
silent on network file systems and on many volumes of containers, and would need a second way past the jail.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
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
_LONGEST: Final = 60.0  # seconds of a pause, for a file system that did not answer for an hour
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
        self.left = False
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
    """All subscriptions of a server, and the task that looks for changes as long as there are some.

    Attributes:
        closing: that the server ends and has nothing to tell to newcomers, until it is run again.
    """

    def __init__(self, workers: WorkerPool, *, alone: Collection[str] = (), most: int = MOST) -> None:
        """Args: workers: where looks block. alone: accounts that need leave no room. most: subscriptions in all."""
        self.closing = False
        self._workers = workers
        self._alone = frozenset(alone)
        self._most = most
        self._watched: dict[str, _Watched] = {}
        self._held: Counter[str] = Counter()
        self._of: dict[Notices, set[str]] = {}
        self._joining: dict[tuple[Notices, str], set[object]] = {}
        self._wanted: asyncio.Event | None = None
        self._running = 0
        self._looking: asyncio.Task[None] | None = None

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
        if uri in self._of.get(notices, ()):
            return
        self._check_room(notices.account)
        with self._joins(notices, uri) as stays:
            state = await self._workers.run(look)
            if state is None:
                raise ResourceNotFoundError(uri=uri)
            if stays() and uri not in self._of.get(notices, ()):
                self._enter(notices, uri, _Watched(look, state))

    @contextmanager
    def _joins(self, notices: Notices, uri: str) -> Iterator[Callable[[], bool]]:
        """Somebody subscribes, for the time of the block; gives whether nobody has taken it back since then.

        Each request stands for itself: what becomes of one says nothing of another for the same.
        """
        mine, key = object(), (notices, uri)
        self._joining.setdefault(key, set()).add(mine)
        try:
            yield lambda: not notices.left and mine in self._joining.get(key, ())
        finally:
            others = self._joining.get(key, set())
            others.discard(mine)
            if not others:
                self._joining.pop(key, None)

    def remove(self, notices: Notices, uri: str) -> None:
        """Tell no more of changes of the URI; nothing happens where it was not subscribed to."""
        self._joining.pop((notices, uri), None)
        mine = self._of.get(notices, set())
        if uri not in mine:
            return
        mine.discard(uri)
        if not mine:
            del self._of[notices]
        notices.forget(uri)
        self._held[notices.account] -= 1
        if not self._held[notices.account]:
            del self._held[notices.account]
        watched = self._watched.get(uri)
        if watched is not None:
            watched.wanted_by.discard(notices)
            if not watched.wanted_by:
                del self._watched[uri]

    def holds(self, notices: Notices, uri: str) -> bool:
        """Whether it is to be told of changes of the URI."""
        return uri in self._of.get(notices, ())

    def leave(self, notices: Notices) -> None:
        """Tell it nothing any more."""
        for uri in tuple(self._of.get(notices, ())):
            self.remove(notices, uri)
        notices.left = True
        notices.end()

    def end(self) -> None:
        """Let every subscriber end."""
        for notices in tuple(self._of):
            self.leave(notices)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look for changes for the time of the block; lifespans of servers nest and overlap, and the last one counts."""
        self._running += 1
        if self._looking is None:
            self.closing = False
            self._looking = asyncio.create_task(self._keep_looking())
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                looking, self._looking = self._looking, None
                self.end()
                looking.cancel()
                with suppress(asyncio.CancelledError):
                    await looking

    def _check_room(self, account: str) -> None:
        held, free = self._held[account], self._most - len(self)
        if free <= 0 or not (account in self._alone or leaves_room(held=held, free=free)):
            raise TooManySubscriptionsError(own=held > 0)

    def _enter(self, notices: Notices, uri: str, watched: _Watched) -> None:
        self._check_room(notices.account)
        self._held[notices.account] += 1
        self._of.setdefault(notices, set()).add(uri)
        self._watched.setdefault(uri, watched).wanted_by.add(notices)
        if self._wanted is not None:
            self._wanted.set()

    async def _keep_looking(self) -> None:
        wanted = self._wanted = asyncio.Event()
        while True:
            if not self._watched:
                wanted.clear()
                await wanted.wait()
            took = await self._look_at_all()
            await asyncio.sleep(max(_PAUSE, min(_SHARE * took, _LONGEST)))

    async def _look_at_all(self) -> float:
        """Look once, and tell. Returns the seconds that a worker spent on it."""
        uris, whole = tuple(self._watched), 0.0
        for start in range(0, len(uris), _BATCH):
            batch = [
                (uri, self._watched[uri]) for uri in uris[start : start + _BATCH] if uri in self._watched
            ]
            try:
                states, took = await self._workers.run(_looked, [each.look for _, each in batch])
            except OverloadedError:
                continue  # calls go first; the change is seen the next time
            whole += took
            for (uri, each), state in zip(batch, states, strict=True):
                if state != each.state:
                    each.state = state
                    for notices in each.wanted_by:
                        notices.tell(uri)
        return whole


def _looked(looks: Sequence[_Looks]) -> tuple[list[Hashable], float]:
    began = time.monotonic()
    states = [_state(look) for look in looks]
    return states, time.monotonic() - began


def _state(look: _Looks) -> Hashable:
    try:
        return look()
    except Exception:  # noqa: BLE001  boundary: looks are a toolset's, and the others go on
        return None  # nothing there can be read

"""One writer of a file at a time within this process, for changes that read first."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

__all__ = ["Locks"]


class Locks:
    """A lock for each key that somebody holds or waits for; nothing is kept for the others."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[Hashable, _Counted] = {}

    @contextmanager
    def hold(self, key: Hashable) -> Iterator[None]:
        """Hold the lock of `key`. Not reentrant."""
        with self._guard:
            counted = self._held.setdefault(key, _Counted())
            counted.users += 1
        try:
            with counted.lock:
                yield
        finally:
            with self._guard:
                counted.users -= 1
                if not counted.users:
                    del self._held[key]


class _Counted:
    __slots__ = ("lock", "users")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0

"""Remembers the sorted entries of large directories, so that paging through one does not read it again each time.

Pages are correct without it: a cursor is a position, not a session. A snapshot is used only while the directory's
status is the one that it had, which every entry that comes or goes changes; and only if the directory was left alone
for a while before it was read, because two changes within one tick of a file system's clock look like one.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from seawall.security.jail import Entry, FileStatus, Roots

__all__ = ["Directories"]

_LARGE: Final = 2_000  # entries; smaller directories are read faster than they are remembered
_CAPACITY: Final = 200_000  # entries of all snapshots together: some 30 MB
_QUIET: Final = 2.0  # seconds without a change before the directory was read
_LIFETIME: Final = 60.0  # seconds; for file systems whose clock is not ours
_by_name = attrgetter("name")


@dataclass(frozen=True, slots=True)
class _Snapshot:
    status: FileStatus
    taken: float
    entries: Sequence[Entry]


class Directories:
    """The directories of the roots, their entries sorted by name. May be used from any thread.

    Attributes:
        roots: the guard that reads them.
    """

    def __init__(self, roots: Roots) -> None:
        self.roots = roots
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Snapshot] = OrderedDict()

    def entries(self, path: str, going_on: Callable[[], bool]) -> Sequence[Entry] | None:
        """The entries of a directory, sorted; None when `going_on`, asked between two batches, said no.

        Raises:
            PathError: the directory cannot be read.
        """
        kept = self._current(path)
        if kept is not None:
            return kept
        started = time.time()
        entries: list[Entry] = []
        for batch in self.roots.scan(path):
            if not going_on():
                return None
            entries += batch
        entries.sort(key=_by_name)
        if len(entries) >= _LARGE:
            self._keep(path, entries, started)
        return entries

    def _current(self, path: str) -> Sequence[Entry] | None:
        with self._lock:
            snapshot = self._kept.get(path)
        if snapshot is None:
            return None
        fresh = time.monotonic() - snapshot.taken < _LIFETIME
        if fresh and self.roots.status(path) == snapshot.status:
            return snapshot.entries
        with self._lock:
            self._kept.pop(path, None)
        return None

    def _keep(self, path: str, entries: Sequence[Entry], started: float) -> None:
        status = self.roots.status(path)
        if status.modified_ns > (started - _QUIET) * 1e9 or len(entries) > _CAPACITY:
            return
        with self._lock:
            self._kept[path] = _Snapshot(status, time.monotonic(), entries)
            self._kept.move_to_end(path)
            while sum(len(one.entries) for one in self._kept.values()) > _CAPACITY:
                self._kept.popitem(last=False)

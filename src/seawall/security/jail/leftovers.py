"""Removing what killed writes have left.

A live writer holds the lock of its temporary file, so whoever gets the lock knows that the writer is dead. The file
is removed while the lock is held: a writer that has just created it sees that it is gone and takes another name.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable

from seawall.security.jail.paths import LEFTOVER_NAME

if sys.platform != "win32":
    import fcntl

__all__ = ["sweep_directory", "sweep_tree"]

_MAX_DEPTH = 2048  # no path of 4095 bytes has more names, so no write was ever deeper
_LIST = (
    os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)
_LOOK = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)


def sweep_tree(open_directory: Callable[[tuple[str, ...]], int], *, wanted: Callable[[], bool]) -> int:
    """Remove the leftovers in the root and below, never through a link; how many there were.

    `open_directory` gives a descriptor for resolved names, or raises OSError; `wanted` is asked before each. One directory is open at a time; what
    is remembered are the names still to visit on the way down. What cannot be read is passed over: its leftovers
    stay hidden.
    """
    removed = 0
    names: list[str] = []
    pending: list[list[str]] = [[""]]  # one list a level; "" is the root itself
    while pending and wanted():
        if not pending[-1]:
            pending.pop()
            if names:
                names.pop()
            continue
        name = pending[-1].pop()
        here = (*names, name) if name else ()
        try:
            count, below = _sweep_opened(open_directory(here))
        except OSError:
            continue
        removed += count
        if below and len(here) < _MAX_DEPTH:
            names = list(here)
            pending.append(below)
    return removed


def sweep_directory(directory: int) -> int:
    """Remove the leftovers in one directory; `directory` may be an O_PATH descriptor.

    Raises:
        OSError: it cannot be read.
    """
    descriptor = os.open(".", _LIST, dir_fd=directory)
    try:
        return _sweep(descriptor)[0]
    finally:
        os.close(descriptor)


def _sweep_opened(descriptor: int) -> tuple[int, list[str]]:
    try:
        return _sweep(descriptor)
    finally:
        os.close(descriptor)


def _sweep(descriptor: int) -> tuple[int, list[str]]:
    leftovers: list[str] = []
    directories: list[str] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                directories.append(entry.name)
            elif entry.name.startswith(".seawall-") and LEFTOVER_NAME.match(entry.name):
                leftovers.append(entry.name)
    return sum(_remove_dead(descriptor, name) for name in leftovers), directories


def _remove_dead(directory: int, name: str) -> bool:
    try:
        if not stat.S_ISREG(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            return False
        descriptor = os.open(name, _LOOK, dir_fd=directory)
    except OSError:
        return False  # gone meanwhile, or another user's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = os.fstat(descriptor)
        named = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if not stat.S_ISREG(held.st_mode) or not os.path.samestat(held, named):
            return False
        os.unlink(name, dir_fd=directory)
    except OSError:
        return False  # its writer lives, or it has just been renamed to its final name
    finally:
        os.close(descriptor)
    return True

"""Listing one directory: in batches, without what is denied, and without a system call per entry if none is asked."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable

from seawall.security.jail.paths import is_reserved
from seawall.security.jail.rules import Position
from seawall.security.jail.status import Entry, FileKind, FileStatus

__all__ = ["scan_directory"]


def scan_directory(
    descriptor: int, position: Position, *, detailed: bool, batch: int
) -> Generator[list[Entry], None, None]:
    """The entries of an open directory, up to `batch` at a time, in the file system's own order.

    Takes over `descriptor` and closes it at the end, also when the consumer stops early.

    Raises:
        OSError: whatever the operating system answers.
    """
    try:
        with os.scandir(descriptor) as found:
            entries: list[Entry] = []
            for entry in _visible(found, position, detailed=detailed):
                entries.append(entry)
                if len(entries) >= batch:
                    yield entries
                    entries = []
            if entries:
                yield entries
    finally:
        os.close(descriptor)


def _visible(
    found: Iterable[os.DirEntry[str]], position: Position, *, detailed: bool
) -> Generator[Entry, None, None]:
    denies = position.denies
    for item in found:
        name, reachable = _shown(item.name)
        if is_reserved(name) or denies(name):
            continue
        kind = _kind(item)
        if kind is None or detailed:
            try:
                facts = item.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # it went while the directory was read
            kind = FileKind.of_mode(facts.st_mode)
            yield Entry(name, kind, FileStatus.of(facts) if detailed else None, reachable)
        else:
            yield Entry(name, kind, None, reachable)


def _shown(name: str) -> tuple[str, bool]:
    if name.isascii():
        return name, True
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace"), False
    return name, True


def _kind(item: os.DirEntry[str]) -> FileKind | None:
    """The kind, when the directory itself tells it (d_type); None for what it does not."""
    if item.is_file(follow_symlinks=False):
        return FileKind.FILE
    if item.is_dir(follow_symlinks=False):
        return FileKind.DIRECTORY
    return FileKind.SYMLINK if item.is_symlink() else None

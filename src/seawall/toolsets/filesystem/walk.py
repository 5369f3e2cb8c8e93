"""Walks a directory tree in a fixed order, from any position on, and never fails because of one entry.

The order is depth first, by name within a directory (code points), a directory before what is in it. So a
position is the path of the last entry that was handled: what is created or removed in between moves nothing
else, and going on needs no memory of the first call.

Symbolic links are entries, never ways: no cycles. Depth is bounded by the length of a path alone, and the stack
is a list, so a deep tree is no danger.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, TypeAlias, TypeVar

from seawall.errors import (
    NotDirectoryError,
    PathDeniedError,
    PathError,
    PathInvalidError,
    PathNotFoundError,
)
from seawall.security.budget import StopSignal
from seawall.security.jail import Entry, FileKind
from seawall.toolsets.filesystem.directories import Directories
from seawall.toolsets.filesystem.ignore import IgnoreRules

__all__ = ["Item", "Parts", "Walk", "WalkOptions", "reason_left_out"]

Parts: TypeAlias = tuple[str, ...]
"""A position: the names from the start of the walk down to an entry."""

_T = TypeVar("_T")
_UNLIMITED: Final = 1 << 30
_by_name = attrgetter("name")


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """What a walk passes over.

    Attributes:
        depth: levels; 1 is the directory alone.
        hidden: whether names that begin with a dot are included.
        gitignore: whether `.gitignore` files are followed.
    """

    depth: int = _UNLIMITED
    hidden: bool = False
    gitignore: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One entry that a walk came by.

    Attributes:
        path: relative to the roots; opens the entry.
        parts: its position.
        kind: what it is; links are not followed.
    """

    path: str
    parts: Parts
    kind: FileKind


@dataclass(slots=True)
class _Frame:
    """One directory on the way down."""

    prefix: str
    parts: Parts
    entries: Iterator[Entry]
    wanted: Collection[str] | None
    rest: Parts
    rules: IgnoreRules


class _Stopped(Exception):  # noqa: N818  no error: the signal ended the walk
    """Part of the work on a directory was not done, so that nothing can be said of it."""


def _finished(result: _T | None) -> _T:
    if result is None:
        raise _Stopped
    return result


class Walk:
    """One walk.

    Attributes:
        skipped: what was passed over, by reason.
        not_opened: how many directories lie at the depth limit.
        stopped: whether the signal ended it early.
    """

    def __init__(
        self,
        directories: Directories,
        path: str,
        options: WalkOptions,
        signal: StopSignal,
        *,
        select: Callable[[str, list[str]], Collection[str] | None] | None = None,
    ) -> None:
        """Prepare a walk below `path`.

        Args:
            directories: reads them.
            path: as the caller wrote it.
            options: what to pass over.
            signal: when to stop.
            select: given a directory's position as a path with a slash at its end and the names in it, says which
                of them are wanted, or None when it was stopped; all directories are walked through, wanted or not.
        """
        self._directories = directories
        self._path = path
        self._options = options
        self._signal = signal
        self._select = select
        self.skipped: Counter[str] = Counter()
        self.not_opened = 0
        self.stopped = False

    def items(self, after: Parts = (), *, inclusive: bool = False) -> Iterator[Item]:
        """The entries behind the position `after`; with `inclusive` also the one that stands there.

        Raises:
            PathError: the start itself cannot be listed. Below it, what cannot be read is counted in `skipped`.
        """
        try:
            yield from self._items(after, inclusive=inclusive)
        except _Stopped:
            self.stopped = True

    def _items(self, after: Parts, *, inclusive: bool) -> Iterator[Item]:
        stack = [self._enter(self._path, _prefix(self._path), (), after, self._outer_rules())]
        while stack:
            frame = stack[-1]
            entry = next(frame.entries, None)
            if entry is None:
                stack.pop()
                continue
            here = bool(frame.rest) and entry.name == frame.rest[0]
            parts = (*frame.parts, entry.name)
            passed = here and not (inclusive and len(frame.rest) == 1)
            if not passed and (frame.wanted is None or entry.name in frame.wanted):
                yield Item(frame.prefix + entry.name, parts, entry.kind)
            if entry.kind is FileKind.DIRECTORY:
                below = self._below(frame, entry.name, parts, frame.rest[1:] if here else ())
                if below is not None:
                    stack.append(below)

    def _below(self, frame: _Frame, name: str, parts: Parts, rest: Parts) -> _Frame | None:
        if len(parts) >= self._options.depth:
            self.not_opened += 1
            return None
        path = frame.prefix + name
        try:
            return self._enter(path, f"{path}/", parts, rest, frame.rules)
        except PathError as error:
            reason = reason_left_out(error)
            if reason is not None:
                self.skipped[reason] += 1
            return None

    def _enter(self, path: str, prefix: str, parts: Parts, rest: Parts, rules: IgnoreRules) -> _Frame:
        if self._options.gitignore:
            rules = _finished(rules.within(self._directories.roots, prefix, self._going_on))
        found = _finished(self._directories.entries(path, self._going_on))
        if rest:
            found = found[bisect_left(found, rest[0], key=_by_name) :]
        entries = self._visible(found, prefix, rules)
        wanted = None
        if self._select is not None:
            below = "".join(f"{part}/" for part in parts)
            wanted = _finished(self._select(below, [entry.name for entry in entries]))
            entries = [entry for entry in entries if entry.kind is FileKind.DIRECTORY or entry.name in wanted]
        return _Frame(prefix, parts, iter(entries), wanted, rest, rules)

    def _visible(self, entries: Sequence[Entry], prefix: str, rules: IgnoreRules) -> list[Entry]:
        shown = [entry for entry in entries if entry.reachable]
        self._count("unnameable", len(entries) - len(shown))
        if not self._options.hidden:
            before = len(shown)
            shown = [entry for entry in shown if not entry.name.startswith(".")]
            self._count("hidden", before - len(shown))
        if self._options.gitignore:
            before = len(shown)
            names = {entry.name for entry in shown}
            directories = {entry.name for entry in shown if entry.kind is FileKind.DIRECTORY}
            left_out = _finished(rules.excluded(prefix, names, directories, self._going_on)) | {".git"}
            shown = [entry for entry in shown if entry.name not in left_out]
            self._count("ignored", before - len(shown))
        return shown

    def _going_on(self) -> bool:
        return not (self._signal.cancelled or self._signal.expired)

    def _count(self, reason: str, number: int) -> None:
        if number:
            self.skipped[reason] += number

    def _outer_rules(self) -> IgnoreRules:
        """The rules of the directories above the start."""
        rules = IgnoreRules()
        names = _prefix(self._path).split("/")[:-1]
        if self._options.gitignore and ".." not in names:
            for depth in range(len(names)):
                above = "".join(f"{name}/" for name in names[:depth])
                rules = _finished(rules.within(self._directories.roots, above, self._going_on))
        return rules


def reason_left_out(error: PathError) -> str | None:
    """The word under which an entry that cannot be read is counted; None for one that must not be told of."""
    match error:
        case PathDeniedError():
            return None
        case PathNotFoundError() | NotDirectoryError():
            return "vanished"
        case PathInvalidError():
            return "too_deep"
        case _:
            return "unreadable"


def _prefix(path: str) -> str:
    """What stands before the names of a directory: no dots and empty names, which mean nothing to the kernel."""
    names = [name for name in path.split("/") if name not in {"", "."}]
    return "".join(f"{name}/" for name in names)

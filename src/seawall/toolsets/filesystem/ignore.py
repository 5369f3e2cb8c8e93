"""What `.gitignore` files exclude, matched in linear time: such a file is content, and content may be hostile.

Semantics of git-scm.com/docs/gitignore: the last matching pattern of the innermost file decides, `!` takes back,
and nothing below an excluded directory is looked at. Other sources of git's rules (`.git/info/exclude`, the
user's own file) are not read: they do not belong to the workspace.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from seawall.errors import PathError
from seawall.security.jail import Roots
from seawall.toolsets.filesystem.patterns import Selector, translate

__all__ = ["IgnoreRules"]

_NAME: Final = ".gitignore"
_SIZE_LIMIT: Final = 64 * 1024  # bytes; what is longer is not read, for nobody writes such a file by hand
_LINE_LIMIT: Final = 2_000
_PATTERN_LIMIT: Final = 1_000  # characters
_TRAILING_SPACES: Final = re.compile(r"(?<!\\)[ \t]+$")


@dataclass(frozen=True, slots=True)
class _Run:
    """Patterns that follow each other and say the same: their order among themselves means nothing."""

    excludes: bool
    directories_only: bool
    selectors: tuple[Selector, ...]

    def matches(self, names: Sequence[str], prefix: str) -> set[str]:
        return set().union(*(selector.select(names, prefix=prefix) for selector in self.selectors))


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one directory: those of its own file, and those of the directories above it.

    Attributes:
        base: the path, with its slash, of the directory that the innermost file lies in.
        runs: its patterns, the last ones first.
        outer: the rules of the directories above.
    """

    base: str = ""
    runs: tuple[_Run, ...] = ()
    outer: IgnoreRules | None = None

    def within(self, roots: Roots, directory: str) -> IgnoreRules:
        """The rules below `directory`, a path relative to the roots with a slash at its end, or the empty text."""
        runs = _compiled(_lines(roots, directory))
        return IgnoreRules(directory, runs, self) if runs else self

    def excluded(self, directory: str, names: Collection[str], directories: Collection[str]) -> set[str]:
        """Those of the names in `directory` that are excluded; `directories` says which are directories."""
        undecided, excluded = set(names), set[str]()
        rules: IgnoreRules | None = self
        while rules is not None and undecided:
            below = directory[len(rules.base) :]
            for run in rules.runs:
                asked = undecided.intersection(directories) if run.directories_only else undecided
                found = run.matches(sorted(asked), below)
                undecided -= found
                excluded |= found if run.excludes else set()
            rules = rules.outer
        return excluded


def _lines(roots: Roots, directory: str) -> list[str]:
    try:
        with roots.open_file(f"{directory}{_NAME}") as file:
            if file.status.size > _SIZE_LIMIT:
                return []
            data = os.pread(file.fd, _SIZE_LIMIT, 0)
    except PathError:  # most often there is none; one that may not be read excludes nothing
        return []
    return data.decode("utf-8-sig", errors="replace").splitlines()[:_LINE_LIMIT]


def _compiled(lines: Sequence[str]) -> tuple[_Run, ...]:
    patterns = [pattern for line in reversed(lines) if (pattern := _pattern(line)) is not None]
    return tuple(
        _Run(excludes, directories_only, tuple(_selectors([(path, body) for _, _, path, body in group])))
        for (excludes, directories_only), group in groupby(patterns, key=lambda pattern: pattern[:2])
    )


def _pattern(line: str) -> tuple[bool, bool, bool, str] | None:
    """(excludes, directories only, whole path, expression); None for what git passes over as well."""
    glob = _TRAILING_SPACES.sub("", line)
    if not glob or glob.startswith("#") or len(glob) > _PATTERN_LIMIT:
        return None
    excludes = not glob.startswith("!")
    glob = glob if excludes else glob[1:]
    bare = glob.removesuffix("/")
    try:
        body = translate(bare.removeprefix("/"), braces=False)
    except ValueError:
        return None
    return excludes, bare != glob, "/" in bare, body


def _selectors(patterns: Sequence[tuple[bool, str]]) -> Iterator[Selector]:
    for whole_path in (False, True):
        yield from _joined([body for path, body in patterns if path is whole_path], whole_path=whole_path)


def _joined(bodies: Sequence[str], *, whole_path: bool) -> Iterator[Selector]:
    """As few selectors as possible: one, or as many as the limit of a pattern's size demands."""
    if not bodies:
        return
    try:
        yield Selector.compile("|".join(bodies), whole_path=whole_path)
    except ValueError:
        half = len(bodies) // 2
        if half:
            yield from _joined(bodies[:half], whole_path=whole_path)
            yield from _joined(bodies[half:], whole_path=whole_path)

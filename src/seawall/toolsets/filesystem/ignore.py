"""What `.gitignore` files exclude, matched in linear time: such a file is content, and content may be hostile.

Semantics of git-scm.com/docs/gitignore: the last matching pattern of the innermost file decides, `!` takes back,
and nothing below an excluded directory is looked at. Other sources of git's rules (`.git/info/exclude`, the
user's own file) are not read: they do not belong to the workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, product
from typing import Final, NamedTuple

from seawall.errors import PathError
from seawall.security.jail import Roots
from seawall.toolsets.filesystem.globs import translate
from seawall.toolsets.filesystem.patterns import NameBlock, Selector

__all__ = ["IgnoreRules"]

_NAME: Final = ".gitignore"
_SIZE_LIMIT: Final = 64 * 1024  # bytes; what is longer is not read, for nobody writes such a file by hand
_LINE_LIMIT: Final = 2_000
_PATTERN_LIMIT: Final = 1_000  # characters
_RUN_LIMIT: Final = (
    100  # changes between excluding and taking back in one file; every name is held against each
)
_SELECTOR_LIMIT: Final = 128  # compiled patterns of all files on the way down together
_SELECTOR_MEMORY: Final = 1024**2  # bytes for each of them
_JOINED: Final = 8_000  # characters of expressions that are compiled together


@dataclass(frozen=True, slots=True)
class _Run:
    """Patterns that follow each other and say the same: their order among themselves means nothing.

    Attributes:
        excludes: what they say of the names that match.
        selectors: the patterns, each with whether it is for directories only.
    """

    excludes: bool
    selectors: tuple[tuple[bool, Selector], ...]

    def matches(
        self, block: NameBlock, prefix: str, directories: Collection[str], going_on: Callable[[], bool]
    ) -> set[str] | None:
        found: set[str] = set()
        for directories_only, selector in self.selectors:
            here = selector.select_from(block, going_on, prefix=prefix)
            if here is None:
                return None
            found |= here.intersection(directories) if directories_only else here
        return found


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one directory: those of its own file, and those of the directories above it.

    A file that is too long, or whose patterns would take too much work or memory, excludes nothing.

    Attributes:
        base: the path, with its slash, of the directory that the innermost file lies in.
        runs: its patterns, the last ones first.
        outer: the rules of the directories above.
        selectors: how many compiled patterns all of them have.
    """

    base: str = ""
    runs: tuple[_Run, ...] = ()
    outer: IgnoreRules | None = None
    selectors: int = 0

    def within(self, roots: Roots, directory: str, going_on: Callable[[], bool]) -> IgnoreRules | None:
        """The rules below `directory`, a path relative to the roots with a slash at its end, or the empty text.

        None when `going_on`, asked again and again, said no.
        """
        if not going_on():
            return None
        lines = _lines(roots, directory)
        if not lines:
            return self
        runs = _compiled(lines, going_on)
        if runs is None:
            return None
        total = self.selectors + sum(len(run.selectors) for run in runs)
        return IgnoreRules(directory, runs, self, total) if runs and total <= _SELECTOR_LIMIT else self

    def excluded(
        self,
        directory: str,
        names: Collection[str],
        directories: Collection[str],
        going_on: Callable[[], bool],
    ) -> set[str] | None:
        """Those of the names in `directory` that are excluded; `directories` says which are directories.

        None when `going_on`, asked again and again, said no.
        """
        excluded: set[str] = set()
        for block in NameBlock.of(sorted(names), directory) if self.selectors else ():
            found = self._excluded(directory, block, directories, going_on)
            if found is None:
                return None
            excluded |= found
        return excluded

    def _excluded(
        self, directory: str, block: NameBlock, directories: Collection[str], going_on: Callable[[], bool]
    ) -> set[str] | None:
        undecided, excluded = set(block.names), set[str]()
        rules: IgnoreRules | None = self
        while rules is not None and undecided:
            below = directory[len(rules.base) :]
            for run in rules.runs:
                found = run.matches(block, below, directories, going_on)
                if found is None:
                    return None
                found &= undecided
                undecided -= found
                excluded |= found if run.excludes else set()
            rules = rules.outer
        return excluded


def _lines(roots: Roots, directory: str) -> list[str]:
    try:
        with roots.open_file(f"{directory}{_NAME}") as file:
            if file.status.size > _SIZE_LIMIT:
                return []
            data = file.read_at(0, _SIZE_LIMIT)
    except PathError:  # most often there is none; one that cannot be read excludes nothing
        return []
    return data.decode("utf-8-sig", errors="replace").splitlines()[:_LINE_LIMIT]


def _compiled(lines: Sequence[str], going_on: Callable[[], bool]) -> tuple[_Run, ...] | None:
    patterns = [pattern for line in reversed(lines) if (pattern := _pattern(line)) is not None]
    groups = [list(group) for _, group in groupby(patterns, key=lambda pattern: pattern.excludes)]
    if len(groups) > _RUN_LIMIT:
        return ()
    runs: list[_Run] = []
    for group in groups:
        selectors: list[tuple[bool, Selector]] = []
        for found in _selectors(group):
            if not going_on():
                return None
            selectors.append(found)
            if len(selectors) > _SELECTOR_LIMIT:
                return ()
        runs.append(_Run(group[0].excludes, tuple(selectors)))
    return tuple(runs)


class _Pattern(NamedTuple):
    excludes: bool
    directories_only: bool
    whole_path: bool
    body: str


def _pattern(line: str) -> _Pattern | None:
    """What a line says; None for what git passes over as well."""
    glob = _without_trailing_spaces(line)
    if not glob or glob.startswith("#") or len(glob) > _PATTERN_LIMIT:
        return None
    excludes = not glob.startswith("!")
    glob = glob if excludes else glob[1:]
    bare = glob.removesuffix("/")
    try:
        body = translate(bare.removeprefix("/"), braces=False)
    except ValueError:
        return None
    return _Pattern(excludes, bare != glob, "/" in bare, body)


def _without_trailing_spaces(line: str) -> str:
    """The line without the spaces at its end, but for one that a backslash stands before."""
    bare = line.rstrip(" \t")
    escaping = len(bare) - len(bare.rstrip("\\"))
    return line[: len(bare) + 1] if escaping % 2 else bare


def _selectors(patterns: Sequence[_Pattern]) -> Iterator[tuple[bool, Selector]]:
    for directories_only, whole_path in product((False, True), repeat=2):
        kind = (directories_only, whole_path)
        bodies = [one.body for one in patterns if (one.directories_only, one.whole_path) == kind]
        for some in _portions(bodies):
            for selector in _joined(some, whole_path=whole_path):
                yield directories_only, selector


def _portions(bodies: Sequence[str]) -> Iterator[Sequence[str]]:
    """The expressions in portions that probably compile: about an instruction for each character."""
    first = length = 0
    for position, body in enumerate(bodies):
        if length and length + len(body) > _JOINED:
            yield bodies[first:position]
            first, length = position, 0
        length += len(body) + 1
    if length:
        yield bodies[first:]


def _joined(bodies: Sequence[str], *, whole_path: bool) -> Iterator[Selector]:
    """As few selectors as possible: one, or as many as the limit of a pattern's size demands."""
    try:
        yield Selector.compile("|".join(bodies), whole_path=whole_path, memory=_SELECTOR_MEMORY)
    except ValueError:
        half = len(bodies) // 2
        if half:
            yield from _joined(bodies[:half], whole_path=whole_path)
            yield from _joined(bodies[half:], whole_path=whole_path)

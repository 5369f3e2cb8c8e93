"""One unnamed root, or several named ones side by side, each a top directory of what callers see."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from seawall.errors import (
    CrossRootError,
    PathDeniedError,
    PathEscapeError,
    PathNotFoundError,
    StartError,
)
from seawall.security.jail._locate import Backend
from seawall.security.jail.jail import Jail
from seawall.security.jail.opening import OpenDirectory, OpenFile
from seawall.security.jail.paths import CallerPath, is_reserved, parse
from seawall.security.jail.policy import JailPolicy
from seawall.security.jail.refusals import is_directory, root_refused
from seawall.security.jail.status import Entry, FileKind, FileStatus
from seawall.security.jail.writing import WriteMode

__all__ = ["Roots"]

_TOP = FileStatus(FileKind.DIRECTORY, size=0, modified_ns=0, mode=0o555, links=1, device=0, inode=0)


class Roots:
    """The methods of `Jail`, over all roots; each means and raises the same as there.

    With one unnamed root, paths are relative to it. With named roots the first name of a path chooses one
    (`workspace/notes.txt`), the top is a directory that lists them and cannot be changed, and deny patterns are
    relative to each root. `..` never leads from one root to another.
    """

    def __init__(self, jails: Mapping[str, Jail], policy: JailPolicy) -> None:
        self._jails = dict(jails)
        self._only = self._jails.get("")
        self.policy = policy

    @classmethod
    def open(cls, roots: Mapping[str, Path], policy: JailPolicy, *, backend: Backend | None = None) -> Roots:
        """Open every root: `{"": path}` for one without a name, else each by its name.

        Raises:
            StartError: none is given, a name cannot be a file's name, a root cannot be opened, or one root lies
                within another: what one protects (its own place, its deny rules) would be open through the other.
        """
        for name in roots:
            _check_name(name, alone=len(roots) == 1)
        if not roots:
            raise StartError("There is no root to serve.", hint="Set `roots`.")
        jails = {name: Jail.open(path, policy, label=name, backend=backend) for name, path in roots.items()}
        _refuse_overlap(jails)
        return cls(jails, policy)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the roots; empty for one without a name."""
        return () if self._only else tuple(self._jails)

    @property
    def backend(self) -> Backend:
        """How paths are resolved; the same for every root."""
        return next(iter(self._jails.values())).backend

    def open_file(self, path: str | CallerPath) -> OpenFile:
        """See `Jail.open_file`; the result's `path` begins with the root's name."""
        name, jail, rest = self._find(path)
        if jail is None:
            raise is_directory(rest.text)
        opened = jail.open_file(rest)
        if name:
            opened.path = f"{name}/{opened.path}"
        return opened

    def read_file(self, path: str | CallerPath) -> bytes:
        """See `Jail.read_file`."""
        _, jail, rest = self._find(path)
        if jail is None:
            raise is_directory(rest.text)
        return jail.read_file(rest)

    def open_directory(self, path: str | CallerPath) -> tuple[str, OpenDirectory]:
        """See `Jail.open_directory`; with the name of the root that it lies in.

        Raises:
            PathDeniedError: it is the top above several roots, which is no directory of the file system.
        """
        name, jail, rest = self._find(path)
        if jail is None:
            raise _top_refused(rest.text, tuple(self._jails))
        return name, jail.open_directory(rest)

    def locate(self, path: str | CallerPath) -> tuple[str, str, FileStatus | None]:
        """See `Jail.locate`: the root's name, the path within it, and what stands there.

        Raises:
            PathDeniedError: it is the top above several roots, which is no directory of the file system.
        """
        name, jail, rest = self._find(path)
        if jail is None:
            raise _top_refused(rest.text, tuple(self._jails))
        return (name, *jail.locate(rest))

    def status(self, path: str | CallerPath, *, follow: bool = True) -> FileStatus:
        """See `Jail.status`. The top above several roots is a directory without facts of its own (inode 0)."""
        _, jail, rest = self._find(path)
        return _TOP if jail is None else jail.status(rest, follow=follow)

    def scan(
        self, path: str | CallerPath, *, detailed: bool = False, batch: int = 1024
    ) -> Generator[list[Entry], None, None]:
        """See `Jail.scan`. The top above several roots lists their names."""
        _, jail, rest = self._find(path)
        if jail is not None:
            yield from jail.scan(rest, detailed=detailed, batch=batch)
            return
        entries = [
            Entry(name, FileKind.DIRECTORY, below.status("") if detailed else None)
            for name, below in self._jails.items()
        ]
        for first in range(0, len(entries), batch):
            yield entries[first : first + batch]

    def write_file(
        self,
        path: str | CallerPath,
        data: bytes,
        *,
        mode: WriteMode,
        expected: FileStatus | None = None,
    ) -> FileStatus:
        """See `Jail.write_file`."""
        jail, rest = self._changing(path)
        return jail.write_file(rest, data, mode=mode, expected=expected)

    def locked(self, path: str | CallerPath) -> AbstractContextManager[None]:
        """See `Jail.locked`."""
        jail, rest = self._changing(path)
        return jail.locked(rest)

    def make_directory(self, path: str | CallerPath, *, parents: bool = False) -> None:
        """See `Jail.make_directory`."""
        jail, rest = self._changing(path)
        jail.make_directory(rest, parents=parents)

    def rename(self, source: str | CallerPath, target: str | CallerPath, *, replace: bool = False) -> None:
        """See `Jail.rename`. From one root to another it is refused (CrossRootError), never copied."""
        old, before = self._changing(source)
        new, after = self._changing(target)
        if old is not new and before.parts and after.parts:
            raise CrossRootError(
                path=after.text,
                reason="belongs to another root, and a move there would be a copy",
                hint="Write the content to the new place and remove the old one.",
            )
        for path in (before, after):
            if not path.parts:
                raise root_refused(path.text)
        old.rename(before, after, replace=replace)

    def remove_file(self, path: str | CallerPath) -> None:
        """See `Jail.remove_file`."""
        jail, rest = self._changing(path)
        jail.remove_file(rest)

    def remove_directory(self, path: str | CallerPath) -> None:
        """See `Jail.remove_directory`."""
        jail, rest = self._changing(path)
        jail.remove_directory(rest)

    def sweep(self) -> int:
        """See `Jail.sweep`; over all roots."""
        return sum(jail.sweep() for jail in self._jails.values())

    def fault(self) -> str | None:
        """See `Jail.fault`; the first root's that has one."""
        return next((fault for jail in self._jails.values() if (fault := jail.fault())), None)

    def close(self) -> None:
        """Let go of every root."""
        for jail in self._jails.values():
            jail.close()

    def _find(self, path: str | CallerPath) -> tuple[str, Jail | None, CallerPath]:
        """The root's name, its jail, and the path within; no jail for the top above several roots."""
        checked = parse(path)
        if self._only is not None:
            return "", self._only, checked
        if not checked.parts:
            return "", None, checked
        name = checked.parts[0]
        jail = self._jails.get(name)
        if jail is None:
            raise PathEscapeError(path=checked.text) if name == ".." else PathNotFoundError(path=checked.text)
        rest = CallerPath(checked.text, checked.parts[1:], directory=checked.directory)
        return name, jail, rest

    def _changing(self, path: str | CallerPath) -> tuple[Jail, CallerPath]:
        try:
            _, jail, rest = self._find(path)
        except PathNotFoundError as error:
            known = ", ".join(repr(name) for name in self._jails)
            raise PathDeniedError(
                path=error.path,
                reason="lies in none of the roots",
                hint=f"Begin the path with one of {known}.",
            ) from None
        if jail is None:
            raise root_refused(rest.text)
        return jail, rest


def _top_refused(path: str, names: tuple[str, ...]) -> PathDeniedError:
    return PathDeniedError(
        path=path,
        reason="stands for several directories",
        hint=f"Begin the path with one of {', '.join(map(repr, names))}.",
    )


def _refuse_overlap(jails: Mapping[str, Jail]) -> None:
    for (name, jail), (other_name, other) in itertools.permutations(jails.items(), 2):
        if jail.lies_within(other):
            for opened in jails.values():
                opened.close()
            raise StartError(
                f"the root {name!r} lies within the root {other_name!r}.",
                hint="Name only the outer one, or two that do not overlap.",
            )


def _check_name(name: str, *, alone: bool) -> None:
    usable = (
        name and "/" not in name and "\0" not in name and name not in {".", ".."} and not is_reserved(name)
    )
    if not usable and not (alone and not name):
        raise StartError(f"{name!r} cannot be the name of a root.", hint="Use a plain name without '/'.")

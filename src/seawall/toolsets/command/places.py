"""The directories of a toolset of commands: where paths of a call lead, and what a program may touch there.

A program takes a path as text and opens it by itself, some time after anybody looked. So the look-up here decides what
is asked for (rules, kinds, links that lead out), and the sandbox decides what can be had: what another process swaps
meanwhile leads to nothing outside of `reads` and `writes`. Where the program runs is a descriptor, and no text.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from seawall.errors import (
    NotDirectoryError,
    NotRegularFileError,
    PathDeniedError,
    PathError,
    PathNotFoundError,
    StartError,
)
from seawall.security.jail import FileKind, FileStatus, JailPolicy, OpenDirectory, PathRules, Roots
from seawall.toolsets.command.declaration import CommandsDeclaration, ItemSection
from seawall.toolsets.rooted import root_directories
from seawall.types import JsonValue

__all__ = ["Area", "Places", "Workplace", "outside"]


@dataclass(frozen=True, slots=True)
class Area:
    """A file or directory of the roots, as it was when the server started.

    Attributes:
        written: as the blueprint says it.
        root: the name of its root.
        location: where it lies in that, links resolved; empty for the root itself.
        status: what it was.
    """

    written: str
    root: str
    location: str
    status: FileStatus

    def holds(self, root: str, location: str) -> bool:
        """Whether a place lies in it."""
        return root == self.root and (not self.location or f"{location}/".startswith(f"{self.location}/"))


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where one run takes place: a context manager that closes the directory.

    Attributes:
        root: the name of the root that it lies in.
        directory: the open directory; None for `/`, where a program runs that has nothing of the roots.
    """

    root: str = ""
    directory: OpenDirectory | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the directory."""
        if self.directory is not None:
            self.directory.close()


class Places:
    """The opened roots. Its methods block."""

    def __init__(self, roots: Roots, directories: Mapping[str, Path]) -> None:
        self._roots = roots
        self._directories = directories

    @classmethod
    def open(cls, declaration: CommandsDeclaration, directory: Path) -> Places:
        """Open the roots of a declaration.

        Raises:
            StartError: a root is missing, or `deny` has a malformed pattern.
        """
        try:
            rules = PathRules.compile(declaration.deny)
        except ValueError as error:
            name = declaration.name or declaration.kind
            raise StartError(f"`deny` of the toolset {name!r}: {error}.") from error
        policy = JailPolicy(follow_symlinks=declaration.symlinks == "inside", rules=rules)
        directories = {
            name: Path(posixpath.normpath(path))
            for name, path in root_directories(declaration.roots, directory).items()
        }
        return cls(Roots.open(directories, policy), directories)

    def close(self) -> None:
        """Let go of the roots."""
        self._roots.close()

    def fault(self) -> str | None:
        """Why a root cannot be used now."""
        return self._roots.fault()

    def hold(self, path: Path) -> bool:
        """Whether an absolute path of the operator's lies in a root, links resolved."""
        real = path.resolve()
        return any(real.is_relative_to(each.resolve()) for each in self._directories.values())

    def area(self, written: str, *, setting: str) -> Area:
        """What a path of `reads` or `writes` names.

        Raises:
            StartError: there is nothing.
        """
        try:
            root, location, status = self._roots.locate(written)
        except PathError as error:
            raise StartError(f"`{setting}`: {error.message}", hint=error.hint) from None
        if status is None:
            raise StartError(
                f"`{setting}`: {written!r} does not exist in the roots.",
                hint="Create it, or correct the setting.",
            )
        return Area(written, root, location, status)

    def paths(self, areas: Sequence[Area]) -> tuple[Path, ...]:
        """The areas for a sandbox, now that each is what it was.

        A command that may write around one could put a link in its place, which the sandbox would follow.

        Raises:
            PathDeniedError: one is something else by now.
        """
        return tuple(self._unchanged(area) for area in areas)

    def known(self, areas: Sequence[Area]) -> tuple[tuple[Path, tuple[int, int]], ...]:
        """What the sandbox must find at the paths of the areas: they can be something else again before it looks."""
        return tuple(
            (self._directories[each.root] / each.location, (each.status.device, each.status.inode))
            for each in areas
        )

    def workplace(self, path: str | None, areas: Sequence[Area]) -> Workplace:
        """The directory in which a program is to run; None for `/`.

        Raises:
            PathError: it cannot be used, or lies beyond what the command may touch: a sandbox shows nothing of it.
        """
        if path is None:
            return Workplace()
        root, directory = self._roots.open_directory(path)
        try:
            _check_touch(path, root, directory.path, areas)
        except PathDeniedError:
            directory.close()
            raise
        return Workplace(root, directory)

    def texts(
        self, value: JsonValue, section: ItemSection, workplace: Workplace, areas: Sequence[Area]
    ) -> JsonValue:
        """One path, or an array of them, as the program gets it: relative to where it runs, never like an option.

        Raises:
            PathError: it is refused, is not of the kind that is wanted, or lies beyond what the command may touch.
        """
        if isinstance(value, list):
            return [self.texts(each, section, workplace, areas) for each in value]
        return self._text(str(value), section, workplace, areas)

    def _text(self, path: str, section: ItemSection, workplace: Workplace, areas: Sequence[Area]) -> str:
        root, location, status = self._roots.locate(path)
        _check_kind(path, status, section.must)
        _check_touch(path, root, location, areas)
        if workplace.directory is None or root != workplace.root:
            return str(self._directories[root] / location)
        relative = posixpath.relpath(location or ".", workplace.directory.path or ".")
        return (
            relative if relative == "." or relative.startswith("../") or relative == ".." else f"./{relative}"
        )

    def _unchanged(self, area: Area) -> Path:
        path = f"{area.root}/{area.location}" if area.root else area.location
        root, location, status = self._roots.locate(path)
        same = status is not None and (status.device, status.inode) == (area.status.device, area.status.inode)
        if (root, location) != (area.root, area.location) or not same:
            raise PathDeniedError(
                path=area.written,
                reason="is not what it was when the server started",
                hint="The server's operator must look at it, and start the server again.",
            )
        return self._directories[root] / location


def _check_touch(path: str, root: str, location: str, areas: Sequence[Area]) -> None:
    if not any(area.holds(root, location) for area in areas):
        raise PathDeniedError(
            path=path,
            reason="lies outside of what this command may read or write",
            hint=f"It may touch {', '.join(repr(area.written) for area in areas) or 'no files'}.",
        )


def _check_kind(path: str, status: FileStatus | None, must: str) -> None:
    if must == "anything":
        return
    if status is None:
        raise PathNotFoundError(path=path)
    if must == "file" and status.kind is not FileKind.FILE:
        raise NotRegularFileError(path=path, reason="is not a regular file")
    if must == "directory" and status.kind is not FileKind.DIRECTORY:
        raise NotDirectoryError(path=path, reason="is not a directory")


def outside(paths: Sequence[str]) -> Iterator[str]:
    """Those that are no plain relative paths."""
    for path in paths:
        if path.startswith(("/", "~")) or ".." in path.split("/") or not path:
            yield path

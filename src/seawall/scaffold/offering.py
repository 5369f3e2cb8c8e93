"""Whether a file or directory of a project can be offered to read, or be the code behind what is offered."""

from __future__ import annotations

import ast
import errno
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from seawall.errors import UsageError
from seawall.scaffold.tree import LinkError, Tree
from seawall.toolsets.starter import Start

__all__ = ["Surroundings"]

_RESERVED: Final = frozenset({"secrets", "tests"})
"""Directories that every project may have for something else."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around it.

    Attributes:
        made: the files that are Seawall's, by their paths in the project.
        folders: the directories that toolsets work on, which no image holds.
        tree: what is there; None for a project that is new.
    """

    made: Collection[str]
    folders: Collection[str] = ()
    tree: Tree | None = None

    def settled(self, start: Start) -> Start:
        """The start as it is here: what is there is taken as it is.

        Raises:
            UsageError: it cannot be offered; says why.
            OSError: it is a link, or no plain file.
        """
        if not start.place:
            return start
        place = PurePosixPath(start.place)
        self._refuse_taken(place)
        kind = None if self.tree is None else self.tree.kind(str(place))
        if kind is None:
            if not any(_within(path, place) for path in start.files):
                raise UsageError(f"{place} is not there.", hint="Make it, then `seawall add resource` it.")
            return start
        if kind not in {stat.S_IFREG, stat.S_IFDIR}:
            raise LinkError(errno.EINVAL, "is no file or directory", str(place))
        as_file = any(each.name == "file" for each in start.settings) or bool(start.function)
        if (kind == stat.S_IFREG) != as_file:
            hint = f"Write the [[resource]] by hand, with `{'directory' if as_file else 'file'}`."
            raise UsageError(f"{place} is {'no' if as_file else 'a'} file.", hint=hint)
        if start.function:
            self._refuse_without(place, start.function)
        note = f"{place} is there already and stays as it is."
        files = {path: text for path, text in start.files.items() if not _within(path, place)}
        return replace(start, files=files, notes=(*start.notes, note))

    def _refuse_taken(self, place: PurePosixPath) -> None:
        taken = next((each for each in self.made if _within(each, place)), None)
        if taken is not None or place.parts[0] in _RESERVED or place.parts[0].startswith("."):
            raise UsageError(
                f"{place} belongs to the project itself and is not offered.", hint="Choose another place."
            )
        for folder in map(PurePosixPath, self.folders):
            if _within(str(place), folder) or _within(str(folder), place):
                raise UsageError(
                    f"{place} is a directory that a toolset works on: a container mounts it, and its image has none of it.",
                    hint="Choose another place, or let the toolset serve it.",
                )

    def _refuse_without(self, place: PurePosixPath, function: str) -> None:
        text = (self.tree.read(str(place)) if self.tree else None) or b""
        try:
            found = set(_names(ast.parse(text)))
        except (SyntaxError, ValueError):
            return  # `check` says with its line what is wrong
        if not found & {function, "*"}:
            raise UsageError(
                f"{place} is there, and has no {function}.", hint=f"Write it: `def {function}() -> str: …`."
            )


def _names(module: ast.Module) -> Iterator[str]:
    """What a module defines at its top, as far as that can be read from it; `*` for more than that."""
    for each in module.body:
        match each:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield each.name
            case ast.Import() | ast.ImportFrom():
                yield from (alias.asname or alias.name for alias in each.names)
            case ast.Assign():
                yield from (target.id for target in each.targets if isinstance(target, ast.Name))
            case ast.If() | ast.Try() | ast.With():
                yield "*"


def _within(path: str, place: PurePosixPath) -> bool:
    """Whether the path is the place, or below it."""
    return PurePosixPath(path).is_relative_to(place)

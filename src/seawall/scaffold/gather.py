"""Reading the code that a blueprint names, to put it into a new project."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from seawall.errors import UsageError
from seawall.scaffold.tree import Tree

__all__ = ["gather"]

_MOST_FILES: Final = 200
_LEFT_OUT: Final = ("__pycache__",)


def gather(directory: Path, sources: tuple[str, ...]) -> dict[str, str]:
    """The text files at these paths, and below those that are directories; hidden ones and links left out.

    A path with `*` or `?` is a pattern of files right in the directory.

    Raises:
        UsageError: one of them is not there, too many, or no text.
    """
    found: dict[str, str] = {}
    try:
        tree = Tree(directory)
        try:
            for source in sources:
                for path in _files(tree, source):
                    found[path] = (tree.read(path) or b"").decode()
                    if len(found) > _MOST_FILES:
                        raise UsageError(
                            f"{source} holds more than {_MOST_FILES} files.", hint="Copy it yourself."
                        )
        finally:
            tree.close()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"what the blueprint names in {directory} cannot be copied: {error}.", hint="Copy it yourself."
        ) from error
    if missing := [source for source in sources if not any(_belongs(path, source) for path in found)]:
        raise UsageError(
            f"the blueprint names {', '.join(missing)}, which is not there.", hint=f"Put it into {directory}."
        )
    return found


def _belongs(path: str, source: str) -> bool:
    return path == source or path.startswith(f"{source}/") or ("/" not in path and fnmatchcase(path, source))


def _files(tree: Tree, path: str) -> Iterator[str]:
    if any(sign in path for sign in "*?"):
        names = (each for each in tree.names() if fnmatchcase(each, path) and not each.startswith("."))
        yield from (each for each in names if tree.kind(each) == stat.S_IFREG)
        return
    kind = tree.kind(path)
    if kind == stat.S_IFREG:
        yield path
    elif kind == stat.S_IFDIR:
        for name in tree.names(path):
            if not name.startswith(".") and name not in _LEFT_OUT:
                yield from _files(tree, f"{path}/{name}")

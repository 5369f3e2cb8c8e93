"""Where a new project is to be: whether it can be there, and the writing itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from seawall.errors import UsageError
from seawall.scaffold.manifest import digest
from seawall.scaffold.staging import Change, apply, create, recover
from seawall.scaffold.tree import LinkError, Tree

__all__ = ["look", "write"]


def look(directory: Path) -> bool:
    """Whether the directory is there already. Reads only.

    Raises:
        UsageError: no project can be made there.
    """
    shown = str(directory)
    try:
        mode = os.lstat(directory).st_mode
    except FileNotFoundError:
        if not directory.parent.is_dir():
            raise UsageError(
                f"{shown} cannot be made: there is no directory {directory.parent}.",
                hint="Make that one first, or choose another place.",
            ) from None
        _writable(directory.parent)
        return False
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise UsageError(f"{shown} cannot be used: {error}.", hint="Choose another place.") from None
    if stat.S_ISLNK(mode):
        raise UsageError(
            f"{shown} is a symbolic link, which is not followed.", hint="Name the directory that it leads to."
        )
    if not stat.S_ISDIR(mode):
        raise UsageError(f"{shown} is there already and is no directory.", hint="Choose another name.")
    _writable(directory)
    return True


def write(directory: Path, files: Mapping[str, str], *, force: bool) -> tuple[str, ...]:
    """Write a project: whole, or not at all. Gives the paths of files that were replaced.

    Args:
        directory: where; made when it is not there.
        files: text by path.
        force: replace regular files that are there.

    Raises:
        UsageError: something stands in the way; nothing was written.
    """
    exists = look(directory)
    try:
        if not exists:
            create(directory, files)
            return ()
        recover(directory)
        changes = _changes(directory, files, force=force)
        apply(directory, changes)
    except LinkError as error:
        raise UsageError(
            f"{error.filename} in {directory} {error.strerror}.",
            hint="Nothing was written. Links are not followed: move it away, or choose another directory.",
        ) from error
    except OSError as error:
        raise UsageError(
            f"the project cannot be written to {directory}: {error.strerror or error}.",
            hint="Nothing was written. Choose a place where you may write.",
        ) from error
    return tuple(path for path, change in changes.items() if change.replaces is not None)


def _writable(directory: Path) -> None:
    if not os.access(directory, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise UsageError(
            f"nothing can be written into {directory}: it is read-only for you.",
            hint="Choose a place where you may write.",
        )


def _changes(directory: Path, files: Mapping[str, str], *, force: bool) -> dict[str, Change]:
    tree = Tree(directory)
    try:
        found = {path: tree.read(path) for path in files}
    finally:
        tree.close()
    there = [path for path, content in found.items() if content is not None]
    if there and not force:
        raise UsageError(
            f"{directory} has already: {', '.join(there)}.",
            hint="Nothing was written. `--force` replaces these files; `seawall upgrade` updates a project.",
        )
    return {
        path: Change(text, None if (content := found[path]) is None else digest(content))
        for path, text in files.items()
    }

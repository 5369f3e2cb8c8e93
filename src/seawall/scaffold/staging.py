"""Writing many files as one change: all of them, or none.

What is new is written into a staging directory within the project first. Then a journal says what is about to happen,
each file is moved to its place in one step, with its predecessor kept aside, and with the journal's removal the change
is done. Whoever finds a journal whose writer is dead (its lock is free) takes the change back.
"""

from __future__ import annotations

import contextlib
import errno
import json
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from seawall.errors import UsageError
from seawall.scaffold.manifest import digest, is_project_path
from seawall.scaffold.tree import Tree

__all__ = ["Change", "apply", "create", "recover"]

_PREFIX: Final = ".seawall-new-"
_STAGING: Final = re.compile(rf"{re.escape(_PREFIX)}[0-9a-f]{{16}}")
_JOURNAL: Final = "journal.json"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MOST_TRIES: Final = 100


@dataclass(frozen=True, slots=True)
class Change:
    """One file to write.

    Attributes:
        text: its new content.
        replaces: digest of the content that it replaces; None when nothing may be there.
    """

    text: str
    replaces: str | None = None


def apply(project: Path, changes: Mapping[str, Change]) -> None:
    """Make all of the changes in a directory that exists, or none of them.

    Raises:
        UsageError: something is not as the changes expect it; nothing was changed.
        OSError: the disk failed; what was changed is as before.
    """
    tree = Tree(project)
    try:
        _recover(tree)
        for path, change in changes.items():
            _expect(tree, path, change)
        with _staging(tree) as staging:
            try:
                _place(tree, staging, changes)
            except BaseException:
                _take_back(tree, staging)
                raise
            tree.remove_tree(staging)
    finally:
        tree.close()


def create(project: Path, files: Mapping[str, str]) -> None:
    """Make a new directory with these files; until all of them are on the disk, it has another name.

    Raises:
        UsageError: something has the name by now.
        OSError: the disk failed; nothing is left.
    """
    tree = Tree(project.parent)
    try:
        _recover(tree)
        with _staging(tree) as staging:
            try:
                for path, text in files.items():
                    tree.create(f"{staging}/{path}", text.encode())
                _expect_nothing(tree, project.name)
                tree.rename(staging, project.name)
            except BaseException:
                tree.remove_tree(staging)
                raise
        tree.settle(project.name)
    finally:
        tree.close()


def recover(project: Path) -> None:
    """Take back what a killed run left unfinished in the directory."""
    tree = Tree(project)
    try:
        _recover(tree)
    finally:
        tree.close()


@contextlib.contextmanager
def _staging(tree: Tree) -> Iterator[str]:
    """A new staging directory that nobody takes for a dead run's while the `with` lasts.

    Between its making and its lock another run may find it, and clear it away: then a next one is made.

    Raises:
        OSError: it cannot be made.
    """
    for _ in range(_MOST_TRIES):
        staging = f"{_PREFIX}{secrets.token_hex(8)}"
        tree.make_directory(staging)
        with tree.locked(staging) as ours:
            if ours:
                yield staging
                return
    raise OSError(errno.EBUSY, "other runs keep clearing it away")


def _expect(tree: Tree, path: str, change: Change) -> None:
    if _digest(tree, path) != change.replaces:
        raise UsageError(
            f"{path} {'is there already' if change.replaces is None else 'has changed meanwhile'}.",
            hint="Nothing was written. Try again.",
        )


def _expect_nothing(tree: Tree, name: str) -> None:
    if tree.kind(name) is not None:
        raise UsageError(f"{name} is there by now.", hint="Nothing was written. Try again.")


def _place(tree: Tree, staging: str, changes: Mapping[str, Change]) -> None:
    for path, change in changes.items():
        tree.create(f"{staging}/new/{path}", change.text.encode())
    journal = {
        "files": {path: [digest(change.text), change.replaces] for path, change in changes.items()},
        "directories": [each for each in _directories(changes) if tree.kind(each) is None],
    }
    tree.create(f"{staging}/{_JOURNAL}", json.dumps(journal).encode())
    tree.settle(f"{staging}/{_JOURNAL}")
    for path, change in changes.items():
        _expect(tree, path, change)
        if change.replaces is not None:
            tree.link(path, f"{staging}/old/{path}")
            tree.copy_mode(path, f"{staging}/new/{path}")
        tree.rename(f"{staging}/new/{path}", path)
        tree.settle(path)
    tree.unlink(f"{staging}/{_JOURNAL}")
    tree.settle(f"{staging}/{_JOURNAL}")


def _take_back(tree: Tree, staging: str) -> None:
    """Everything as it was before, by what the staging directory still holds; can be interrupted and repeated."""
    files, directories = _journal(tree.read(f"{staging}/{_JOURNAL}") or b"")
    for path, (new, old) in files.items():
        if _digest(tree, path) != new or tree.kind(f"{staging}/new/{path}") is not None:
            continue  # never placed, taken back already, or edited since: then it is not ours any more
        if old is None:
            tree.unlink(path)
        elif tree.kind(f"{staging}/old/{path}") is not None:
            tree.rename(f"{staging}/old/{path}", path)
    for path in reversed(directories):
        tree.remove_directory(path)
    tree.remove_tree(staging)


def _journal(content: bytes) -> tuple[dict[str, tuple[str, str | None]], list[str]]:
    """Digests of the files that were to be placed, and the directories that were made for them.

    Both are empty when it was killed while it was written, so that nothing had been moved, and when no run of ours
    can have written it: a project may come from somebody else, with such a file in it.
    """
    try:
        data = json.loads(content)
        files = {
            _placed(path): (_sum(new), None if old is None else _sum(old))
            for path, (new, old) in data["files"].items()
        }
        return files, [_placed(path) for path in data["directories"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, []


def _placed(path: object) -> str:
    if not isinstance(path, str) or not is_project_path(path) or ".git" in PurePosixPath(path.lower()).parts:
        raise ValueError(path)
    return path


def _sum(value: object) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise ValueError(value)
    return value


def _digest(tree: Tree, path: str) -> str | None:
    content = tree.read(path)
    return None if content is None else digest(content)


def _directories(paths: Iterable[str]) -> list[str]:
    """Every directory on the way to the paths, the outer ones first."""
    found = (str(each) for path in paths for each in reversed(PurePosixPath(path).parents[:-1]))
    return list(dict.fromkeys(found))


def _recover(tree: Tree) -> None:
    for name in tree.names():
        if not _STAGING.fullmatch(name) or tree.kind(name) != stat.S_IFDIR or not tree.owned(name):
            continue  # one of another user, in a directory that many share, is theirs to take back
        with tree.locked(name) as free:
            if free:
                _take_back(tree, name)

"""What an upgrade does to each managed file, decided from four texts: as made then, as it is, as made now, as offered.

A file that nobody touched is written anew. One that somebody edited stays as it is; when Seawall would make it
differently now, that text lies beside it (`NAME.seawall-new`) until somebody has looked at it: removing the side file
says so. Nothing is ever merged into a text that a person wrote.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from seawall.scaffold.manifest import MANIFEST_NAME, ManagedFile, Manifest, digest, dump
from seawall.scaffold.staging import Change

__all__ = ["SIDE_SUFFIX", "Fate", "FileUpgrade", "Upgrade", "plan_upgrade"]

SIDE_SUFFIX: Final = ".seawall-new"
"""Ends the name of what waits beside an edited file."""

Read = Callable[[str], bytes | None]
"""Gives the content of a file of the project; None when there is none."""


class Fate(StrEnum):
    """What becomes of one managed file."""

    CURRENT = "current"
    """It is as Seawall makes it now."""
    UPDATED = "updated"
    """Nobody touched it: it is written anew."""
    ADDED = "added"
    """It is new, and nothing was there."""
    KEPT = "kept"
    """Somebody edited it, and Seawall has nothing new to say about it."""
    WAITING = "waiting"
    """Somebody edited it, and the new text lies beside it."""
    REMOVED = "removed"
    """Somebody removed it; it stays away."""
    RETIRED = "retired"
    """Seawall makes it no longer; it is the user's own now."""


@dataclass(frozen=True, slots=True)
class FileUpgrade:
    """One file's fate; `diff` leads from its text to the one that waits."""

    path: str
    fate: Fate
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What is to be done.

    Attributes:
        files: the fate of each managed file.
        changes: to files, the manifest's included.
        notes: what became of the blueprint's own settings, one sentence each.
    """

    files: tuple[FileUpgrade, ...]
    changes: Mapping[str, Change] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def waiting(self) -> tuple[FileUpgrade, ...]:
        """What a person must look at."""
        return tuple(each for each in self.files if each.fate is Fate.WAITING)

    @property
    def stale(self) -> tuple[FileUpgrade, ...]:
        """What is not as Seawall would make it now, edits aside."""
        return tuple(each for each in self.files if each.fate in {Fate.WAITING, Fate.UPDATED, Fate.ADDED})


def plan_upgrade(
    manifest: Manifest,
    wanted: Mapping[str, str],
    read: Read,
    *,
    new: Manifest,
    owned: Collection[str] = (),
) -> Upgrade:
    """Decide about every managed file. Writes nothing.

    Args:
        manifest: what the project was made with.
        wanted: the managed files as they are made now.
        read: the project's files.
        new: versions and extras as they will be; its files are decided here.
        owned: what Seawall wrote once and never makes anew; what is known of it stays known.
    """
    decided = [_decide(path, text, manifest.files.get(path), read) for path, text in wanted.items()]
    files = [each for each, _, _ in decided]
    known = {each.path: entry for each, entry, _ in decided}
    changes = {path: change for _, _, made in decided for path, change in made.items()}
    for path, entry in manifest.files.items():
        if path in owned:
            known.setdefault(path, entry)
        elif path not in wanted:
            files.append(FileUpgrade(path, Fate.RETIRED))
    text = dump(replace(new, files=known))
    before = read(MANIFEST_NAME)
    if before is None or before.decode("utf-8", "replace") != text:
        changes[MANIFEST_NAME] = Change(text, None if before is None else digest(before))
    return Upgrade(tuple(files), changes)


def _decide(
    path: str, text: str, base: ManagedFile | None, read: Read
) -> tuple[FileUpgrade, ManagedFile, dict[str, Change]]:
    found, made = read(path), digest(text)
    current = None if found is None else digest(found)
    settled = ManagedFile(made)
    if current == made:
        return FileUpgrade(path, Fate.CURRENT), settled, {}
    if found is None and base is None:
        return FileUpgrade(path, Fate.ADDED), settled, {path: Change(text)}
    if found is None or current is None:
        return FileUpgrade(path, Fate.REMOVED), base or settled, {}
    if base is not None and current == base.sha256:
        return FileUpgrade(path, Fate.UPDATED), settled, {path: Change(text, current)}
    if base is not None and made == base.sha256:
        return FileUpgrade(path, Fate.KEPT), settled, {}
    return _offer(path, text, base or ManagedFile(""), read, found)


def _offer(
    path: str, text: str, base: ManagedFile, read: Read, found: bytes
) -> tuple[FileUpgrade, ManagedFile, dict[str, Change]]:
    """The new text beside an edited file, unless it was looked at already."""
    made, side = digest(text), path + SIDE_SUFFIX
    lying = read(side)
    if lying is None and base.offered == made:
        return FileUpgrade(path, Fate.KEPT), ManagedFile(made), {}
    upgrade = FileUpgrade(path, Fate.WAITING, _diff(path, found.decode("utf-8", "replace"), text))
    if lying is None:
        return upgrade, replace(base, offered=made), {side: Change(text)}
    if digest(lying) == base.offered and base.offered != made:
        return upgrade, replace(base, offered=made), {side: Change(text, base.offered)}
    return upgrade, base, {}  # somebody is at work in the side file


def _diff(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), path, path + SIDE_SUFFIX
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

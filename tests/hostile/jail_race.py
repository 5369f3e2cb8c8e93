"""The stage of the symlink-swap race, shared by the suite and the benchmark.

An attacker swaps, beneath the root, a directory with a link to one outside, and a file with a link to one outside.
Victims read and write through the two while that goes on. What a read returns tells where it came from; what a write
changed outside shows in the outside directory's own time of change.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from seawall.errors import PathError
from seawall.security.jail import Jail, JailPolicy, WriteMode
from seawall.security.jail._locate import Backend

INSIDE, OUTSIDE = b"inside", b"outside"
THROUGH_DIRECTORY, THROUGH_FILE = "swapped/file", "plain/swapped"

Read: TypeAlias = Callable[[str], bytes]
Write: TypeAlias = Callable[[str, bytes], None]


@dataclass
class Score:
    """What came of the attempts. An escape is a read of something outside, or a change of something outside."""

    inside: int = 0
    refused: int = 0
    escapes: int = 0

    @property
    def attempts(self) -> int:
        return self.inside + self.refused + self.escapes


@dataclass
class Stage:
    """A workspace under attack, and what lies outside of it."""

    base: Path
    workspace: Path = field(init=False)
    outside: Path = field(init=False)

    def __post_init__(self) -> None:
        self.workspace, self.outside = self.base / "ws", self.base / "outside"
        for directory in (self.workspace / "swapped", self.workspace / "plain", self.outside):
            directory.mkdir(parents=True)
        (self.workspace / "swapped" / "file").write_bytes(INSIDE)
        (self.workspace / "plain" / "swapped").write_bytes(INSIDE)
        (self.outside / "file").write_bytes(OUTSIDE)
        (self.workspace / "link_to_directory").symlink_to(self.outside)
        (self.workspace / "link_to_file").symlink_to(self.outside / "file")

    @property
    def pairs(self) -> tuple[str, ...]:
        """What the attacker swaps."""
        names = ("swapped", "link_to_directory", "plain/swapped", "link_to_file")
        return tuple(str(self.workspace / name) for name in names)

    def outside_version(self) -> tuple[int, ...]:
        """Changes with any new, removed, renamed or rewritten name outside."""
        directory, file = self.outside.stat(), (self.outside / "file").stat()
        return directory.st_mtime_ns, file.st_mtime_ns, file.st_size, file.st_ino

    def rearm(self) -> None:
        """A write may rightly have replaced the link to the file; make it one link and one file again.

        The two are looked at one after the other while they are swapped, so a look can be wrong; the next one, after
        the next write, puts that right.
        """
        links = [(self.workspace / name).is_symlink() for name in ("plain/swapped", "link_to_file")]
        if links[0] == links[1]:
            fresh = self.base / "fresh"
            if links[0]:
                fresh.write_bytes(INSIDE)
            else:
                fresh.symlink_to(self.outside / "file")
            fresh.rename(self.workspace / "link_to_file")

    def jail(self, backend: Backend) -> Jail:
        return Jail.open(self.workspace, JailPolicy(writable=True), backend=backend)

    def naive_read(self, path: str) -> bytes:
        """The control: resolve, check, then open what was checked, by its name."""
        return Path(self._resolved(path)).read_bytes()

    def naive_write(self, path: str, data: bytes) -> None:
        """The control for writing."""
        Path(self._resolved(path)).write_bytes(data)

    def _resolved(self, path: str) -> str:
        root = str(self.workspace)
        resolved = os.path.realpath(os.path.join(root, path))  # noqa: PTH118, TID251  the flaw on show
        if os.path.commonpath([resolved, root]) != root:
            raise PermissionError(path)
        return resolved


@contextmanager
def attack(*stages: Stage, names: Sequence[str] = ()) -> Iterator[None]:
    """The attacker's process, for as long as the block lasts. `names` are more pairs to swap."""
    pairs = [*names, *(name for stage in stages for name in stage.pairs)]
    script = Path(__file__).with_name("jail_attacker.py")
    process = subprocess.Popen([sys.executable, "-I", str(script), *pairs], stdout=subprocess.PIPE)
    try:
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError("the attacker did not start")
        yield
        if process.poll() is not None:
            raise RuntimeError("the attacker died")
    finally:
        process.kill()
        process.communicate()


def jail_read(jail: Jail) -> Read:
    def read(path: str) -> bytes:
        with jail.open_file(path) as file:
            return os.read(file.fd, 100)

    return read


def jail_write(jail: Jail) -> Write:
    def write(path: str, data: bytes) -> None:
        jail.write_file(path, data, mode=WriteMode.REPLACE)

    return write


def race_read(read: Read, path: str, score: Score) -> None:
    """One read, scored by what it returned."""
    try:
        content = read(path)
    except (OSError, PathError):
        score.refused += 1
        return
    if content == OUTSIDE:
        score.escapes += 1
    else:
        score.inside += 1


def race_write(stage: Stage, write: Write, path: str, score: Score) -> None:
    """One write of what is there anyway, scored by what changed outside."""
    before = stage.outside_version()
    refused = False
    try:
        write(path, INSIDE)
    except (OSError, PathError):
        refused = True
    if stage.outside_version() != before:
        score.escapes += 1
        (stage.outside / "file").write_bytes(OUTSIDE)
    elif refused:
        score.refused += 1
    else:
        score.inside += 1
    if path == THROUGH_FILE:
        stage.rearm()

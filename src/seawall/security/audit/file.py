"""The file of records: opened so that nobody else can lead it elsewhere, and left whole whatever happens while writing."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seawall.errors import StartError
from seawall.security.audit.records import FIRST, LONGEST, BadRecordError, Record, read_line

__all__ = [
    "CHECKPOINTS",
    "ChainFile",
    "Tail",
    "examine",
    "last_checkpoint",
    "open_chain",
    "place_of",
    "tail_of",
]

CHECKPOINTS: Final = "audit.checkpoints"
"""The setting of the file of checkpoints."""

_FLAGS: Final = os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a chain ends.

    Attributes:
        number: of its last record; 0 when there is none.
        hash: of it.
        ended: whether a server that was stopped in order wrote it; also when there is none.
        torn: bytes after it that are no whole line: what a process that was killed leaves.
        size: bytes up to there.
    """

    number: int = 0
    hash: str = FIRST
    ended: bool = True
    torn: int = 0
    size: int = 0


@dataclass(slots=True)
class ChainFile:
    """An open file, to which whole lines are added or nothing.

    Attributes:
        path: of it.
        descriptor: of it.
        size: bytes of the whole lines in it.
        torn: whether something was written after them that could not be taken back.
    """

    path: Path
    descriptor: int
    size: int
    torn: bool = False

    def add(self, lines: bytes) -> None:
        """Add whole lines. When they cannot be written to their end, what was written of them is taken back.

        Raises:
            OSError: the disk is full, or the like; or somebody else wrote to the file or cut it.
        """
        if self.torn:
            os.ftruncate(self.descriptor, self.size)
            self.torn = False
        if os.fstat(self.descriptor).st_size != self.size:
            raise OSError(f"{self.path} was changed by somebody else")
        written = 0
        try:
            while written < len(lines):
                written += os.write(self.descriptor, lines[written:])
        except OSError:
            self.torn = True
            with contextlib.suppress(OSError):
                os.ftruncate(self.descriptor, self.size)
                self.torn = False
            raise
        self.size += len(lines)

    def sync(self) -> None:
        """Have it on the disk.

        Raises:
            OSError: that failed.
        """
        os.fdatasync(self.descriptor)

    @property
    def moved(self) -> bool:
        """Whether the path names another file by now, or none: it was rotated."""
        try:
            there = self.path.lstat()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        mine = os.fstat(self.descriptor)
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino)

    def close(self) -> None:
        """Let it go, for another process to write."""
        os.close(self.descriptor)


def open_chain(path: Path, setting: str) -> ChainFile:
    """Open or make a file that this process alone adds to.

    Raises:
        StartError: it is a link or no regular file, others may write it, another process does, or it cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
    except OSError as error:
        raise _unusable(setting, path, _reason(error), _way_out(error)) from None
    try:
        _judge(descriptor, path, setting)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _unusable(
                setting,
                path,
                "another process writes it",
                "Give each server a file of its own, such as audit-${HOSTNAME}.jsonl.",
            ) from None
        return ChainFile(path, descriptor, os.fstat(descriptor).st_size)
    except BaseException:
        os.close(descriptor)
        raise


def examine(path: Path, setting: str) -> Tail:
    """Where the chain at `path` ends, without making or changing anything.

    Raises:
        StartError: it could not be opened for a server, or its last record is not whole.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | _FLAGS)
    except FileNotFoundError:
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise _unusable(setting, path, "this user may make no file there", _MOUNT) from None
        return Tail()
    except OSError as error:
        raise _unusable(setting, path, _reason(error), _way_out(error)) from None
    try:
        _judge(descriptor, path, setting)
        return tail_of(descriptor, path, setting)
    finally:
        os.close(descriptor)


def tail_of(descriptor: int, path: Path, setting: str) -> Tail:
    """Where the chain in an open file ends. What stands in its last 128 KiB must be whole.

    Raises:
        StartError: it is not: nothing can be added to such a chain.
    """
    size = os.fstat(descriptor).st_size
    read = os.pread(descriptor, 2 * LONGEST, max(0, size - 2 * LONGEST))
    whole = read.rfind(b"\n") + 1
    torn = len(read) - whole
    lines = read[:whole].split(b"\n")[:-1]
    if size > len(read):
        del lines[:1]  # what was read begins in the middle of it
    if not lines:
        if size > len(read):
            raise _unusable(setting, path, "its end is no record", _MOVE)
        return Tail(torn=torn)
    records = _linked(lines, path, setting)
    ended = [each.event for each in records[-2:]] == ["end", "checkpoint"]
    return Tail(records[-1].number, records[-1].hash, ended, torn, size - torn)


def _linked(lines: list[bytes], path: Path, setting: str) -> list[Record]:
    """The records of lines, each of which has the hash of the one before.

    Raises:
        StartError: one is none, was changed, or is not the next.
    """
    records: list[Record] = []
    for left, line in zip(range(len(lines) - 1, -1, -1), lines, strict=True):
        where = "its last line" if not left else f"the line before its last {left}"
        try:
            record = read_line(line)
        except BadRecordError as error:
            raise _unusable(setting, path, f"{where} {error}", _MOVE) from None
        if records and (record.number, record.before) != (records[-1].number + 1, records[-1].hash):
            raise _unusable(setting, path, f"{where} does not follow the record before it", _MOVE)
        records.append(record)
    return records


def place_of(path: Path) -> str:
    """The file's one name, however it was written: without links and `..` on the way to its directory."""
    return str(path.parent.resolve() / path.name)


def last_checkpoint(path: Path, file: str) -> Record | None:
    """The last checkpoint of a chain in a file of checkpoints; None when there is none.

    Args:
        path: of the checkpoints.
        file: of the chain, as `place_of` names it.

    Raises:
        StartError: it could not be opened for a server.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _FLAGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(CHECKPOINTS, path, _reason(error)) from None
    found: Record | None = None
    with os.fdopen(descriptor, "rb") as lines:
        _judge(descriptor, path, CHECKPOINTS)
        while line := lines.readline(2 * LONGEST):
            with contextlib.suppress(BadRecordError):
                record = read_line(line.rstrip(b"\n"))
                if record.data.get("file") == file:
                    found = record
    return found


_MOUNT: Final = (
    "Name a file in a directory that this user can write and that lasts: in a container, on a mounted volume."
)
_MOVE: Final = "Keep it as it is for who looks into it, and move it away: a new one is begun."


def _judge(descriptor: int, path: Path, setting: str) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise _unusable(setting, path, "it is not a regular file")
    if status.st_nlink > 1:
        raise _unusable(setting, path, "it has another name (a hard link)")
    if status.st_uid != os.geteuid():
        raise _unusable(setting, path, "it belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _unusable(setting, path, "others may write it", "Take the right away: chmod go-w.")


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a link"
    return error.strerror or "the operating system refuses it"


def _way_out(error: OSError) -> str | None:
    return _MOUNT if error.errno == errno.EROFS else None


def _unusable(setting: str, path: Path, reason: str, hint: str | None = None) -> StartError:
    return StartError(
        f"{setting}: {str(path)!r} cannot be used: {reason}.",
        hint=hint or "Name a file of this user's own, in a directory that exists.",
    )

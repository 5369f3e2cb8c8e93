"""What the jail tells about files: plain values, without any path."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Entry", "FileKind", "FileStatus"]


class FileKind(StrEnum):
    """What stands under a name (POSIX file types; block and character devices are one)."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    DEVICE = "device"

    @classmethod
    def of_mode(cls, mode: int) -> FileKind:
        """The kind that the type bits of `st_mode` name."""
        return _KINDS.get(stat.S_IFMT(mode), cls.DEVICE)


_KINDS = {
    stat.S_IFREG: FileKind.FILE,
    stat.S_IFDIR: FileKind.DIRECTORY,
    stat.S_IFLNK: FileKind.SYMLINK,
    stat.S_IFIFO: FileKind.FIFO,
    stat.S_IFSOCK: FileKind.SOCKET,
}


@dataclass(frozen=True, slots=True)
class FileStatus:
    """The facts about one file at one moment.

    Attributes:
        kind: what it is.
        size: bytes; for a directory whatever the file system says.
        modified_ns: time of the last change of the content, nanoseconds since the epoch.
        mode: permission bits, without the type.
        links: how many names (hard links) it has.
        device: number of the file system that holds it.
        inode: its number within that file system.
    """

    kind: FileKind
    size: int
    modified_ns: int
    mode: int
    links: int
    device: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileStatus:
        """The same facts from what the operating system answered."""
        return cls(
            kind=FileKind.of_mode(status.st_mode),
            size=status.st_size,
            modified_ns=status.st_mtime_ns,
            mode=stat.S_IMODE(status.st_mode),
            links=status.st_nlink,
            device=status.st_dev,
            inode=status.st_ino,
        )

    def same_version(self, other: FileStatus) -> bool:
        """Whether both describe the same file with the same content, as far as a status can tell.

        Compares device, inode, size and time of change. An atomic write gives a new inode, so it is always
        seen; a change in place within one tick of the file system's clock that keeps the size is not.
        """
        return (self.device, self.inode, self.size, self.modified_ns) == (
            other.device,
            other.inode,
            other.size,
            other.modified_ns,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    r"""One entry of a directory.

    Attributes:
        name: its name; always valid Unicode.
        kind: what it is; a symbolic link is SYMLINK, whatever it leads to.
        status: its facts (a link's own), or None when they were not asked for.
        reachable: False when the name on disk is not UTF-8. `name` then shows each undecodable byte as
            `\xNN`, and no operation can reach the entry, because no caller's text can spell its name.
    """

    name: str
    kind: FileKind
    status: FileStatus | None = None
    reachable: bool = True

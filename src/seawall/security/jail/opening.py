"""Opening for reading: a descriptor of a regular file, or a refusal; never a wait."""

from __future__ import annotations

import errno
import os
import stat
from types import TracebackType
from typing import Self

from seawall.errors import HardLinkError, PathNotFoundError
from seawall.security.jail.place import Place
from seawall.security.jail.policy import JailPolicy
from seawall.security.jail.refusals import not_a_directory, not_regular, read_refusal
from seawall.security.jail.status import FileKind, FileStatus

__all__ = ["OpenDirectory", "OpenFile", "open_regular"]

# O_NONBLOCK: opening a FIFO without a writer returns at once. O_NOCTTY: a terminal does not become ours.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_PART = 1 << 20  # bytes read at once


class OpenFile:
    """A regular file that is open for reading; a context manager that closes it.

    Attributes:
        fd: its descriptor (O_RDONLY). It stays this file whatever happens to the name.
        status: its facts when it was opened. `size` may grow: bound every read.
        path: where it really lies, links resolved, relative to the root.
    """

    __slots__ = ("_asked", "fd", "path", "status")

    def __init__(self, fd: int, status: FileStatus, path: str, *, asked: str) -> None:
        """Take over the descriptor. `asked` is the path as the caller wrote it, for messages."""
        self.fd = fd
        self.status = status
        self.path = path
        self._asked = asked

    def read_at(self, start: int, size: int) -> bytes:
        """The `size` bytes from `start` on; fewer only where the file ends. The descriptor's position stays.

        Raises:
            PathError: the storage failed, or the server may not read.
        """
        parts: list[bytes] = []
        try:
            while size > 0 and (part := os.pread(self.fd, min(_PART, size), start)):
                parts.append(part)
                start += len(part)
                size -= len(part)
        except OSError as error:
            raise read_refusal(error, self._asked) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def changed(self) -> bool:
        """Whether the file is another version now than when it was opened.

        Raises:
            PathError: the storage failed.
        """
        try:
            return not FileStatus.of(os.fstat(self.fd)).same_version(self.status)
        except OSError as error:
            raise read_refusal(error, self._asked) from error

    def read(self, limit: int) -> bytes:
        """The content from its start, at most `limit` bytes of it. Raises as `read_at`."""
        return self.read_at(0, limit)

    def close(self) -> None:
        """Close the descriptor; a second time does nothing."""
        if self.fd >= 0:
            descriptor, self.fd = self.fd, -1
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class OpenDirectory:
    """A directory that is held open; a context manager that closes it.

    Attributes:
        fd: its descriptor (O_RDONLY). It stays this directory whatever happens to the name.
        path: where it really lies, links resolved, relative to the root; empty for the root.
    """

    __slots__ = ("fd", "path")

    def __init__(self, fd: int, path: str) -> None:
        """Take over the descriptor."""
        self.fd = fd
        self.path = path

    def close(self) -> None:
        """Close the descriptor; a second time does nothing."""
        if self.fd >= 0:
            descriptor, self.fd = self.fd, -1
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_regular(place: Place, policy: JailPolicy) -> OpenFile | None:
    """The regular file at `place`; None when a link has taken its place meanwhile.

    What `place` saw is asked first, so that no device is started and no FIFO's writer woken by an attempt; what
    counts is the descriptor itself.

    Raises:
        PathError: it is not there, not regular, or hard-linked against the policy.
        OSError: whatever the operating system answers.
    """
    if place.status is None:
        raise PathNotFoundError(path=place.path.text)
    _check(place, place.status, policy)
    try:
        descriptor = place.open(_READ)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.EMLINK}:
            return None
        raise
    try:
        status = os.fstat(descriptor)
        _check(place, status, policy)
        place.check_mount(descriptor, policy)
    except BaseException:
        os.close(descriptor)
        raise
    return OpenFile(descriptor, FileStatus.of(status), place.location, asked=place.path.text)


def _check(place: Place, status: os.stat_result, policy: JailPolicy) -> None:
    path = place.path
    if not stat.S_ISREG(status.st_mode):
        raise not_regular(path.text, FileKind.of_mode(status.st_mode))
    if path.directory:
        raise not_a_directory(path.text)
    if status.st_nlink > 1 and not policy.read_hard_links:
        raise HardLinkError(
            path=path.text,
            reason="has other names (hard links), and this server does not read such files",
            hint='Ask the server\'s operator to set `hard_links` to "read".',
        )

"""Replacing a file's content in one step that is whole and durable, or has not happened.

A temporary file in the same directory is filled, flushed and renamed over the name, then the directory is flushed
(the order that rename(2) and fsync(2) demand). A writer that is killed leaves at most that one temporary file, whose
name no caller can reach and whose lock tells the next start that nobody writes it any more.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from enum import StrEnum
from types import TracebackType
from typing import Self

from seawall.errors import (
    ConflictError,
    HardLinkError,
    PathExistsError,
    PathPermissionError,
)
from seawall.security.jail._rename import rename_without_replacing
from seawall.security.jail.paths import temporary_name
from seawall.security.jail.place import Place
from seawall.security.jail.refusals import not_regular, still_changing
from seawall.security.jail.status import FileKind, FileStatus

if sys.platform != "win32":
    import fcntl

__all__ = ["WriteMode", "flush_directory", "write"]

_TRIES = 8
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # some network file systems
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_PERMISSIONS = 0o777  # set-user-id and its like are dropped, as the kernel does when a file is written
_KEPT = {"system.posix_acl_access", "security.selinux"}


class WriteMode(StrEnum):
    """What a write may do to the name.

    CREATE makes a new file and never replaces anything, not even a dangling link. REPLACE puts the content in
    place of the file's old one, or makes the file if there is none.
    """

    CREATE = "create"
    REPLACE = "replace"


def write(place: Place, data: bytes, *, mode: WriteMode, expected: FileStatus | None) -> FileStatus:
    """Make `data` the content of the file at `place`; the status of the new file.

    Permission bits, owner and extended attributes (access control lists too) are kept as far as the server's user
    may set them. The target is checked again right before the rename.

    Raises:
        PathExistsError, NotRegularFileError, HardLinkError, ConflictError, PathPermissionError: the target does not
            allow it.
        OSError: whatever the operating system answers.
    """
    old = _check_target(place, mode=mode, expected=expected)
    # A new file gets what the umask and the directory say; a changed one is nobody's business until it has its mode.
    with _Temporary(place, permissions=0o666 if old is None else 0o600) as temporary:
        temporary.fill(data)
        if old is not None:
            _keep_attributes(place, old, temporary.fd)
        _flush(temporary.fd)
        _check_target(place, mode=mode, expected=expected)
        temporary.publish(replace=mode is WriteMode.REPLACE)
        written = FileStatus.of(os.fstat(temporary.fd))
    flush_directory(place.fd)
    return written


def _check_target(place: Place, *, mode: WriteMode, expected: FileStatus | None) -> os.stat_result | None:
    path = place.path.text
    found = place.look()
    if found is None:
        if expected is not None:
            raise ConflictError(path=path, reason="was removed meanwhile", hint="Look at it again first.")
        return None
    if mode is WriteMode.CREATE:
        raise PathExistsError(
            path=path, reason="exists already", hint="Ask for overwriting if that is what you want."
        )
    kind = FileKind.of_mode(found.st_mode)
    if kind is not FileKind.FILE:
        raise not_regular(path, kind)
    if found.st_nlink > 1:
        raise HardLinkError(
            path=path,
            reason="has other names (hard links), which may lie outside of the workspace, so it is not written",
            hint="Write to a new name instead.",
        )
    if expected is not None and not FileStatus.of(found).same_version(expected):
        raise ConflictError(
            path=path, reason="was changed by somebody else meanwhile", hint="Read it again first."
        )
    if not os.access(place.name, os.W_OK, dir_fd=place.fd, effective_ids=_EFFECTIVE):
        raise PathPermissionError(path=path, reason="is write-protected for the server's user")
    return found


_EFFECTIVE = os.access in os.supports_effective_ids


class _Temporary:
    """The temporary file of one write: locked while it lives, and gone when the write fails."""

    def __init__(self, place: Place, *, permissions: int) -> None:
        self.place = place
        self.permissions = permissions
        self.fd = -1
        self.name = ""

    def __enter__(self) -> Self:
        for _ in range(_TRIES):
            self.name = temporary_name()
            self.fd = os.open(self.name, _CREATE, self.permissions, dir_fd=self.place.fd)
            try:
                locked = self._lock()
            except BaseException:
                self.discard()
                raise
            if locked:
                return self
            self.discard()  # a sweep took it for a leftover before it was locked
        raise still_changing(self.place.path.text)

    def _lock(self) -> bool:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return True  # then no sweep can get the lock either, and it leaves the file alone
            raise
        return os.fstat(self.fd).st_nlink > 0

    def fill(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.fd, rest) :]

    def publish(self, *, replace: bool) -> None:
        place = self.place
        if replace:
            os.rename(self.name, place.name, src_dir_fd=place.fd, dst_dir_fd=place.fd)
        else:
            rename_without_replacing(self.name, place.fd, place.name, place.fd)
        self.name = ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def discard(self) -> None:
        """Close the file, and remove it unless it has got its final name."""
        try:
            if self.name:
                os.unlink(self.name, dir_fd=self.place.fd)
        except FileNotFoundError:
            pass
        finally:
            os.close(self.fd)


def _keep_attributes(place: Place, old: os.stat_result, descriptor: int) -> None:
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        for owner, group in ((old.st_uid, old.st_gid), (-1, old.st_gid)):
            try:
                os.fchown(descriptor, owner, group)
            except PermissionError:
                continue
            break
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode) & _PERMISSIONS)
    if hasattr(os, "listxattr"):
        _keep_extended(place, old, descriptor)


def _keep_extended(place: Place, old: os.stat_result, descriptor: int) -> None:
    """Notes, labels and access control lists, as far as the user may read and set them.

    Not what vouches for the old content (file capabilities, integrity signatures).
    """
    try:
        source = place.open(os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        if os.fstat(source).st_ino != old.st_ino:
            return
        for name in os.listxattr(source):
            if name not in _KEPT and not name.startswith("user."):
                continue
            try:
                os.setxattr(descriptor, name, os.getxattr(source, name))
            except OSError:
                continue
    except OSError:
        return
    finally:
        os.close(source)


def _flush(descriptor: int) -> None:
    """Bring the content to the storage itself; macOS only does so when asked in its own way (man fsync there)."""
    if sys.platform == "darwin":
        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError:
            os.fsync(descriptor)  # a network volume without that call
    else:
        os.fsync(descriptor)


def flush_directory(descriptor: int) -> None:
    """Make the names in a directory durable. Without permission to read it that cannot be asked for."""
    try:
        readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=descriptor)
    except PermissionError:
        return
    try:
        os.fsync(readable)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EBADF}:  # file systems without such a call
            raise
    finally:
        os.close(readable)

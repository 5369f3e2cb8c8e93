"""From what the operating system says to what a caller may be told: its own spelling, never the host's path."""

from __future__ import annotations

import errno
import os

from seawall.errors import (
    DirectoryNotEmptyError,
    NotDirectoryError,
    NotRegularFileError,
    OperationError,
    OverloadedError,
    PathDeniedError,
    PathEscapeError,
    PathExistsError,
    PathInvalidError,
    PathNotFoundError,
    PathPermissionError,
    StorageError,
)
from seawall.security.jail.status import FileKind

__all__ = [
    "denied_by_rules",
    "is_directory",
    "not_a_directory",
    "not_regular",
    "other_mount",
    "refusal",
    "root_refused",
    "still_changing",
]

_NOT_REGULAR = {errno.EISDIR, errno.ENXIO, errno.ENODEV}
_FULL = {
    errno.ENOSPC: "the storage is full",
    errno.EDQUOT: "the storage quota is used up",
    errno.EFBIG: "the storage takes no file of that size",
}
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def refusal(error: OSError, path: str) -> OperationError:
    """The error for the caller that `error`, met at `path`, amounts to."""
    number = error.errno or errno.EIO
    if number in _EXHAUSTED:
        return OverloadedError()
    simple = _SIMPLE.get(number)
    if simple is not None:
        kind, reason = simple
        return kind(path=path, reason=reason)
    if number == errno.ENOENT:
        return PathNotFoundError(path=path)
    if number == errno.EXDEV:
        return PathEscapeError(path=path)
    if number in _NOT_REGULAR:
        return NotRegularFileError(path=path, reason="is not a regular file")
    return StorageError(path=path, reason=_FULL.get(number) or f"the storage failed ({os.strerror(number)})")


_SIMPLE = {
    errno.EACCES: (PathPermissionError, "the operating system does not allow it to the server's user"),
    errno.EPERM: (PathPermissionError, "the operating system does not allow it to the server's user"),
    errno.ENOTDIR: (NotDirectoryError, "is not a directory, or passes through something that is none"),
    errno.EEXIST: (PathExistsError, "exists already"),
    errno.ENOTEMPTY: (DirectoryNotEmptyError, "is not empty"),
    errno.ELOOP: (PathInvalidError, "passes through too many symbolic links"),
    errno.ENAMETOOLONG: (PathInvalidError, "has a name that is too long for the storage"),
    errno.EINVAL: (PathInvalidError, "has a name that the storage does not take"),
    errno.EILSEQ: (PathInvalidError, "has a name that the storage does not take"),
    errno.EROFS: (StorageError, "the storage is read-only"),
    errno.EBUSY: (StorageError, "is in use by the operating system"),
    errno.ETXTBSY: (StorageError, "is being executed"),
}


def denied_by_rules(path: str) -> PathDeniedError:
    """The deny list forbids it. The same words whether it exists or not."""
    return PathDeniedError(
        path=path,
        reason="is off limits by the server's deny list",
        hint="Leave it alone, or ask the server's operator to change `deny`.",
    )


def root_refused(path: str) -> PathDeniedError:
    """The root itself was to be changed."""
    return PathDeniedError(
        path=path,
        reason="is the workspace itself, which can be neither moved, removed nor replaced",
        hint="Name something inside it.",
    )


def other_mount(path: str) -> PathDeniedError:
    """The policy keeps callers on the root's own file system."""
    return PathDeniedError(path=path, reason="lies on another file system than the workspace")


def not_regular(path: str, kind: FileKind) -> NotRegularFileError:
    """A regular file was needed."""
    shown = {FileKind.FIFO: "a FIFO", FileKind.SYMLINK: "a symbolic link"}.get(kind, f"a {kind}")
    hint = "List it instead." if kind is FileKind.DIRECTORY else None
    return NotRegularFileError(path=path, reason=f"is {shown}, not a regular file", hint=hint)


def is_directory(path: str) -> NotRegularFileError:
    """The path can only mean a directory where a file is needed."""
    return not_regular(path, FileKind.DIRECTORY)


def not_a_directory(path: str) -> NotDirectoryError:
    """A directory was needed."""
    return NotDirectoryError(path=path, reason="is not a directory")


def still_changing(path: str) -> StorageError:
    """Another process kept swapping what the path leads to."""
    return StorageError(path=path, reason="kept changing while it was looked up", hint="Call again.")

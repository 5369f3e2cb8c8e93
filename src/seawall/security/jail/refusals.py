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
    PathError,
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
    "read_refusal",
    "refusal",
    "root_refused",
    "still_changing",
]

_PERMISSION = (PathPermissionError, "the operating system does not allow it to the server's user")
_UNFIT = (PathInvalidError, "has a name that the storage does not take")
_SPECIAL = (NotRegularFileError, "is not a regular file")

# By name, because no platform has them all.
_TOLD: dict[str, tuple[type[PathError], str]] = {
    "EACCES": _PERMISSION,
    "EPERM": _PERMISSION,
    "ENOTDIR": (NotDirectoryError, "is not a directory, or passes through something that is none"),
    "EEXIST": (PathExistsError, "exists already"),
    "ENOTEMPTY": (DirectoryNotEmptyError, "is not empty"),
    "ELOOP": (PathInvalidError, "passes through too many symbolic links"),
    "ENAMETOOLONG": (PathInvalidError, "has a name that is too long for the storage"),
    "EINVAL": _UNFIT,
    "EILSEQ": _UNFIT,
    "EISDIR": _SPECIAL,
    "ENXIO": _SPECIAL,
    "ENODEV": _SPECIAL,
    "EROFS": (StorageError, "the storage is read-only"),
    "EBUSY": (StorageError, "is in use by the operating system"),
    "ETXTBSY": (StorageError, "is being executed"),
    "ENOSPC": (StorageError, "the storage is full"),
    "EDQUOT": (StorageError, "the storage quota is used up"),
    "EFBIG": (StorageError, "the storage takes no file of that size"),
}
_EXHAUSTED = {"EMFILE", "ENFILE", "ENOMEM"}


def refusal(error: OSError, path: str) -> OperationError:
    """The error for the caller that `error`, met at `path`, amounts to."""
    number = error.errno or errno.EIO
    name = errno.errorcode.get(number, "")
    if name in _TOLD:
        kind, reason = _TOLD[name]
        return kind(path=path, reason=reason)
    if name in _EXHAUSTED:
        return OverloadedError()
    if name == "ENOENT":
        return PathNotFoundError(path=path)
    if name == "EXDEV":
        return PathEscapeError(path=path)
    return StorageError(path=path, reason=f"the storage failed ({os.strerror(number)})")


def read_refusal(error: OSError, path: str) -> OperationError:
    """The same for an error of an open file, where EINVAL says nothing about a name."""
    if error.errno == errno.EINVAL:
        return StorageError(path=path, reason="the storage failed (it does not read such a file)")
    return refusal(error, path)


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

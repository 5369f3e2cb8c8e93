"""Errors of tools that work on files: each concerns one path."""

from __future__ import annotations

from seawall.errors.base import OperationError
from seawall.errors.wording import quoted

__all__ = [
    "ConflictError",
    "CrossRootError",
    "DirectoryNotEmptyError",
    "EncodingError",
    "FileTooLargeError",
    "HardLinkError",
    "NotDirectoryError",
    "NotRegularFileError",
    "PathDeniedError",
    "PathError",
    "PathEscapeError",
    "PathExistsError",
    "PathInvalidError",
    "PathNotFoundError",
    "PathPermissionError",
    "StorageError",
]


class PathError(OperationError):
    """A refusal that concerns one path. `path` is relative to its root, as the caller wrote it."""

    def __init__(self, *, path: str, reason: str, hint: str | None = None) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{quoted(path)}: {reason}.", hint=hint)


class PathInvalidError(PathError):
    """The text is no path at all: a NUL, a lone surrogate, too long, or empty where a name is needed.

    Remedy: Write the path as `list_directory` gives it.
    """

    code = "path_invalid"


class PathEscapeError(PathError):
    """The path leads out of its root: by `..`, an absolute path or link, or a magic link.

    Remedy: Use a path relative to the workspace; `.` is the workspace itself.
    """

    code = "path_escapes"
    exit_code = 3

    def __init__(self, *, path: str) -> None:
        super().__init__(
            path=path,
            reason="leads out of the workspace",
            hint="Use a path relative to the workspace, such as 'docs/notes.txt'; '.' is the workspace itself.",
        )


class PathDeniedError(PathError):
    """The path is inside, but the blueprint's rules forbid it.

    Remedy: Do without the file. The operator decides with `deny` and `access`.
    """

    code = "path_denied"
    exit_code = 3


class PathNotFoundError(PathError):
    """Nothing has that name.

    Remedy: List the directory to see what is there.
    """

    code = "not_found"

    def __init__(
        self,
        *,
        path: str,
        reason: str = "does not exist",
        hint: str = "List the directory to see what is there.",
    ) -> None:
        super().__init__(path=path, reason=reason, hint=hint)


class PathExistsError(PathError):
    """Something has that name already, and replacing it was not asked for.

    Remedy: Choose another name, or ask for replacing (`mode` of `write_file`).
    """

    code = "already_exists"


class NotRegularFileError(PathError):
    """A regular file was needed: this is a directory, FIFO, socket or device.

    Remedy: Name a file; list a directory to see what is in it.
    """

    code = "not_a_regular_file"


class NotDirectoryError(PathError):
    """A directory was needed, or one of the path's parents is none.

    Remedy: Name a directory, or correct the part of the path that is a file.
    """

    code = "not_a_directory"


class DirectoryNotEmptyError(PathError):
    """The directory still has entries.

    Remedy: Remove or move its entries first.
    """

    code = "directory_not_empty"


class HardLinkError(PathError):
    """The file has other names (hard links), which may lie outside the root.

    Remedy: Write a copy under a new name. Reading is the operator's choice: `hard_links`.
    """

    code = "hard_linked"


class PathPermissionError(PathError):
    """The operating system refuses it to the server's user.

    Remedy: Do without it; the operator can change the rights of the file or the user of the server.
    """

    code = "permission_denied"


class CrossRootError(PathError):
    """A rename from one root or file system to another: never done by copying.

    Remedy: Read the file and write it at the other place.
    """

    code = "across_roots"


class FileTooLargeError(PathError):
    """The file, or what was to be written, is larger than the limit.

    Remedy: Work on a part: `read_file` reads a file of any size in windows. The operator sets `max_file_size`.
    """

    code = "file_too_large"


class ConflictError(PathError):
    """The file is not what the caller believes it to be.

    Remedy: Read the file again, and repeat the change on what it is now.
    """

    code = "conflict"


class EncodingError(PathError):
    """The text cannot be decoded, or not be encoded without loss.

    Remedy: Name the right `encoding`, or work on the bytes (`base64`).
    """

    code = "encoding"


class StorageError(PathError):
    """The storage failed: no space, a quota, a read-only file system, an I/O error.

    Remedy: Tell the operator. A file that was to be written is as it was before.
    """

    code = "storage_failed"

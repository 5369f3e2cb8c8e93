"""Every error that Seawall raises: one tree, one file, one stable code per class.

    SeawallError
    ├── BlueprintError           blueprint_invalid      exit 2   the blueprint, with all of its problems
    ├── UsageError               usage                  exit 2   a wrong call of the command or the API
    ├── UnsafeError              unsafe_refused         exit 3   an unsafe request that we refuse to serve
    ├── StartError               cannot_start           exit 1   the machine does not allow it: port, root, file
    └── OperationError           (what the caller of a tool is told; `seawall run` exits 1, 2 and 3 as noted)
        ├── UnknownToolError         unknown_tool        exit 2
        ├── AccessDeniedError        access_denied       exit 3
        ├── EgressDeniedError        connection_denied   exit 3
        ├── RateLimitedError         rate_limited
        ├── InvalidArgumentsError    invalid_arguments   exit 2
        ├── PathError                (names one path, relative to its root)
        │   ├── PathInvalidError         path_invalid
        │   ├── PathEscapeError          path_escapes    exit 3
        │   ├── PathDeniedError          path_denied     exit 3
        │   ├── PathNotFoundError        not_found
        │   ├── PathExistsError          already_exists
        │   ├── NotRegularFileError      not_a_regular_file
        │   ├── NotDirectoryError        not_a_directory
        │   ├── DirectoryNotEmptyError   directory_not_empty
        │   ├── HardLinkError            hard_linked
        │   ├── PathPermissionError      permission_denied
        │   ├── CrossRootError           across_roots
        │   ├── FileTooLargeError        file_too_large
        │   ├── ConflictError            conflict
        │   ├── EncodingError            encoding
        │   └── StorageError             storage_failed
        ├── DeadlineExceededError    deadline_exceeded
        ├── OverloadedError          overloaded
        ├── ResponseTooLargeError    response_too_large
        ├── ToolFailedError          tool_failed
        └── InternalError            internal_error

Raise with data as keywords; the class composes the sentence. A message names the object, the reason and, in
`hint`, the next step. Errors are values: they neither print nor log.

A docstring says when the error arises, and after `Remedy:` what whoever gets it can do; docs/reference/errors.md is
made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "AccessDeniedError",
    "BlueprintError",
    "ConflictError",
    "CrossRootError",
    "DeadlineExceededError",
    "DirectoryNotEmptyError",
    "EgressDeniedError",
    "EncodingError",
    "FileTooLargeError",
    "HardLinkError",
    "InternalError",
    "InvalidArgumentsError",
    "NotDirectoryError",
    "NotRegularFileError",
    "OperationError",
    "OverloadedError",
    "PathDeniedError",
    "PathError",
    "PathEscapeError",
    "PathExistsError",
    "PathInvalidError",
    "PathNotFoundError",
    "PathPermissionError",
    "Problem",
    "RateLimitedError",
    "ResponseTooLargeError",
    "SeawallError",
    "StartError",
    "StorageError",
    "ToolFailedError",
    "UnknownToolError",
    "UnsafeError",
    "UsageError",
]


class SeawallError(Exception):
    """Base of all errors that Seawall raises.

    Attributes:
        code: stable machine-readable word; never changes between releases.
        exit_code: exit status of the command when this error ends it.
        message: one sentence: which object, and why.
        hint: the next step, or None when there is none to give.
    """

    code: ClassVar[str] = "seawall_error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


# --- what ends the command ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a blueprint.

    Attributes:
        source: file name, or the name of the environment variable that holds the value.
        line: 1-based line, or None when the source has no lines.
        column: 1-based column in characters, or None when the source has no lines.
        key: dotted path of the setting, such as `http.port` or `toolset[0].roots`.
        found: what stands there, shortened; empty when something is missing.
        allowed: what may stand there.
        suggestion: the nearest valid word, or None.
        message: the whole sentence for a person.
    """

    source: str
    line: int | None
    column: int | None
    key: str
    found: str
    allowed: str
    suggestion: str | None
    message: str


class BlueprintError(SeawallError):
    """The blueprint cannot be used; `problems` holds every fault that was found, in file order.

    Remedy: Correct each problem at the line that it names; `seawall check` shows them without serving.
    """

    code = "blueprint_invalid"
    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"the blueprint has {count} problem{'' if count == 1 else 's'}.")


class UsageError(SeawallError):
    """A wrong call of the command or of the Python API.

    Remedy: Change the call as the message says; `seawall COMMAND --help` has the options.
    """

    code = "usage"
    exit_code = 2


class UnsafeError(SeawallError):
    """An unsafe request that Seawall refuses to carry out.

    Remedy: Choose the safe form that the message names. Nothing was served.
    """

    code = "unsafe_refused"
    exit_code = 3


class StartError(SeawallError):
    """The machine does not allow the server to start: a port in use, a missing root, an unreadable file.

    Remedy: Make what the message names available, or name another one in the blueprint.
    """

    code = "cannot_start"


# --- what the caller of a tool is told ------------------------------------------------------------------


class OperationError(SeawallError):
    """An operation that was refused or failed for a reason which its caller may know.

    Functions of one's own may raise it, too. `retryable` is True when the same call may succeed later without any change.

    Remedy: What the message says.
    """

    code = "operation_failed"
    retryable: ClassVar[bool] = False


class UnknownToolError(OperationError):
    """No tool that this caller may use has that name. A hidden tool and a missing one are answered alike.

    Remedy: List the tools, and call one of those.
    """

    code = "unknown_tool"
    exit_code = 2

    def __init__(self, *, name: str, nearest: str | None = None) -> None:
        super().__init__(
            f"There is no tool named {_quoted(name)}.",
            hint=f"Did you mean {nearest}?" if nearest else "List the tools to see which there are.",
        )


class AccessDeniedError(OperationError):
    """The server's own rule does not allow this call to its caller.

    Remedy: Call as somebody who may, or do without it; the same call will be refused again.
    """

    code = "access_denied"
    exit_code = 3

    def __init__(self, *, name: str, reason: str | None = None) -> None:
        super().__init__(
            reason or f"You may not use {_quoted(name)}.",
            hint="Another caller, or one with more rights, may be allowed to.",
        )


class EgressDeniedError(OperationError):
    """The server may not connect there: a host that was not named, an address that is not public, an unsafe URL.

    Nothing was sent. The message does not say which address a name stands for: no caller is to learn that.

    Remedy: Use the service that the tool is made for. The operator decides which hosts and networks may be reached.
    """

    code = "connection_denied"
    exit_code = 3

    def __init__(
        self, *, target: str, reason: str, hint: str | None = None, address: str | None = None
    ) -> None:
        self.target = target  # URL or host as it was asked for, without query
        self.reason = reason
        self.address = address  # what the name stands for, when that is the reason: for the operator alone
        super().__init__(
            f"No connection to {_quoted(target)}: {reason}.",
            hint=hint or "The operator decides which hosts and networks may be reached.",
        )


class RateLimitedError(OperationError):
    """The caller called more often than the limit. `wait` is the time in seconds until a call is let through.

    Remedy: Wait as long as the message says, then call again.
    """

    code = "rate_limited"
    retryable = True

    def __init__(self, *, limit: str, wait: float) -> None:
        self.wait = wait
        super().__init__(
            f"Too many calls: the limit is {limit}.", hint=f"Call again in {max(wait, 0.1):.1f} s."
        )


class InvalidArgumentsError(OperationError):
    """The arguments do not fit the tool's input schema; `faults` holds one sentence for each.

    Remedy: Correct the arguments that the message names. Nothing is converted: `"10"` is not `10`.
    """

    code = "invalid_arguments"
    exit_code = 2

    def __init__(self, *, tool: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            f"The arguments of {tool} are not valid: {'; '.join(self.faults)}.",
            hint="Correct them by the tool's input schema and call again.",
        )


class PathError(OperationError):
    """A refusal that concerns one path. `path` is relative to its root, as the caller wrote it."""

    def __init__(self, *, path: str, reason: str, hint: str | None = None) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{_quoted(path)}: {reason}.", hint=hint)


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


class DeadlineExceededError(OperationError):
    """The call was stopped at its deadline. `seconds` is the time it had.

    Remedy: Ask for less at once. The operator sets `limits.request_timeout` and a toolset's `timeout`.
    """

    code = "deadline_exceeded"
    retryable = True

    def __init__(self, *, name: str, seconds: float) -> None:
        super().__init__(
            f"{name} was stopped after {seconds:g} s, its time limit.",
            hint="Ask for less at once, or call again.",
        )


class OverloadedError(OperationError):
    """Every place or worker is busy, and the queue is full or the wait in it was too long.

    Remedy: Call again in a moment. The operator sets `limits.concurrency`, `limits.queue` and `limits.workers`.
    """

    code = "overloaded"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The server is busy.", hint="Call again in a moment.")


class ResponseTooLargeError(OperationError):
    """The result is larger than `limits.response_size` and cannot be cut without breaking it.

    Remedy: Ask for less at once, such as with a smaller `limit` or a narrower path.
    """

    code = "response_too_large"

    def __init__(self, *, name: str, size: int, limit: int) -> None:
        super().__init__(
            f"The result of {name} has {size} bytes; the limit is {limit}.",
            hint="Ask for less at once.",
        )


class ToolFailedError(OperationError):
    """A tool said in its own words, meant for the caller, why it failed.

    Remedy: What the message says.
    """

    code = "tool_failed"


class InternalError(OperationError):
    """Something unexpected. The caller gets a reference, the log has the details under that reference.

    Remedy: Tell the operator the reference; the record `internal error` in the log has the cause.
    """

    code = "internal_error"

    def __init__(self, *, reference: str) -> None:
        self.reference = reference
        super().__init__(
            f"Something went wrong inside the server (reference {reference}).",
            hint="Tell the server's operator the reference; the cause stands in its log.",
        )


_SHOWN = 120  # characters of a path in a message


def _quoted(path: str) -> str:
    """The path as it may be shown: quoted, harmless to a terminal, and not longer than a line."""
    shown = path if len(path) <= _SHOWN else f"{path[:80]}…{path[-30:]}"
    return repr(shown)

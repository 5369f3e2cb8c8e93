"""Every error that Seawall raises: one tree, one module a family, one stable code per class.

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
        ├── AuditUnavailableError    audit_unavailable
        ├── ResponseTooLargeError    response_too_large
        ├── UpstreamError           (names one service behind a tool)
        │   ├── UpstreamUnavailableError upstream_unavailable
        │   ├── UpstreamRefusedError     upstream_refused
        │   │   └── UpstreamBusyError        upstream_busy
        │   ├── UpstreamRequestError     upstream_request_invalid  exit 2
        │   └── UpstreamCredentialError  upstream_credentials
        ├── SandboxError            (a program that could not be run as it must be)
        │   ├── CommandFailedError       command_failed
        │   ├── SandboxStartError        program_not_started
        │   ├── SandboxReachError        reach_not_enforceable     exit 3
        │   └── SandboxLostError         sandbox_lost
        ├── ToolFailedError          tool_failed
        ├── PromptFailedError        prompt_failed
        ├── ResourceNotFoundError    resource_not_found
        ├── NotSubscribableError     not_subscribable
        ├── TooManySubscriptionsError too_many_subscriptions
        └── InternalError            internal_error

Raise with data as keywords; the class composes the sentence. A message names the object, the reason and, in
`hint`, the next step. Errors are values: they neither print nor log.

A docstring says when the error arises, and after `Remedy:` what whoever gets it can do; docs/reference/errors.md is
made of it.
"""

from __future__ import annotations

from seawall.errors.base import (
    OperationError,
    SeawallError,
)
from seawall.errors.calls import (
    AccessDeniedError,
    AuditUnavailableError,
    DeadlineExceededError,
    EgressDeniedError,
    InternalError,
    InvalidArgumentsError,
    NotSubscribableError,
    OverloadedError,
    PromptFailedError,
    RateLimitedError,
    ResourceNotFoundError,
    ResponseTooLargeError,
    ToolFailedError,
    TooManySubscriptionsError,
    UnknownToolError,
)
from seawall.errors.command import (
    BlueprintError,
    Problem,
    StartError,
    UnsafeError,
    UsageError,
)
from seawall.errors.paths import (
    ConflictError,
    CrossRootError,
    DirectoryNotEmptyError,
    EncodingError,
    FileTooLargeError,
    HardLinkError,
    NotDirectoryError,
    NotRegularFileError,
    PathDeniedError,
    PathError,
    PathEscapeError,
    PathExistsError,
    PathInvalidError,
    PathNotFoundError,
    PathPermissionError,
    StorageError,
)
from seawall.errors.programs import (
    CommandFailedError,
    SandboxError,
    SandboxLostError,
    SandboxReachError,
    SandboxStartError,
)
from seawall.errors.services import (
    UpstreamBusyError,
    UpstreamCredentialError,
    UpstreamError,
    UpstreamRefusedError,
    UpstreamRequestError,
    UpstreamUnavailableError,
)

__all__ = [
    "AccessDeniedError",
    "AuditUnavailableError",
    "BlueprintError",
    "CommandFailedError",
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
    "NotSubscribableError",
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
    "PromptFailedError",
    "RateLimitedError",
    "ResourceNotFoundError",
    "ResponseTooLargeError",
    "SandboxError",
    "SandboxLostError",
    "SandboxReachError",
    "SandboxStartError",
    "SeawallError",
    "StartError",
    "StorageError",
    "TooManySubscriptionsError",
    "ToolFailedError",
    "UnknownToolError",
    "UnsafeError",
    "UpstreamBusyError",
    "UpstreamCredentialError",
    "UpstreamError",
    "UpstreamRefusedError",
    "UpstreamRequestError",
    "UpstreamUnavailableError",
    "UsageError",
]

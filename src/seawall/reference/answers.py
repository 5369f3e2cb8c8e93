"""What each error means to its caller, and what to do about it: one line for each class of `seawall.errors`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seawall.errors import (
    AccessDeniedError,
    DeadlineExceededError,
    InternalError,
    InvalidArgumentsError,
    OperationError,
    OverloadedError,
    RateLimitedError,
    ResponseTooLargeError,
    UnknownToolError,
)
from seawall.reference.values import Answer

__all__ = ["ANY_CALL", "answers"]

ANY_CALL: Final[tuple[type[OperationError], ...]] = (
    UnknownToolError,
    InvalidArgumentsError,
    RateLimitedError,
    AccessDeniedError,
    OverloadedError,
    DeadlineExceededError,
    ResponseTooLargeError,
    InternalError,
)
"""What the guards around every tool may answer."""

_READ: Final = "Read the message: it says what to do."

_WORDS: Final = {
    "operation_failed": ("The operation was refused or failed.", _READ),
    "unknown_tool": ("No tool that this caller may use has that name.", "List the tools."),
    "access_denied": ("A rule of the server does not allow this call to its caller.", "Ask the operator."),
    "rate_limited": ("The caller called more often than its limit.", "Wait as long as the answer says."),
    "prompt_failed": ("A prompt cannot be made of these arguments; the message names the line.", _READ),
    "not_subscribable": ("Nobody can tell when the resource changes.", "Read it again when it is needed."),
    "too_many_subscriptions": ("There are too many subscriptions.", "Unsubscribe from one."),
    "resource_not_found": ("No resource that this caller may read has that URI.", "List the resources."),
    "invalid_arguments": (
        "The arguments do not fit, each fault with its place.",
        "Correct them and call again.",
    ),
    "path_invalid": ("The text is no path.", "Correct the path."),
    "path_escapes": ("The path leads out of its root.", "Use a path below the root."),
    "path_denied": ("The path is inside, but a rule of the blueprint forbids it.", "Use another file."),
    "not_found": ("Nothing has that name.", "List the directory."),
    "already_exists": (
        "Something has that name already.",
        "Choose another name, or ask for it to be replaced.",
    ),
    "not_a_regular_file": ("It is a directory, FIFO, socket or device.", "Name a regular file."),
    "not_a_directory": ("It is no directory, or one of its parents is none.", "Name a directory."),
    "directory_not_empty": ("The directory still has entries.", "Remove them first."),
    "hard_linked": (
        "The file has other names, which may lie outside of the root.",
        "Work on a copy of the file.",
    ),
    "permission_denied": (
        "The operating system refuses it to the server's user.",
        "Ask the operator for the right.",
    ),
    "across_roots": ("A move from one root or file system to another.", "Write it anew there."),
    "file_too_large": ("The file is larger than the limit.", "Work on a part of it."),
    "conflict": ("The file is not what the caller believes it to be.", "Read it again, then decide."),
    "encoding": ("The text cannot be decoded, or not be encoded without loss.", "Name another encoding."),
    "storage_failed": ("No space, a quota, a read-only file system, an I/O error.", "Tell the operator."),
    "deadline_exceeded": ("The call was stopped at its time limit.", "Ask for less at once, or call again."),
    "overloaded": (
        "Every place or worker is busy, and so is the queue.",
        "Call again in a moment.",
    ),
    "audit_unavailable": ("Calls cannot be recorded at this moment.", "Call again later."),
    "response_too_large": ("The result is larger than one answer may be.", "Ask for less at once."),
    "connection_denied": (
        "The server may not connect there.",
        "Use what the tool is made for; the operator decides what may be reached.",
    ),
    "upstream_unavailable": (
        "The service behind the tool does not answer.",
        "Call again when the answer says.",
    ),
    "upstream_refused": ("The service behind the tool answered with an error.", _READ),
    "upstream_busy": (
        "The service behind the tool takes no more requests for now.",
        "Wait as long as the answer says.",
    ),
    "upstream_request_invalid": (
        "An argument cannot be sent, such as one with a line break in a header.",
        "Correct the argument that is named.",
    ),
    "upstream_credentials": (
        "There are no credentials that the service behind the tool takes.",
        "Sign in to this server, or tell the operator.",
    ),
    "command_failed": (
        "The program ended otherwise than it does when all is well.",
        "Correct the arguments by what the program wrote, which the answer repeats.",
    ),
    "program_not_started": (
        "The program is not there, may not be executed, or a path that it needs is gone.",
        "Tell the operator.",
    ),
    "reach_not_enforceable": (
        "The machine cannot hold the program to what it may reach, so it was not started.",
        "Tell the operator.",
    ),
    "sandbox_lost": (
        "What supervised the program died, and the program with it.",
        "Call again, unless what it did must not be done twice.",
    ),
    "tool_failed": ("The tool says in its own words why it failed.", _READ),
    "internal_error": (
        "Something unexpected; the answer has a reference.",
        "Tell the operator the reference.",
    ),
}


def answers(errors: Iterable[type[OperationError]]) -> tuple[Answer, ...]:
    """The errors in words, each code once. A class that is not Seawall's own is told by its docstring."""
    return tuple({error.code: _answer(error) for error in errors}.values())


def _answer(error: type[OperationError]) -> Answer:
    meaning, next_step = _WORDS.get(error.code, (_first_sentence(error), _READ))
    return Answer(error.code, meaning, next_step, error.retryable)


def _first_sentence(error: type[OperationError]) -> str:
    return (error.__doc__ or "").strip().partition("\n")[0]

"""Errors of a call, whatever its tool does."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.errors.base import OperationError
from seawall.errors.wording import quoted

__all__ = [
    "AccessDeniedError",
    "AuditUnavailableError",
    "DeadlineExceededError",
    "EgressDeniedError",
    "InternalError",
    "InvalidArgumentsError",
    "NotSubscribableError",
    "OverloadedError",
    "PromptFailedError",
    "RateLimitedError",
    "ResourceNotFoundError",
    "ResponseTooLargeError",
    "TooManySubscriptionsError",
    "ToolFailedError",
    "UnknownToolError",
]


class UnknownToolError(OperationError):
    """No tool that this caller may use has that name. A hidden tool and a missing one are answered alike.

    Remedy: List the tools, and call one of those.
    """

    code = "unknown_tool"
    exit_code = 2

    def __init__(self, *, name: str, nearest: str | None = None, where: str | None = None) -> None:
        ask = f"Find it with {where}." if where else "List the tools to see which there are."
        super().__init__(
            f"There is no {'operation' if where else 'tool'} named {quoted(name)}.",
            hint=f"Did you mean {nearest}?" if nearest else ask,
        )


class AccessDeniedError(OperationError):
    """The server's own rule does not allow this call to its caller.

    Remedy: Call as somebody who may, or do without it; the same call will be refused again.
    """

    code = "access_denied"
    exit_code = 3

    def __init__(self, *, name: str, reason: str | None = None) -> None:
        super().__init__(
            reason or f"You may not use {quoted(name)}.",
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
            f"No connection to {quoted(target)}: {reason}.",
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

    def __init__(
        self,
        *,
        tool: str,
        faults: Sequence[str],
        hint: str = "Correct them by the tool's input schema and call again.",
    ) -> None:
        self.faults = tuple(faults)
        super().__init__(f"The arguments of {tool} are not valid: {'; '.join(self.faults)}.", hint=hint)


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

    Background tasks are refused so when too many of them wait or run, in all or of one caller.

    Remedy: Call again in a moment. The operator sets `limits.concurrency`, `limits.queue` and `limits.workers`.
    """

    code = "overloaded"
    retryable = True

    def __init__(
        self, message: str = "The server is busy.", *, hint: str = "Call again in a moment."
    ) -> None:
        super().__init__(message, hint=hint)

    @classmethod
    def of_tasks(cls, *, own: bool) -> OverloadedError:
        """One background task too many; `own` says whether the caller has some that it may wait for."""
        return cls(
            "Too many background tasks wait or run.",
            hint="Wait until one of yours has ended, or cancel one." if own else "Call again in a moment.",
        )


class AuditUnavailableError(OperationError):
    """Calls cannot be recorded at this moment, and `[audit] on_failure = "refuse"`.

    Remedy: Call again later. The operator's log says why; mostly the disk of `audit.file` is full.
    """

    code = "audit_unavailable"
    retryable = True

    def __init__(self, *, done: bool = False) -> None:
        super().__init__(
            "The call was carried out, and could not be recorded."
            if done
            else "Calls cannot be recorded now.",
            hint="Do not repeat it before the operator has looked." if done else "Call again later.",
        )


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


class PromptFailedError(OperationError):
    """A prompt cannot be made of these arguments: a file or tool that it shows refused, or a limit was reached.

    Remedy: What the message says. A limit of a template is `[prompts]` in the blueprint.
    """

    code = "prompt_failed"

    def __init__(self, *, prompt: str, reason: str, hint: str | None = None) -> None:
        self.prompt = prompt
        super().__init__(f"The prompt {prompt} cannot be made: {reason}.", hint=hint)


class ResourceNotFoundError(OperationError):
    """No resource has this URI, or the caller may not know of it.

    Remedy: List resources and templates to see what there is.
    """

    code = "resource_not_found"

    def __init__(self, *, uri: str) -> None:
        self.uri = uri
        super().__init__(f"Resource not found: {quoted(uri)}.", hint="List resources to see what there is.")


class NotSubscribableError(OperationError):
    """Nobody can tell when this resource changes without reading it.

    Remedy: Read it again when its content is needed. Files, directories and texts of the blueprint can be subscribed to.
    """

    code = "not_subscribable"

    def __init__(self, *, uri: str) -> None:
        self.uri = uri
        super().__init__(
            f"Nothing tells when {quoted(uri)} changes.", hint="Read it again when you need what it says now."
        )


class TooManySubscriptionsError(OperationError):
    """There are too many subscriptions, in all or of this caller; or too many streams of them.

    Remedy: Unsubscribe from a resource, or close a stream.
    """

    code = "too_many_subscriptions"

    def __init__(self, *, own: bool) -> None:
        super().__init__(
            "Too many resources are subscribed to.",
            hint="Unsubscribe from one that you need no more." if own else "Try again later.",
        )


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

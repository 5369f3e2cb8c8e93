"""What all errors have: a message, a hint, a code; and what those have that the caller of a tool is told."""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "OperationError",
    "SeawallError",
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


class OperationError(SeawallError):
    """An operation that was refused or failed for a reason which its caller may know.

    Functions of one's own may raise it, too. `retryable` is True when the same call may succeed later without any change.

    Remedy: What the message says.
    """

    code = "operation_failed"
    retryable: ClassVar[bool] = False

"""The values that the pipeline passes on, and how its steps are joined.

A step is a plain async callable `(call, proceed) -> outcome`. It knows neither FastMCP nor the transport, so it
is tested in five lines with a `proceed` of one's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol, TypeAlias

from seawall.errors import InternalError, OperationError
from seawall.security.budget import Deadline
from seawall.security.redact import Redactor
from seawall.types import JsonObject

__all__ = ["Answer", "Call", "Kind", "Outcome", "Payload", "Proceed", "Refusal", "Report", "Step", "chain"]

Kind: TypeAlias = Literal["tool", "resource", "prompt", "completion", "subscription"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a caller, on its way to what it names.

    Attributes:
        principal: who calls: `local` on stdio and in process, the token's subject or `anonymous` on HTTP.
        request_id: Seawall's own id of the call; also the reference of an internal error.
        kind: what is called.
        name: the tool's or prompt's name, the URI of the resource that is read or subscribed to; for a tool as the caller wrote it. Of a completion, that
            of the prompt or the template which it completes.
        arguments: as they came; empty for a resource. Of a completion, the one argument that is completed.
        deadline: when the caller stops waiting.
        rpc_id: the client's JSON-RPC id, or None when the call came without a wire.
        protocol: the negotiated protocol version, or None when the call came without a wire.
        account: on whose account limits count it: the principal, or the address of an anonymous one.
    """

    principal: str
    request_id: str
    kind: Kind
    name: str
    arguments: JsonObject
    deadline: Deadline
    rpc_id: str | None = None
    protocol: str | None = None
    account: str = ""


class Payload(Protocol):
    """A successful result, as much of it as the steps need to know."""

    def size(self) -> int:
        """Bytes of the result: its text as UTF-8 and its data as compact JSON, every copy counted."""

    def cut(self, limit: int) -> Payload | None:
        """The same result within `limit` bytes, saying that it was cut; None if that would break it."""

    def without(self, redactor: Redactor) -> Payload:
        """The same result without the secrets that the redactor knows."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the caller is told about an error.

    Attributes:
        code: stable machine-readable word (`seawall.errors`).
        message: what happened, one sentence.
        hint: the next step, or None.
        retryable: whether the same call may succeed later without any change.
        reference: of an internal error, the id under which the log has its details.
    """

    code: str
    message: str
    hint: str | None
    retryable: bool
    reference: str | None = None

    @classmethod
    def of(cls, error: OperationError) -> Report:
        """The report that an error of our own tree makes."""
        reference = error.reference if isinstance(error, InternalError) else None
        return cls(error.code, error.message, error.hint, error.retryable, reference)


@dataclass(frozen=True, slots=True)
class Answer:
    """The call succeeded."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class Refusal:
    """The call was refused or failed.

    Attributes:
        report: what the caller is told.
        made: the finished error result, when something further in made it already.
        error: the error to raise as it is, when the protocol wants that.
    """

    report: Report
    made: Payload | None = None
    error: Exception | None = None


Outcome: TypeAlias = Answer | Refusal
Proceed: TypeAlias = Callable[[Call], Awaitable[Outcome]]
Step: TypeAlias = Callable[[Call, Proceed], Awaitable[Outcome]]


def chain(steps: Sequence[Step], end: Proceed) -> Proceed:
    """Join the steps, the first one outermost, around `end`. Built once, called for every call."""
    proceed = end
    for step in reversed(steps):
        proceed = partial(_through, step, proceed)
    return proceed


def _through(step: Step, proceed: Proceed, call: Call) -> Awaitable[Outcome]:
    return step(call, proceed)

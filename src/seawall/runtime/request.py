"""The request under way: what the half around the request lends to the half around the tool."""

from __future__ import annotations

import random
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["Request", "current_request", "new_request_id"]


@dataclass(slots=True)
class Request:
    """One request under way.

    Attributes:
        request_id: Seawall's own id of it.
        principal: who calls.
        account: on whose account limits count it.
        size: bytes of the result, set by the tool's half so that nothing measures it twice.
        nested: whether a call of a client made it, and not a client itself.
        clean: a long text in which the tool's half found no secret, so that nothing searches it twice.
    """

    request_id: str
    principal: str
    account: str
    size: int | None = None
    clean: str | None = None
    nested: bool = False


current_request: ContextVar[Request | None] = ContextVar("seawall_request", default=None)
"""The request under way; None in a background task, which runs long after its request ended."""


def new_request_id() -> str:
    """Sixteen hexadecimal digits: short enough to be read out to an operator, 64 random bits.

    It names a record of the log and opens nothing, so it needs no secrecy, and no call of the kernel either.
    """
    return f"{random.getrandbits(64):016x}"

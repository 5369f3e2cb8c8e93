"""What the audit does, as one frozen value."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

__all__ = ["AuditKeys", "AuditPolicy"]

_ARGUMENTS: Final = b"seawall audit 1: arguments"
_CHECKPOINT: Final = b"seawall audit 1: checkpoint"


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """Where and how calls are recorded.

    Attributes:
        file: of records; made when it is not there.
        checkpoints: a file of checkpoints, best on another disk or machine; None for none.
        secret: makes the digests of arguments and the marks of checkpoints; None for digests that differ with every
            start, and checkpoints without mark.
        every: records after which there is a checkpoint.
        seconds: time after which there is one, when there was any record.
        on_failure: what becomes of calls when they cannot be recorded.
        durable: when a record is on the disk: within a `second`, or `always` before its caller is answered.
    """

    file: Path
    checkpoints: Path | None = None
    secret: bytes | None = field(default=None, repr=False)
    every: int = 1000
    seconds: float = 60.0
    on_failure: Literal["refuse", "continue"] = "refuse"
    durable: Literal["second", "always"] = "second"


@dataclass(frozen=True, slots=True)
class AuditKeys:
    """What is made of the secret; one key never serves two purposes.

    Attributes:
        arguments: makes digests of arguments.
        checkpoint: makes the marks of checkpoints; None without a secret.
    """

    arguments: bytes = field(repr=False)
    checkpoint: bytes | None = field(repr=False)

    @classmethod
    def of(cls, secret: bytes | None) -> AuditKeys:
        """The keys of a secret. Without one digests are made with a key that nobody knows and that ends with this run."""
        if secret is None:
            return cls(secrets.token_bytes(32), None)
        return cls(_derived(secret, _ARGUMENTS), _derived(secret, _CHECKPOINT))

    def digest(self, arguments: bytes) -> str:
        """A digest of arguments, 128 bits: equal for equal ones, and no help in guessing them."""
        return hmac.digest(self.arguments, arguments, hashlib.sha256)[:16].hex()

    def mark(self, number: int, before: str, every: int) -> str | None:
        """What proves that a checkpoint was made by who has the secret.

        Args:
            number: of the record before it.
            before: hash of that record.
            every: records after which there is one.
        """
        if self.checkpoint is None:
            return None
        return hmac.digest(self.checkpoint, f"{number}:{before}:{every}".encode(), hashlib.sha256).hex()


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return hmac.digest(secret, purpose, hashlib.sha256)

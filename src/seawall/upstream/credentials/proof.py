"""What a credential puts into a request, and for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

__all__ = ["Asker", "Proof", "Source"]


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf a request is sent. `token`: the access token that came with the call, if one did."""

    principal: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """One value in one place of a request.

    Attributes:
        place: where.
        name: of the header (small), parameter or cookie.
        value: the whole value.
        token: the part of it that was issued for a short time; empty of a lasting secret.
    """

    place: Literal["header", "query", "cookie"]
    name: str
    value: str = field(repr=False)
    token: str = field(default="", repr=False)


class Source(Protocol):
    """Gives the proofs of one credential."""

    async def proof(self, asker: Asker) -> Proof:
        """What to put into a request.

        Raises:
            UpstreamCredentialError: there is nothing for this asker.
            UpstreamUnavailableError: whoever issues it does not answer.
        """

    def rejected(self, asker: Asker, proof: Proof) -> bool:
        """Take note that the service did not accept it. Whether asking again may give another one."""

    async def close(self) -> None:
        """Forget what was issued, and stop asking for more."""

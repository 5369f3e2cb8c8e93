"""What every source of a resource can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from seawall.toolsets.interface import Reach
from seawall.toolsets.readables import Readable

__all__ = ["Source"]


class Source(Protocol):
    """Where the content of one declared resource comes from."""

    @property
    def readable(self) -> Readable:
        """What is offered."""

    @property
    def reach(self) -> Sequence[Reach]:
        """What it touches outside of the server, for documentation."""

    async def start(self) -> None:
        """Open what is needed, and see that it is there.

        Raises:
            StartError: it is not.
        """

    async def close(self) -> None:
        """Let go of it. Called once, also after a failed start."""

    def faults(self) -> Sequence[str]:
        """Why it cannot be read now; quick, and never on the network."""

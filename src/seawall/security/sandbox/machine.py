"""What this machine offers for holding processes: each tier is tried, and what is lacking is named."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.security.sandbox.values import Tier

__all__ = ["Examination", "best_tier", "examine"]


@dataclass(frozen=True, slots=True)
class Examination:
    """What this machine offers.

    Attributes:
        best: the strongest tier that works; None when not even limits can be enforced here.
        lacking: for each tier that does not work the reason, in words for the operator.
        weaknesses: what the best tier holds less well here than it could, in words.
        landlock_abi: version of the Landlock interface; 0 when there is none.
        network_fault: why a list of hosts cannot be enforced; empty when it can.
    """

    best: Tier | None
    lacking: dict[Tier, str]
    weaknesses: tuple[str, ...]
    landlock_abi: int
    network_fault: str


def examine() -> Examination:
    """Try what this machine offers."""
    raise NotImplementedError


def best_tier() -> Tier | None:
    """The strongest tier that works here."""
    return examine().best

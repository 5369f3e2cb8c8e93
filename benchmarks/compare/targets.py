"""What the figures should be, and why those that are not are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.compare.cases import Transport

__all__ = ["REASONS", "START", "THROUGHPUT", "TIMES", "Target"]

TIMES = "\N{MULTIPLICATION SIGN}"
"""The sign of a ratio."""


@dataclass(frozen=True)
class Target:
    """A bound of a ratio."""

    bound: float
    at_least: bool

    def met(self, ratio: float) -> bool:
        """Whether the ratio is within it, as exactly as the table shows it."""
        shown = round(ratio, 2)
        return shown >= self.bound if self.at_least else shown <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g} {TIMES}"


THROUGHPUT: Mapping[Transport, Target] = {
    "stdio": Target(1.3, at_least=True),
    "http": Target(0.9, at_least=True),
}
"""Calls per second, and how many times less processor time a call takes."""

START = Target(1.25, at_least=False)
"""Time from the start of the process to the first answer."""

REASONS: Mapping[str, str] = {}
"""For a figure of the first table that misses its target: the reason."""

"""What the kind does: it knows nothing of Seawall."""

from __future__ import annotations

__all__ = ["PERIOD", "next_high_water"]

PERIOD = 12.4
"""Hours from one high water to the next."""


def next_high_water(hour: float, *, first: float) -> float:
    """The first high water at or after an hour of the day."""
    while first < hour:
        first += PERIOD
    return round(first, 1)

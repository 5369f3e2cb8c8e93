"""How a message writes what it names."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["quoted", "seconds"]

_SHOWN: Final = 120  # characters of a path


def seconds(wait: float) -> str:
    """A time to wait, rounded up: whoever waits so long comes not too early."""
    return f"{max(1, math.ceil(wait))} s"


def quoted(path: str) -> str:
    """The path as it may be shown: quoted, harmless to a terminal, and not longer than a line."""
    shown = path if len(path) <= _SHOWN else f"{path[:80]}…{path[-30:]}"
    return repr(shown)

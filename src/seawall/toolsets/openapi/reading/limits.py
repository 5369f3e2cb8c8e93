"""What one description may cost at most, each bound with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["ReadingLimits"]

_MAX_BYTES: Final = 64 * 1024 * 1024  # the largest public description known to us has 37 MB
_MAX_NODES: Final = (
    6_000_000  # values in it, aliases counted as what they stand for: 64 MB of prose have far fewer
)
_MAX_DEPTH: Final = 256  # real ones stay below 60; what recurses through values has its own, lower bound
_MAX_DOCUMENTS: Final = 10_000  # files that references bring in; one split by operation and schema has 3,000
_MAX_OPERATIONS: Final = 20_000  # the largest public API has about 16,000


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Bounds of reading; what goes beyond is refused, or left out with a fault that says so.

    Attributes:
        bytes: of the description, and of each file that it refers to; more is refused.
        nodes: values that the description and its files hold together, and schemas that are translated.
        depth: how deep values nest.
        documents: files that references bring in.
        operations: that are read; the rest is left out with a fault.
    """

    bytes: int = _MAX_BYTES
    nodes: int = _MAX_NODES
    depth: int = _MAX_DEPTH
    documents: int = _MAX_DOCUMENTS
    operations: int = _MAX_OPERATIONS

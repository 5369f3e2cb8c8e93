"""What a client may assume of an operation, from its method (RFC 9110, section 9.2)."""

from __future__ import annotations

from typing import Final

from seawall.toolsets.interface import Hints
from seawall.upstream.methods import SAFE

__all__ = ["hints_of"]

_IDEMPOTENT: Final = SAFE | {"PUT", "DELETE"}


def hints_of(method: str) -> Hints:
    """The hints of a method. Only a safe one promises to change nothing; of any other nothing is known but that.

    A POST may well only add something, but no description says so: who knows it sets `hints` in the blueprint.
    """
    safe = method in SAFE
    return Hints(read_only=safe, destructive=not safe, idempotent=method in _IDEMPOTENT, open_world=True)

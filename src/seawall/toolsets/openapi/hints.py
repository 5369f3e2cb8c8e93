"""What a client may assume of an operation: from its method (RFC 9110, section 9.2), and what overrides say."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from seawall.toolsets.interface import Hints
from seawall.toolsets.openapi.declaration import HintsOverride

__all__ = ["hints_of", "overridden"]

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
_IDEMPOTENT: Final = _SAFE | {"PUT", "DELETE"}


def hints_of(method: str) -> Hints:
    """The hints of a method. Only a safe one promises to change nothing; of any other nothing is known but that.

    A POST may well only add something, but no description says so: who knows it sets `hints` in the blueprint.
    """
    safe = method in _SAFE
    return Hints(read_only=safe, destructive=not safe, idempotent=method in _IDEMPOTENT, open_world=True)


def overridden(hints: Hints, said: HintsOverride | None) -> Hints:
    """The hints with what the blueprint says of them; what only reads destroys nothing, unless it says that too."""
    if said is None:
        return hints
    given = {name: value for name, value in said.model_dump().items() if value is not None}
    if given.get("read_only"):
        given.setdefault("destructive", False)
        given.setdefault("idempotent", True)
    elif given.get("read_only") is False:
        given.setdefault("destructive", True)
    return replace(hints, **given)

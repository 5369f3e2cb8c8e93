"""A fault of a blueprint's values, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from seawall.blueprint.locate import KeyPath

__all__ = ["Fault", "FaultKind"]


class FaultKind(Enum):
    """What is wrong with a setting."""

    UNKNOWN = "unknown"  # there is no such setting
    MISSING = "missing"  # it must be there
    TYPE = "type"  # a value of another type may be right
    VALUE = "value"  # the value is wrong, whatever its type
    LITERAL = "literal"  # a secret that is written out
    REFUSED = "refused"  # the name may not stand there; `sentence` says why, `allowed` the way out


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, before it is put into words.

    Attributes:
        path: the setting.
        kind: what is wrong with it.
        allowed: what is allowed, when the setting's schema does not say it; None otherwise.
        words: the words from which to suggest one, when they are not in the schema.
        sentence: the validator's own reason, when it gives one that holds no value of the file.
        profile: the profile that makes it a fault, when it is written outside of that profile.
    """

    path: KeyPath
    kind: FaultKind
    allowed: str | None = None
    words: tuple[str, ...] = ()
    sentence: str | None = None
    profile: str | None = None

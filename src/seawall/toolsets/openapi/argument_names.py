"""What the arguments of an operation are called: names that every client takes, the same in whatever order they come."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from seawall.toolsets.openapi.model import Place

__all__ = ["RESERVED", "Origin", "Part", "argument_names"]

Part: TypeAlias = Place | Literal["body"]
"""Which part of a request an argument goes to."""

RESERVED: Final = frozenset({"fields", "next"})
"""Arguments of our own, beside those of the description."""

_LONGEST: Final = 64  # characters; some clients refuse a tool with a longer argument
_RANK: Final[Mapping[Part, int]] = {
    "path": 0,
    "query": 1,
    "querystring": 2,
    "header": 3,
    "cookie": 4,
    "body": 5,
}
_WORDS: Final = {"<": "_lt", ">": "_gt", "!": "_not", "[]": ""}


@dataclass(frozen=True, slots=True)
class Origin:
    """What an argument stands for: a name and the part of the request where it has that name."""

    part: Part
    name: str


def argument_names(origins: Iterable[Origin]) -> dict[Origin, str]:
    """A name for each that fits `^[A-Za-z0-9_.-]{1,64}$`, no two alike and none that is reserved.

    Where two would be called alike, the one in the path keeps the name, before one in the query, a header, a
    cookie and the body, and one that is written so before one that was made to fit; the others are called
    `NAME_query`, `NAME_body`. The order of the description means nothing.
    """
    names: dict[Origin, str] = {}
    taken = set(RESERVED)
    for origin in sorted(origins, key=_precedence):
        name = next(name for name in _candidates(origin) if name not in taken)
        taken.add(name)
        names[origin] = name
    return names


def _precedence(origin: Origin) -> tuple[int, bool, str]:
    return _RANK[origin.part], _fitted(origin.name) != origin.name, origin.name


def _candidates(origin: Origin) -> Iterable[str]:
    name = _fitted(origin.name)
    yield _cut(name, origin)
    yield _cut(f"{name}_{origin.part}", origin)
    for turn in range(1 << 16):
        yield f"{name[:40]}_{origin.part[:6]}_{_digest(origin, turn)}"


def _fitted(name: str) -> str:
    for sign, word in _WORDS.items():
        name = name.replace(sign, word)
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("_") if not _fits(name) else name or "value"


def _fits(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_.-]+", name) is not None


def _cut(name: str, origin: Origin) -> str:
    if not name:
        name = "value"
    return name if len(name) <= _LONGEST else f"{name[:55]}_{_digest(origin, 0)}"


def _digest(origin: Origin, turn: int) -> str:
    return hashlib.sha256(
        f"{origin.part}\n{origin.name}\n{turn}".encode("utf-8", "surrogatepass")
    ).hexdigest()[:8]

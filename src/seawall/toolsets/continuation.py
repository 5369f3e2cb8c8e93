"""The argument `next`: where the last answer of a service ended, as one word that a model hands back.

It holds the position of a page, as whoever asks the service made it, and how many items of the answer's list, or how
many characters of its text, the caller has, when that had to be cut.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Final

__all__ = ["START", "Continuation", "continuation", "word_for"]

_MOST_ITEMS: Final = 10**9
_NOT_OURS: Final = "it is not what an answer had as `next`"


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where to go on.

    Attributes:
        position: of the page, as the pager made it; None for the first one.
        skip: items of the page's list that the caller has already.
        characters: of an answer that is no list: the beginning of its text that the caller has already.
    """

    position: str | None = None
    skip: int = 0
    characters: int = 0


START: Final = Continuation()
"""From the beginning."""


def word_for(continuation: Continuation) -> str:
    """The continuation as one word; `continuation` reads it."""
    data = {"p": continuation.position, "s": continuation.skip, "c": continuation.characters}
    text = json.dumps({key: value for key, value in data.items() if value}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def continuation(word: str) -> Continuation:
    """What the word says.

    Raises:
        ValueError: the word is none of ours.
    """
    try:
        data = json.loads(base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise ValueError(_NOT_OURS) from None
    if not isinstance(data, dict) or not data.keys() <= {"p", "s", "c"}:
        raise ValueError(_NOT_OURS)
    position, skip, characters = data.get("p"), data.get("s", 0), data.get("c", 0)
    if not _is_count(skip) or not _is_count(characters) or not isinstance(position, str | None):
        raise ValueError(_NOT_OURS)
    return Continuation(position, skip, characters)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MOST_ITEMS

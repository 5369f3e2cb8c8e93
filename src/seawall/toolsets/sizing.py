"""How many bytes a text has on its way to the client, and where to cut it so that it fits.

JSON makes text longer: a quotation mark takes two bytes, U+0001 six. What is sent twice, once as data and once
inside a JSON text, is escaped twice. Whoever counts characters only finds out when the answer is too large.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from seawall.types import JsonValue

__all__ = ["Cost", "both_forms", "cursor_cost", "fitting", "space_for", "text_form", "value_cost"]

Cost: TypeAlias = Callable[[str], int]
"""Bytes that a text takes in the answer."""

_RESERVE: Final = (
    1000  # note and details without what they repeat: the longest have a cursor or a hash, each twice
)
_LEAST: Final = 64  # every part makes some progress, however small the limit
_STEP: Final = 4096  # characters


def text_form(text: str) -> int:
    """Bytes of a text as a JSON string (RFC 8259, section 7), without its quotation marks."""
    return len(json.dumps(text, ensure_ascii=False).encode(errors="replace")) - 2


def both_forms(text: str) -> int:
    """Bytes of a text that is sent as data and, a second time, within the JSON text of that data."""
    once = json.dumps(text, ensure_ascii=False)
    return (
        len(once.encode(errors="replace")) + text_form(once) - 6
    )  # two pairs of quotation marks, one escaped


def value_cost(value: JsonValue) -> int:
    """Bytes of one value of a structured result: as data and within the JSON text of that data."""
    once = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(once.encode(errors="replace")) + text_form(once) + 2  # a comma in each


def space_for(limit: int, cost: Cost, *extras: str) -> int:
    """What the payload may cost when the whole answer has `limit` bytes and repeats `extras` in note and details."""
    return max(_LEAST, limit - _RESERVE - sum(cost(extra) for extra in extras))


def cursor_cost(parts: Sequence[str]) -> int:
    """Bytes of a cursor that ends at a path of these names, in both forms of the answer."""
    return 2 * sum(4 * (text_form(part) + 3) // 3 + 1 for part in parts)


def fitting(text: str, space: int, cost: Cost) -> int:
    """How many characters from the start fit into `space`; at least one, so that paging always ends."""
    used = position = 0
    step = _STEP
    while position < len(text):
        size = cost(text[position : position + step])
        if used + size <= space:
            used += size
            position += step
        elif step > 1:
            step //= 2
        else:
            break
    return max(1, min(position, len(text)))

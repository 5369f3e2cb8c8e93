"""JSON that a service answered, as a value that can be handed on whatever it holds."""

from __future__ import annotations

import json
import math
import re
from typing import Final

from seawall.types import JsonValue

__all__ = ["NotJson", "as_json"]

_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")  # may be half of a surrogate pair, which no answer can carry
_HALVES: Final = re.compile("[\ud800-\udfff]")
_DEEPEST: Final = 200  # values in each other; what writes the answer gives up at 255


class NotJson(Exception):  # noqa: N818  it is no error: the body is something else
    """The body is no JSON, or none that can be handed on."""


def as_json(body: bytes) -> JsonValue:
    """The body as JSON in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Half of a surrogate pair, which an escape can write and no answer can carry, becomes U+FFFD.

    Raises:
        NotJson: it is none; or has a number that JSON does not know; or is nested deeper than can be handed on.
    """
    try:
        text = body.decode(json.detect_encoding(body))
        value: JsonValue = json.loads(
            text.removeprefix("\ufeff"), parse_constant=_no_constant, parse_float=_finite
        )
    except (ValueError, RecursionError):
        raise NotJson from None
    if text.count("[") + text.count("{") > _DEEPEST and _is_too_deep(value):
        raise NotJson
    return _whole(value) if _HALF.search(text) else value


def _no_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    """A number that JSON knows in writing and a float does not: as infinity it would be no JSON any more."""
    number = float(text)
    if math.isinf(number):
        raise ValueError("the number is too large")
    return number


def _is_too_deep(value: JsonValue) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        lists = (each for each in level if isinstance(each, list))
        level = [item for each in lists for item in each] + [
            item for each in level if isinstance(each, dict) for item in each.values()
        ]
        if not level:
            return False
    return True


def _whole(value: JsonValue) -> JsonValue:
    """The value without halves of surrogate pairs."""
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {_HALVES.sub("\ufffd", key): _whole(each) for key, each in value.items()}
    return value

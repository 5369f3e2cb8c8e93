"""What a service's body is, whatever it says about it: JSON, text, or neither."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Final

from seawall.toolsets.openapi.media import MediaType, form_of
from seawall.types import JsonValue

__all__ = ["Decoded", "NotJson", "as_json", "as_text", "is_binary"]

_CHARSETS: Final = frozenset(
    [
        "ascii",
        "us-ascii",
        "utf-8",
        "utf8",
        "utf-16",
        "utf-16le",
        "utf-16be",
        "utf-32",
        "utf-32le",
        "utf-32be",
        "shift_jis",
        "euc-jp",
        "iso-2022-jp",
        "euc-kr",
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
        "koi8-r",
        "koi8-u",
        "macintosh",
        "iso-8859-1",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-9",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "latin1",
        "tis-620",
        "windows-874",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
    ]
)
"""Encodings of text. Python knows more names, some of which are no encodings, or take a time that grows with the square."""

_NAMES: Final = {"macintosh": "mac-roman", "windows-874": "cp874"}
_CONTROLS: Final = frozenset(range(32)) - frozenset(b"\t\n\r\x0b\x0c\x1b\x08")
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")  # may be half of a surrogate pair, which no answer can carry
_HALVES: Final = re.compile("[\ud800-\udfff]")
_DEEPEST: Final = 200  # values in each other; what writes the answer gives up at 255
_LOOKED_AT: Final = 4096  # bytes that tell text from data


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and what was wrong with its bytes: None when nothing was."""

    text: str
    fault: str | None = None


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


def as_text(body: bytes, media: MediaType) -> Decoded:
    """The body as text, in the charset that it names, in UTF-8, or at last in one that takes any byte."""
    charset = media.parameters.get("charset", "utf-8").strip().lower()
    fault = None
    if charset not in _CHARSETS:
        fault, charset = f"the charset {charset[:40]!r} is unknown", "utf-8"
    for name in (_NAMES.get(charset, charset), "utf-8"):
        try:
            return Decoded(body.decode("utf-8-sig" if name in {"utf-8", "utf8"} else name), fault)
        except UnicodeDecodeError:
            fault = f"some bytes are no {charset}"
    return Decoded(body.decode("utf-8", "replace"), fault)


def is_binary(body: bytes, media: MediaType) -> bool:
    """Whether the body is no text: by what it says, and of what may be either, by its first bytes."""
    if media.name and media.name != "application/octet-stream" and form_of(media) != "binary":
        return False
    if media.main in {"image", "audio", "video", "font"}:
        return True
    start = body[:_LOOKED_AT]
    if any(byte in _CONTROLS for byte in start):
        return True
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return error.start < len(start) - 3  # the last character may be cut in two
    return bool(media.name) and media.name != "text/plain"


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

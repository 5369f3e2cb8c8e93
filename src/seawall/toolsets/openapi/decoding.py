"""What a service's body is that is no JSON, whatever it says about it: text, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from seawall.toolsets.openapi.media import MediaType, form_of

__all__ = ["Decoded", "as_text", "is_binary"]

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
_LOOKED_AT: Final = 4096  # bytes that tell text from data


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and what was wrong with its bytes: None when nothing was."""

    text: str
    fault: str | None = None


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

"""Percent-encoding (RFC 3986, 2.1): what a value may look like in a path, a query or a form, so that it stays one value.

Whatever the description of an API allows, a value never ends its part of the URL and never begins another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urljoin, urlsplit, urlunsplit

__all__ = [
    "climbs",
    "form",
    "form_text",
    "in_path",
    "in_query",
    "located",
    "meant",
    "names_of",
    "path_of",
    "resolved",
    "template",
]

_IN_PATH: Final = ":@!$&'()*+,;="
"""Reserved characters that a segment of a path may hold as they are (RFC 3986, 3.3)."""

_IN_QUERY: Final = ":@!$'()*,;=/?"
"""Those that a value of a query may hold: without `&` and `+`, which mean something to whoever parses it, without
`#`, which ends it, and without brackets (RFC 3986, 3.4)."""

_TRIPLE: Final = re.compile(r"(%[0-9A-Fa-f]{2})")
_DEPTH: Final = 4  # times that a text may have been encoded, one after another


def in_path(text: str, *, reserved: bool = False, keep_out: str = "") -> str:
    """A value as it stands in one segment of a path.

    Args:
        text: any text without lone surrogates.
        reserved: leave reserved characters that mean nothing in a path, and encoded triples, as they are
            (`allowReserved`; RFC 6570, 3.2.3). A slash, a question mark and a number sign are encoded all the same.
        keep_out: characters that are encoded nevertheless, since they separate values.
    """
    return _encoded(text, _without(_IN_PATH, keep_out)) if reserved else quote(text, safe="")


def in_query(text: str, *, reserved: bool = False, keep_out: str = "") -> str:
    """A name or value as it stands in a query: a space is `%20`. The arguments are those of `in_path`."""
    return _encoded(text, _without(_IN_QUERY, keep_out)) if reserved else quote(text, safe="")


def form_text(text: str, *, reserved: bool = False, keep_out: str = "") -> str:
    """A name or value of a form: a space is `+` (application/x-www-form-urlencoded, WHATWG URL, 5.2)."""
    if not reserved:
        return quote_plus(text, safe="*")
    return _encoded(text, _without(_IN_QUERY, keep_out) + " ").replace(" ", "+")


def template(text: str) -> str:
    """The fixed part of a path as a description writes it: what is encoded stays, what should be is."""
    return quote(text, safe=f"/%{_IN_PATH}~")


def form(pairs: Iterable[tuple[str, str]]) -> str:
    """A whole form of pairs that are not encoded yet."""
    return "&".join(f"{form_text(name)}={form_text(value)}" for name, value in pairs)


def meant(text: str, *, form: bool = False) -> str:
    """What an encoded name or value of a query means; of a form, where a plus sign is a space, if it is one."""
    return unquote_plus(text) if form else unquote(text)


def names_of(query: str) -> set[str]:
    """The names of a query's parameters."""
    return {name for name, _ in parse_qsl(query, keep_blank_values=True)}


def path_of(url: str) -> str:
    """The path of a URL, without a slash at its end."""
    return urlsplit(url).path.rstrip("/")


def climbs(text: str) -> bool:
    """Whether a value, however often it is decoded on its way, has a part `.` or `..` (RFC 3986, 5.2.4)."""
    for _ in range(_DEPTH):
        if any(part.partition(";")[0] in {".", ".."} for part in re.split(r"[/\\]", text)):
            return True
        decoded = unquote(text)
        if decoded == text:
            return False
        text = decoded
    return "%" in text  # nobody encodes a value so often who means well


def resolved(base: str, reference: str) -> str:
    """The reference as an absolute URL (RFC 3986, 5.2)."""
    return urljoin(base, reference)


def located(base: str, path: str, query: str) -> str:
    """The URL of `path`, which begins with a slash, below `base`: both encoded already.

    What `base` has of a query comes first; its fragment goes.
    """
    parts = urlsplit(base)
    joined = "&".join(text for text in (parts.query, query) if text)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + path, joined, ""))


def _encoded(text: str, safe: str) -> str:
    """The text encoded but for `safe` characters and what is an encoded triple already."""
    pieces = _TRIPLE.split(text)  # every second piece is a triple
    return "".join(piece if odd % 2 else quote(piece, safe=safe) for odd, piece in enumerate(pieces))


def _without(safe: str, keep_out: str) -> str:
    return "".join(character for character in safe if character not in keep_out)

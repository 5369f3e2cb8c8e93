"""URIs of resources and their templates: RFC 6570 as far as MCP servers need it, read without any leniency.

A path may be written in many ways, and whoever guards it must know but one of them. So a URI fits a template only in
the form that expanding the template gives: decoded once, as UTF-8, without empty, `.` or `..` segments, and without a
separator that was encoded. Whatever else comes is no resource.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2  # type: ignore[import-untyped]

from seawall.toolsets.cleaning import is_clean_name

__all__ = ["LONGEST", "Template", "template_of"]

_VARIABLE: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_]{0,63})(\*?)\}")
_TRIPLET: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_ALLOWED: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()+,;=:@-]|%[0-9A-Fa-f]{2})+")
LONGEST: Final = 4096
"""Characters of a URI; a longer one is none."""

_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Template:
    """A template as `handbook://{page*}`.

    Attributes:
        text: as declared.
        variables: their names, in order.
        spanning: those that stand for several segments.
    """

    text: str
    variables: tuple[str, ...]
    spanning: frozenset[str]
    _pattern: Any  # of RE2: a caller chooses the URI, and several variables in one segment would be tried in all ways

    def match(self, uri: str) -> dict[str, str] | None:
        """The decoded values of a URI that is one of the template's; None for any other."""
        found = self._pattern.fullmatch(uri) if len(uri) <= LONGEST and uri.isprintable() else None
        if found is None:
            return None
        values: dict[str, str] = {}
        for name, written in found.groupdict().items():
            value = _path(written) if name in self.spanning else _segment(written)
            if value is None:
                return None
            values[name] = value
        return values

    def expand(self, values: Mapping[str, str]) -> str:
        """The URI for values, the one that `match` takes back."""

        def one(found: re.Match[str]) -> str:
            return _encoded(values[found[1]], safe=b"/" if found[2] else b"")

        return _VARIABLE.sub(one, self.text)


@lru_cache(maxsize=4096)
def template_of(text: str) -> Template | None:
    """The template; None for a URI without variables, or with one that stands twice."""
    found = _VARIABLE.findall(text)
    names = tuple(name for name, _ in found)
    if not names or len(set(names)) != len(names):
        return None
    pattern, last = "", 0
    for match in _VARIABLE.finditer(text):
        pattern += re.escape(text[last : match.start()])
        pattern += f"(?P<{match[1]}>{'[^?#]+' if match[2] else '[^/?#]+'})"
        last = match.end()
    spanning = frozenset(name for name, star in found if star)
    return Template(text, names, spanning, re2.compile(pattern + re.escape(text[last:])))


def _encoded(text: str, *, safe: bytes) -> str:
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(each) if each in _UNRESERVED or each in safe else f"%{each:02X}" for each in data)


def _path(written: str) -> str | None:
    segments = [_segment(each) for each in written.split("/")]
    return None if None in segments else "/".join(each for each in segments if each is not None)


def _segment(written: str) -> str | None:
    """One segment, decoded; None for what no expansion gives."""
    if not _ALLOWED.fullmatch(written):
        return None
    data = _TRIPLET.sub(lambda triplet: chr(int(triplet[0][1:], 16)), written).encode("latin-1")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    unusable = text in {".", ".."} or "/" in text or "\\" in text or not is_clean_name(text)
    return None if unusable else text

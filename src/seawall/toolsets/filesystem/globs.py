"""Translates file name globs to regular expressions of RE2.

A glob is translated, never expanded: `{a,b}` becomes an alternation, so braces cannot multiply.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SEPARATOR", "translate"]

SEPARATOR: Final = "\0"
"""The one character that no name contains; no translated glob matches it."""

_BRACES: Final = 16  # nesting


def translate(glob: str, *, braces: bool = True) -> str:
    """The regular expression of a glob. Without `braces`, these stand for themselves, as in .gitignore files.

    Raises:
        ValueError: it is empty, or has braces or brackets that make no sense.
    """
    return _Translation(glob, braces=braces).text()


_ANY: Final = r"[^/\x00]"
_SPECIAL: Final = frozenset(r"\.+*?()|[]{}^$")


class _Translation:
    """One pass over a glob, building the regular expression."""

    def __init__(self, glob: str, *, braces: bool) -> None:
        if not glob:
            raise ValueError("it is empty")
        self._glob = glob
        self._braces = "{,}" if braces else ""
        self._position = 0
        self._depth = 0

    def text(self) -> str:
        parts: list[str] = []
        while self._position < len(self._glob):
            parts.append(self._next())
        if self._depth:
            raise ValueError("a { is never closed; write \\{ for the character itself")
        return "".join(parts)

    def _next(self) -> str:
        character = self._glob[self._position]
        self._position += 1
        if character == "*":
            return self._stars()
        if character == "?":
            return _ANY
        if character == "[":
            return self._class()
        if character == "\\" and self._position < len(self._glob):
            self._position += 1
            return _escaped(self._glob[self._position - 1])
        return self._brace(character) if character in self._braces else _escaped(character)

    def _stars(self) -> str:
        start = self._position - 1
        while self._glob[self._position : self._position + 1] == "*":
            self._position += 1
        before, after = self._glob[:start], self._glob[self._position :]
        if self._position - start == 1 or not (before.endswith(("/", "{", ",")) or not before):
            return f"{_ANY}*"
        if after.startswith("/"):
            self._position += 1
            return r"(?:[^\x00]*/)?"
        return r"[^\x00]*" if not after or after[0] in ",}" else f"{_ANY}*"

    def _brace(self, character: str) -> str:
        if character == "{":
            self._depth += 1
            if self._depth > _BRACES:
                raise ValueError("braces are nested too deeply")
            return "(?:"
        if not self._depth:
            return _escaped(character)
        if character == ",":
            return "|"
        self._depth -= 1
        return ")"

    def _class(self) -> str:
        start = self._position
        negated = self._glob[start : start + 1] in ("!", "^")
        start += negated
        end = self._glob.find("]", start + 1)
        if end < 0:
            return r"\["  # as shells do: an open bracket alone is a character
        self._position = end + 1
        members = self._glob[start:end]
        low_high = [f"{_escaped(a)}-{_escaped(b)}" for a, b in _ranges(members) if a <= b]
        if not low_high:
            raise ValueError(f"[{members}] contains nothing")
        return f"[^/\\x00{''.join(low_high)}]" if negated else f"[{''.join(low_high)}]"


def _ranges(members: str) -> list[tuple[str, str]]:
    """The characters and ranges of a class, each as (first, last)."""
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(members):
        first = members[position]
        if members[position + 1 : position + 2] == "-" and position + 2 < len(members):
            found.append((first, members[position + 2]))
            position += 3
        else:
            found.append((first, first))
            position += 1
    return found


def _escaped(character: str) -> str:
    if character in _SPECIAL or character == "-":
        return f"\\{character}"
    return "\\x00" if character == SEPARATOR else character

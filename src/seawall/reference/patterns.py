"""A text that a simple regular expression matches, for examples. What is not simple gets none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

__all__ = ["matching"]

_LONGEST: Final = 256
_CLASSES: Final = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}
_ANYTHING: Final = "a"


class _Unknown(Exception):  # noqa: N818  a signal within this module
    """The expression has something that this reader does not know."""


def matching(pattern: str) -> Iterator[str]:
    """A text that probably matches, if the expression is simple; the caller checks it."""
    reader = _Reader(pattern)
    try:
        text = reader.alternatives()
    except (_Unknown, IndexError, ValueError):
        return
    if reader.done and len(text) <= _LONGEST:
        yield text


class _Reader:
    """Reads literals, classes, groups, alternatives and counts, and takes the first and shortest of each."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._pattern)

    def alternatives(self) -> str:
        """The first alternative; the others are read and dropped."""
        first = self._sequence()
        while self._take("|"):
            self._sequence()
        return first

    def _sequence(self) -> str:
        made: list[str] = []
        while not self.done and self._pattern[self._at] not in "|)":
            made.append(self._repeated(self._one()))
            if sum(map(len, made)) > _LONGEST:
                raise _Unknown
        return "".join(made)

    def _one(self) -> str:
        character = self._next()
        match character:
            case "^" | "$":
                return ""
            case ".":
                return _ANYTHING
            case "[":
                return self._class()
            case "(":
                return self._group()
            case "\\":
                return self._escape()
            case "*" | "+" | "?" | "{":
                raise _Unknown
        return character

    def _group(self) -> str:
        if self._take("?") and not self._take(":"):
            raise _Unknown
        inner = self.alternatives()
        if not self._take(")"):
            raise _Unknown
        return inner

    def _escape(self) -> str:
        character = self._next()
        if character in "bB":
            return ""
        if character.isalnum() and character not in {*_CLASSES, *_ESCAPES}:
            raise _Unknown
        return _CLASSES.get(character) or _ESCAPES.get(character) or character

    def _class(self) -> str:
        if self._take("^"):
            end = self._pattern.index("]", self._at + 1)
            excluded = self._pattern[self._at : end]
            self._at = end + 1
            return next(character for character in "a1-_ Z" if character not in excluded)
        start = self._at
        first = self._escape() if self._take("\\") else self._next()
        while self._pattern[self._at] != "]":
            self._at += 2 if self._pattern[self._at] == "\\" else 1
        inside = self._pattern[start : self._at]
        self._at += 1
        # A small letter reads better than what happens to stand first.
        return "a" if "a-z" in inside and first != "a" else first

    def _repeated(self, text: str) -> str:
        if self.done:
            return text
        count = 1
        match self._pattern[self._at]:
            case "*" | "?" | "+":
                self._at += 1
            case "{":
                end = self._pattern.index("}", self._at)
                count = int(self._pattern[self._at + 1 : end].partition(",")[0] or 0)
                self._at = end + 1
            case _:
                return text
        self._take("?")
        if count * len(text) > _LONGEST:
            raise _Unknown
        return text * count

    def _next(self) -> str:
        character = self._pattern[self._at]
        self._at += 1
        return character

    def _take(self, character: str) -> bool:
        taken = self._pattern.startswith(character, self._at)
        self._at += len(character) if taken else 0
        return taken

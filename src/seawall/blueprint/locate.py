"""Where each key and each value of a TOML text stands.

`tomllib` is the parser; it keeps no positions. This scanner reads the same text only for them, so it may be
forgiving: it never raises, and at the first thing that it cannot read it stops and keeps what it has. Nothing
but a message's line and column hangs on it.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final, TypeAlias

__all__ = ["MAX_DEPTH", "KeyPath", "Locations", "Position", "Repeat", "locate", "path_of"]

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value: names of tables and settings, and numbers of array items."""

MAX_DEPTH: Final = 32
"""Levels of tables and arrays that a blueprint may have: more than any setting needs, and few enough that
reading it can neither exhaust the stack nor take quadratic time."""

_BLANK: Final = re.compile(r"[ \t\n]+|#[^\n]*")
_BLANK_OR_COMMA: Final = re.compile(r"[ \t\n,]+|#[^\n]*")
_SPACE: Final = re.compile(r"[ \t]*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE: Final = re.compile(r"[^,\]}#\n]+")
_IN_STRING: Final = {
    '"': re.compile(r'\\.|"|\n', re.DOTALL),
    "'": re.compile(r"'|\n"),
    '"""': re.compile(r'\\.|"{3,5}', re.DOTALL),
    "'''": re.compile(r"'{3,5}"),
}


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the text: 1-based line, 1-based column in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A setting, or a table by its header, that is given twice."""

    path: KeyPath
    header: bool
    first: Position
    second: Position


@dataclass(slots=True)
class Locations:
    r"""The positions of one text.

    Attributes:
        text: the text, its line ends made `\n`.
        keys: offset of each key, table header or array item.
        values: offset of each value; of a table, of its header.
        ends: offset behind each value that is no array and no table.
        stopped: offset at which the scanner gave up, or None when it read everything.
        too_deep: offset of the first key or value below `MAX_DEPTH` levels, or None.
    """

    text: str
    keys: dict[KeyPath, int] = field(default_factory=dict)
    values: dict[KeyPath, int] = field(default_factory=dict)
    ends: dict[KeyPath, int] = field(default_factory=dict)
    repeats: list[Repeat] = field(default_factory=list)
    stopped: int | None = None
    too_deep: int | None = None
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0, *(match.end() for match in re.finditer(r"\n", self.text))]

    def position(self, offset: int) -> Position:
        """Line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, at most the length of the text."""
        start = self._starts[min(line, len(self._starts)) - 1]
        return min(start + column - 1, len(self.text))

    def key(self, path: KeyPath) -> Position:
        """Where the key stands, or its nearest ancestor that was located."""
        return self._nearest(path, self.keys)

    def value(self, path: KeyPath) -> Position:
        """Where the value stands, or its nearest ancestor that was located."""
        return self._nearest(path, self.values)

    def key_at(self, offset: int) -> KeyPath:
        """The last setting that begins at an offset or before it on the same line, or an empty path."""
        start = self._starts[self.position(offset).line - 1]
        found = [(place, path) for path, place in self.keys.items() if start <= place <= offset]
        return max(found)[1] if found else ()

    def _nearest(self, path: KeyPath, places: dict[KeyPath, int]) -> Position:
        if path in places:
            return self.position(places[path])
        for length in range(len(path) - 1, 0, -1):
            if path[:length] in self.keys:
                return self.position(self.keys[path[:length]])
        return Position(1, 1)


def path_of(key: str) -> KeyPath:
    """The path that a key such as `toolset[0].roots` names; no part of it may hold a dot or a bracket."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", key))


def locate(text: str) -> Locations:
    """The positions of a TOML text without byte order mark. Never raises; takes linear time."""
    scanner = _Scanner(Locations(text.replace("\r\n", "\n")))
    try:
        while scanner.statement():
            pass
    except _StopError:
        scanner.found.stopped = scanner.offset
    return scanner.found


class _StopError(Exception):
    """The scanner cannot read on: malformed text, or too many levels."""


@dataclass(slots=True)
class _Open:
    """An array or inline table whose end has not been reached; `items` counts an array's items."""

    path: KeyPath
    closer: str
    items: int = 0


class _Scanner:
    def __init__(self, found: Locations) -> None:
        self.found = found
        self.offset = 0
        self._text = found.text
        self._table: KeyPath = ()
        self._arrays: dict[KeyPath, int] = {}  # arrays of tables: how many entries so far
        self._defined: set[KeyPath] = set()  # what may not be given again

    def statement(self) -> bool:
        """Read one header or setting; False at the end of the text."""
        while self._skip(_BLANK):
            pass
        if self.offset >= len(self._text):
            return False
        if self._text.startswith("[[", self.offset):
            self._array_header()
        elif self._text[self.offset] == "[":
            self._header()
        else:
            self._setting(self._table)
        return True

    def _header(self) -> None:
        self.offset += 1
        parts = self._key_parts()
        self._expect("]")
        self._table = self._table_path(parts)
        repeated = self._table[:-1] if isinstance(self._table[-1], int) else self._table
        if repeated in self._defined or repeated in self._arrays:
            self._repeated(repeated, parts[-1][1], header=True)
        self._defined.add(self._table)

    def _array_header(self) -> None:
        self.offset += 2
        parts = self._key_parts()
        self._expect("]]")
        name, offset = parts[-1]
        array = (*self._table_path(parts[:-1]), name)
        if array not in self._arrays and array in self._defined:
            self._repeated(array, offset, header=True)
        self._record(array, offset)
        number = self._arrays.get(array, 0)
        self._arrays[array] = number + 1
        self._table = (*array, number)
        self._record(self._table, offset)

    def _table_path(self, parts: list[tuple[str, int]]) -> KeyPath:
        path: KeyPath = ()
        for name, offset in parts:
            path = (*path, name)
            self._record(path, offset)
            if path in self._arrays:  # a header below an array of tables means its last entry
                path = (*path, self._arrays[path] - 1)
        return path

    def _setting(self, table: KeyPath) -> KeyPath:
        """Read `key = value` up to the value's end, or up to the opening bracket of a value that nests."""
        path = self._setting_key(table)
        for opened in self._value(path):
            self._nested(opened)
        return path

    def _setting_key(self, table: KeyPath) -> KeyPath:
        parts = self._key_parts()
        self._expect("=")
        self._skip(_SPACE)
        path, taken = table, False
        for name, offset in parts:
            path = (*path, name)
            taken = path in self.found.keys
            self._record(path, offset)
        if taken:
            self._repeated(path, parts[-1][1], header=False)
        self._defined.add(path)
        return path

    def _nested(self, outermost: _Open) -> None:
        """Read an array or inline table to its end, whatever it holds, without recursion."""
        stack = [outermost]
        while stack:
            inner = stack[-1]
            while self._skip(_BLANK_OR_COMMA):
                pass
            if self.offset >= len(self._text):
                self.offset = self.found.values[inner.path]  # where what never ends was opened
                raise _StopError
            if self._text.startswith(inner.closer, self.offset):
                self.offset += 1
                stack.pop()
            elif inner.closer == "]":
                path = (*inner.path, inner.items)
                inner.items += 1
                self._record(path, self.offset)
                stack += self._value(path)
            else:
                stack += self._value(self._setting_key(inner.path))

    def _value(self, path: KeyPath) -> list[_Open]:
        """Read a value; of an array or inline table only the opening bracket, which is handed back."""
        self.found.values[path] = self.offset
        first = self._text[self.offset : self.offset + 1]
        if first in {"[", "{"}:
            self.offset += 1
            return [_Open(path, "]" if first == "[" else "}")]
        if first in {'"', "'"}:
            self._string()
        elif not self._skip(_BARE_VALUE):
            raise _StopError
        written = self._text[self.found.values[path] : self.offset]
        self.found.ends[path] = self.found.values[path] + len(written.rstrip())
        return []

    def _key_parts(self) -> list[tuple[str, int]]:
        """Read a key, dotted or not: each part with its offset."""
        parts: list[tuple[str, int]] = []
        while True:
            self._skip(_SPACE)
            start = self.offset
            if self._text[start : start + 1] in {'"', "'"}:
                parts.append((self._quoted_key(), start))
            elif self._skip(_BARE_KEY):
                parts.append((self._text[start : self.offset], start))
            else:
                raise _StopError
            self._skip(_SPACE)
            if len(parts) > MAX_DEPTH:
                self._too_deep(start)
            if not self._text.startswith(".", self.offset):
                return parts
            self.offset += 1

    def _quoted_key(self) -> str:
        start = self.offset
        self._string()
        written = self._text[start : self.offset]
        if "\\" not in written or written[0] == "'":
            return written[1:-1]
        try:
            return str(tomllib.loads(f"key = {written}")["key"])
        except tomllib.TOMLDecodeError:
            self.offset = start
            raise _StopError from None

    def _string(self) -> None:
        """Read a string of any of the four forms; on a missing end, stop where it began."""
        start = self.offset
        quote = self._text[start]
        if self._text.startswith(quote * 3, start):
            quote *= 3
        here = start + len(quote)
        while match := _IN_STRING[quote].search(self._text, here):
            here = match.end()
            if match[0][0] == quote[0]:
                self.offset = here
                return
            if match[0] == "\n":
                break
        raise _StopError

    def _repeated(self, path: KeyPath, offset: int, *, header: bool) -> None:
        first, second = self.found.position(self.found.keys[path]), self.found.position(offset)
        self.found.repeats.append(Repeat(path, header, first, second))

    def _record(self, path: KeyPath, offset: int) -> None:
        if len(path) > MAX_DEPTH:
            self._too_deep(offset)
        self.found.keys.setdefault(path, offset)
        self.found.values.setdefault(path, offset)

    def _too_deep(self, offset: int) -> None:
        self.found.too_deep = offset
        raise _StopError

    def _expect(self, text: str) -> None:
        if not self._text.startswith(text, self.offset):
            raise _StopError
        self.offset += len(text)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self._text, self.offset)
        moved = match is not None and match.end() > self.offset
        if match is not None:
            self.offset = match.end()
        return moved

"""File name globs and regular expressions, both matched by RE2: time linear in the text, whatever the pattern.

A glob is translated, never expanded: `{a,b}` becomes an alternation, so braces cannot multiply. Names are
matched a directory at a time, in one buffer, because the call costs more than the match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

import re2  # type: ignore[import-untyped]

from seawall.errors import InvalidArgumentsError

__all__ = ["Expression", "Glob", "Match", "Selector", "compile_expression", "compile_glob", "translate"]

_MEMORY: Final = 8 * 1024**2  # bytes that RE2 may use for one pattern: its program and its state caches
_PROGRAM_LIMIT: Final = 10_000  # instructions; the slowest search costs that many steps for each byte
_BRACES: Final = 16  # nesting
_SEPARATOR: Final = "\0"  # the one character that no name contains


class Match(Protocol):
    """What was found; offsets are bytes of the text."""

    def start(self) -> int:
        """Where it begins."""

    def end(self) -> int:
        """Where it ends."""


class Expression(Protocol):
    """A compiled pattern that searches bytes of UTF-8."""

    @property
    def programsize(self) -> int:
        """Instructions of the compiled program: the cost of a byte in the worst case."""

    def search(self, text: bytes, pos: int = 0, endpos: int | None = None) -> Match | None:
        """The first match within `text[pos:endpos]`, seen in its surroundings."""

    def fullmatch(self, text: bytes) -> Match | None:
        """The match that covers the whole text."""


def compile_pattern(pattern: str, *, ignore_case: bool = False) -> Expression:
    """Compile for RE2, quietly and within a fixed memory budget.

    Raises:
        ValueError: with RE2's reason.
    """
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False  # RE2 writes to the process's stderr otherwise
    options.case_sensitive = not ignore_case
    options.never_capture = True
    try:
        expression = cast("Expression", re2.compile(pattern, options))
    except re2.error as error:
        reason = error.args[0] if error.args else "not a valid pattern"
        raise ValueError(
            reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        ) from None
    except UnicodeEncodeError:
        raise ValueError("not valid Unicode text") from None
    finally:
        re2.purge()  # its cache would keep up to 128 callers' patterns, each with its memory
    if expression.programsize > _PROGRAM_LIMIT:
        raise ValueError("the pattern is too complex: use smaller repetitions")
    return expression


def compile_expression(pattern: str, *, ignore_case: bool, tool: str) -> Expression:
    """The regular expression of a content search; `^` and `$` are the limits of a line.

    Raises:
        InvalidArgumentsError: with RE2's reason.
    """
    try:
        return compile_pattern("(?m)" + pattern, ignore_case=ignore_case)
    except ValueError as error:
        fault = f"content is not a regular expression that RE2 accepts ({error})"
        raise InvalidArgumentsError(tool=tool, faults=[fault]) from error


@dataclass(frozen=True, slots=True)
class Selector:
    """Picks names of a directory that match a translated glob.

    Attributes:
        whole_path: whether the path below some base is matched, not the name alone.
    """

    whole_path: bool
    _many: Expression

    @classmethod
    def compile(cls, body: str, *, whole_path: bool, ignore_case: bool = False) -> Selector:
        """The selector of what `translate` gave.

        Raises:
            ValueError: with RE2's reason.
        """
        return cls(whole_path, compile_pattern(f"\\x00(?:{body})\\x00", ignore_case=ignore_case))

    def select(self, names: Sequence[str], *, prefix: str = "") -> set[str]:
        """Those of the names that match; `prefix` is the directory's path, with a slash at its end."""
        if not names:
            return set()
        head = prefix if self.whole_path else ""
        between = f"{_SEPARATOR}{_SEPARATOR}{head}"
        text = f"{_SEPARATOR}{head}{between.join(names)}{_SEPARATOR}".encode()
        skipped = len(head.encode()) + 1
        found: set[str] = set()
        position = 0
        while (match := self._many.search(text, position)) is not None:
            position = match.end()
            found.add(text[match.start() + skipped : position - 1].decode())
        return found


@dataclass(frozen=True, slots=True)
class Glob:
    """A compiled name pattern.

    Attributes:
        selector: matches the path below the searched directory if the pattern has a slash, else the name alone.
        directories_only: whether it ends with a slash.
    """

    selector: Selector
    directories_only: bool


def compile_glob(pattern: str, *, ignore_case: bool, tool: str) -> Glob:
    """The glob of a name search: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, `**` for any number of directories.

    Raises:
        InvalidArgumentsError: the pattern is empty or too complex.
    """
    bare = pattern.rstrip("/")
    try:
        body = translate(bare.lstrip("/"))
        selector = Selector.compile(body, whole_path="/" in bare, ignore_case=ignore_case)
    except ValueError as error:
        fault = f"name is not a file name pattern ({error})"
        raise InvalidArgumentsError(tool=tool, faults=[fault]) from error
    return Glob(selector, bare != pattern)


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
    return "\\x00" if character == _SEPARATOR else character

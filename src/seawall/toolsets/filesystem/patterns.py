"""File name globs and regular expressions, both matched by RE2: time linear in the text, whatever the pattern.

Compiling is not linear, and no other thread runs meanwhile: a few characters can ask for a million instructions.
So a pattern is compiled with little memory first, where RE2 gives up soon.

Names are matched many at a time, in one buffer, because the call costs more than the match; but no more at once than
the pattern gets through in a moment, for no search can be stopped half-way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

import re2  # type: ignore[import-untyped]

from seawall.errors import InvalidArgumentsError
from seawall.toolsets.filesystem.globs import SEPARATOR, translate

__all__ = [
    "Expression",
    "Glob",
    "Match",
    "NameBlock",
    "Selector",
    "compile_expression",
    "compile_glob",
    "compile_pattern",
]

_MEMORY: Final = 8 * 1024**2  # bytes that RE2 may use for one pattern: its program and its state caches
_PROBE: Final = 256 * 1024  # bytes for a first attempt: enough for _PROGRAM_LIMIT, and refused within 0.1 s
_PROGRAM_LIMIT: Final = 10_000  # instructions; the slowest search costs that many steps for each byte
_WORK: Final = 16 * 1024**2  # instructions times bytes of names between two questions whether to go on
_BLOCK: Final = 1024**2  # bytes of names that are laid out at once
_NAME: Final = 255  # bytes of a name, in nearly every file system


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


def compile_pattern(pattern: str, *, ignore_case: bool = False, memory: int = _MEMORY) -> Expression:
    """Compile for RE2, quietly and within a fixed budget of memory and time.

    Raises:
        ValueError: with RE2's reason.
    """
    _compile(pattern, ignore_case=ignore_case, memory=_PROBE)
    return _compile(pattern, ignore_case=ignore_case, memory=memory)


def _compile(pattern: str, *, ignore_case: bool, memory: int) -> Expression:
    options = re2.Options()
    options.max_mem = memory
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


class NameBlock:
    """Some names of one directory, laid out for selectors: once, however many of them look.

    Attributes:
        names: at most a mebibyte of them, with the directory's path before each.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._texts: dict[str, bytes] = {}

    @classmethod
    def of(cls, names: Sequence[str], prefix: str) -> Iterator[NameBlock]:
        """The names in blocks; `prefix` is the longest path that selectors will put before them."""
        count = max(1, _BLOCK // (len(prefix.encode()) + _NAME + 2))
        for first in range(0, len(names), count):
            yield cls(names[first : first + count])

    def text(self, head: str) -> bytes:
        """Each name with `head` before it, between separators. The last two heads are remembered."""
        text = self._texts.get(head)
        if text is None:
            self._texts = {one: kept for one, kept in self._texts.items() if not one}
            between = f"{SEPARATOR}{SEPARATOR}{head}"
            text = f"{SEPARATOR}{head}{between.join(self.names)}{SEPARATOR}".encode()
            self._texts[head] = text
        return text


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Selector:
    """Picks names of a directory that match a translated glob.

    Attributes:
        whole_path: whether the path below some base is matched, not the name alone.
    """

    whole_path: bool
    _many: Expression

    @classmethod
    def compile(
        cls, body: str, *, whole_path: bool, ignore_case: bool = False, memory: int = _MEMORY
    ) -> Selector:
        """The selector of what `translate` gave.

        Raises:
            ValueError: with RE2's reason.
        """
        return cls(
            whole_path, compile_pattern(f"\\x00(?:{body})\\x00", ignore_case=ignore_case, memory=memory)
        )

    def select(
        self, names: Sequence[str], going_on: Callable[[], bool] = _always, *, prefix: str = ""
    ) -> set[str] | None:
        """Those of the names that match; None when `going_on`, asked again and again, said no.

        `prefix` is the directory's path, with a slash at its end.
        """
        found: set[str] = set()
        for block in NameBlock.of(names, prefix if self.whole_path else ""):
            here = self.select_from(block, going_on, prefix=prefix)
            if here is None:
                return None
            found |= here
        return found

    def select_from(self, block: NameBlock, going_on: Callable[[], bool], *, prefix: str) -> set[str] | None:
        """The same for one block."""
        head = prefix if self.whole_path else ""
        text = block.text(head)
        skipped = len(head.encode()) + 1
        size = max(1, _WORK // self._many.programsize)
        found: set[str] = set()
        position = 0
        while position < len(text):
            if not going_on():
                return None
            end = _entry_end(text, position, size)
            while (match := self._many.search(text, position, end)) is not None:
                position = match.end()
                found.add(text[match.start() + skipped : position - 1].decode())
            position = end
        return found


def _entry_end(text: bytes, position: int, size: int) -> int:
    """The end of an entry, `size` bytes behind `position` or before that, but one entry behind it at least."""
    if position + size >= len(text):
        return len(text)
    end = text.rfind(b"\0\0", position, position + size)
    if end < 0:
        end = text.find(b"\0\0", position + size)
    return len(text) if end < 0 else end + 1


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

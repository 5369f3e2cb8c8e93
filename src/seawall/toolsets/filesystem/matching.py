"""Finds the lines of a text in which a pattern matches: whole buffers first, single lines only where it counts.

The text is searched in blocks that end at line ends, so that the pattern engine is called once for many lines
and can be stopped between two blocks. A block is smaller the larger the compiled pattern is: the slowest search
takes time in proportion to both.

A match lies within one line. A line that is longer than a block is searched in overlapping pieces; within such
a line a match of more than OVERLAP bytes can be missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from seawall.toolsets.filesystem.patterns import Expression
from seawall.toolsets.filesystem.text import TextFormat

__all__ = ["OVERLAP", "LineMatch", "context", "matching_lines", "shown"]

OVERLAP: Final = 4_096
_WORK: Final = 16 * 1024**2  # pattern instructions times bytes in one block
_SMALLEST: Final = 2 * OVERLAP
_LARGEST: Final = 1024**2
_TEXT: Final = 400  # characters of a line that are shown
_LEAD: Final = 120  # of these before the match


@dataclass(frozen=True, slots=True)
class LineMatch:
    """One line in which the pattern matches; positions are bytes of the buffer.

    Attributes:
        number: of the line, from 1.
        start: where the line begins.
        end: where it ends, without the line ending.
        at: where the first match in it begins.
    """

    number: int
    start: int
    end: int
    at: int


def matching_lines(
    data: bytes, expression: Expression, step: Callable[[], bool], *, after: int = 0
) -> Iterator[LineMatch]:
    """The matching lines of UTF-8 text with LF line endings, in order, from behind the line of number `after` on.

    `step` is asked between two blocks; when it says False, the search ends.
    """
    size = max(_SMALLEST, min(_LARGEST, _WORK // max(1, expression.programsize)))
    start = TextFormat("utf-8").nth_line_end(data, after) if after else 0
    if start is None:
        return
    position = counted = start
    number = after + 1
    while position <= len(data) and step():
        stop, following = _block(data, position, size)
        match = expression.search(data, position, stop)
        if match is None:
            position = following
            continue
        start = data.rfind(b"\n", 0, match.start()) + 1
        end = _line_end(data, match.start())
        if match.end() > end:  # it ran on into the next line: is there a shorter one in this line?
            match = expression.search(data, max(position, start), end)
        if match is not None and start < len(data):  # behind the last line ending there is no further line
            number += data.count(b"\n", counted, start)
            counted = start
            yield LineMatch(number, start, end, match.start())
        position = end + 1


def _block(data: bytes, position: int, size: int) -> tuple[int, int]:
    """Where the block from `position` ends, and where the next one begins."""
    if position + size >= len(data):
        return len(data), len(data) + 1
    line_end = data.rfind(b"\n", position, position + size) + 1
    if line_end:
        return line_end, line_end
    return min(len(data), position + size + OVERLAP), position + size


def _line_end(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end


def shown(data: bytes, line: LineMatch) -> tuple[str, bool]:
    """The line as it is shown, and whether that is only the part around the match."""
    if line.end - line.start <= _TEXT:
        return data[line.start : line.end].decode(errors="replace"), False
    before = data[max(line.start, line.at - 4 * _LEAD) : line.at].decode(errors="ignore")[-_LEAD:]
    after = data[line.at : min(line.end, line.at + 4 * _TEXT)].decode(errors="ignore")
    text = (before + after)[:_TEXT]
    return text, len(text.encode()) < line.end - line.start


def context(data: bytes, line: LineMatch, count: int) -> tuple[list[str], list[str]]:
    """Up to `count` lines before and after a line, each cut to what is shown of a line."""
    before: list[str] = []
    end = line.start - 1
    while len(before) < count and end >= 0:
        start = data.rfind(b"\n", 0, end) + 1
        before.append(_cut(data, start, end))
        end = start - 1
    after: list[str] = []
    start = line.end + 1
    while len(after) < count and start < len(data):
        end = _line_end(data, start)
        after.append(_cut(data, start, end))
        start = end + 1
    return before[::-1], after


def _cut(data: bytes, start: int, end: int) -> str:
    return data[start : min(end, start + 4 * _TEXT)].decode(errors="ignore")[:_TEXT]

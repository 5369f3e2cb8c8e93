"""Framing: bytes as they come, cut into lines of a bounded length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["LINE_LIMIT", "LineCutter", "TooLong"]

LINE_LIMIT = 4 * 1024 * 1024
"""Bytes that one message may have: what the SDK allows a request over HTTP, too."""


@dataclass(frozen=True, slots=True)
class TooLong:
    """In the place of a line that was longer than `limit` bytes and was not kept."""

    limit: int

    def __len__(self) -> int:
        """Bytes that are kept of it."""
        return 0


class LineCutter:
    """Cuts a stream of bytes at newlines. It never holds more than `limit` bytes of a line.

    A longer line is reported once, when it passes the limit, and then skipped as it comes, up to its newline.
    Blank lines are left out. A carriage return before the newline stays: JSON counts it as blank.
    """

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._open = bytearray()  # the line that has no newline yet
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | TooLong]:
        """The lines that `data` completes."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            yield from self._extend(end)
            yield from self._complete()
        if rest:
            yield from self._extend(rest)

    def end(self) -> Iterator[bytes]:
        """The last line, when the stream ended without a newline after it."""
        yield from self._complete()

    def _extend(self, part: bytes) -> Iterator[TooLong]:
        if self._skipping:
            return
        if len(self._open) + len(part) > self._limit:
            self._skipping = True
            self._open = bytearray()
            yield TooLong(self._limit)
        else:
            self._open += part

    def _complete(self) -> Iterator[bytes]:
        line, self._open = bytes(self._open), bytearray()
        if not self._skipping and line and not line.isspace():
            yield line
        self._skipping = False

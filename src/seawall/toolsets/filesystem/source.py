"""Positions in an open file: blocks, line ends and character boundaries, in bounded memory whatever its size."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from seawall.security.jail import OpenFile
from seawall.toolsets.filesystem.text import TextFormat

__all__ = ["MULTI_BYTE", "Decoded", "Source", "byte_length", "decode"]

_FORWARD: Final = 1024 * 1024  # bytes of one block; also a multiple of every code unit
_BACKWARD: Final = 65_536
MULTI_BYTE: Final = frozenset(
    ("shift_jis", "cp932", "euc-jp", "gbk", "gb18030", "big5", "big5hkscs", "euc-kr", "cp949")
)
"""Encodings with characters of several bytes, where each byte alone may mean something else."""

_LONGEST: Final = 4  # bytes of one character, in every encoding on offer


@dataclass(frozen=True, slots=True)
class Source:
    """An open regular file, up to the size that it had when it was opened.

    Attributes:
        file: open for reading.
        size: bytes; what is appended meanwhile is not seen.
        step: called between blocks; raises to stop.
    """

    file: OpenFile
    size: int
    step: Callable[[], None]

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`; fewer when the file was cut meanwhile."""
        parts: list[bytes] = []
        stop = min(stop, self.size)
        while start < stop:
            self.step()
            part = self.file.read_at(start, min(_FORWARD, stop - start))
            if not part:
                break
            parts.append(part)
            start += len(part)
        return b"".join(parts)

    def blocks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` to `stop`, a block at a time."""
        while start < stop and (block := self.read(start, min(start + _FORWARD, stop))):
            yield block
            start += len(block)

    def after_lines(self, start: int, stop: int, count: int, text: TextFormat) -> tuple[int, int]:
        """Where `count` lines from `start` end, and how many there really were before `stop`."""
        found = 0
        if count <= 0:
            return start, 0
        for block in self.blocks(start, stop):
            here = text.count_lines(block)
            if found + here >= count:
                for end in text.line_ends(block):
                    found += 1
                    if found == count:
                        return start + end, found
            found += here
            start += len(block)
        return start, found

    def before_lines(self, start: int, stop: int, count: int, text: TextFormat) -> int:
        """Where the last `count` lines before `stop` begin; not before `start`."""
        ending = text.ending
        position = stop
        if stop - start >= len(ending) and self.read(stop - len(ending), stop) == ending:
            position -= len(ending)  # the end of the last line, not the beginning of one more
        while position > start:
            low = max(start, position - _BACKWARD)
            ends = list(text.line_ends(self.read(low, position)))
            if len(ends) >= count:
                return low + ends[-count]
            count -= len(ends)
            position = low
        return start

    def character_start(self, offset: int, text: TextFormat) -> int:
        """The start of the character that has a byte at `offset`."""
        if text.unit > 1:
            offset -= offset % text.unit
            unit = self.read(offset, offset + 2)
            low = unit[1 if text.encoding == "utf-16-le" else 0] if len(unit) == 2 else 0  # noqa: PLR2004  a pair of bytes
            return offset - 2 if text.unit == 2 and 0xDC <= low <= 0xDF and offset >= 2 else offset  # noqa: PLR2004  low surrogate
        if text.encoding == "utf-8":
            before = self.read(max(0, offset - _LONGEST + 1), offset + 1)
            back = len(before) - 1
            while back > 0 and before[back] & 0xC0 == 0x80:  # noqa: PLR2004  continuation byte
                back -= 1
            return offset - (len(before) - 1 - back) if before and before[back] >= 0xC0 else offset  # noqa: PLR2004
        if text.encoding in MULTI_BYTE and offset:
            low = max(0, offset - _BACKWARD)
            before = self.read(low, offset)
            before = before[before.rfind(b"\n") + 1 :]  # no longer character contains that byte
            return offset - (len(before) - decode(before, text.encoding, final=False).used)
        return offset


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, how many bytes of it were whole characters, and whether it is not all that the bytes say."""

    text: str
    used: int
    damaged: bool


def decode(data: bytes, encoding: str, *, final: bool) -> Decoded:
    """Decode as far as whole characters go; with `final` an incomplete one at the end is a fault too."""
    for errors in ("strict", "replace"):
        decoder = codecs.getincrementaldecoder(encoding)(errors)
        try:
            text = decoder.decode(data, final=final)
        except UnicodeDecodeError:
            continue
        pending = decoder.getstate()[0]
        return Decoded(text, len(data) - len(pending), errors == "replace")
    return Decoded("", 0, damaged=True)


def byte_length(data: bytes, encoding: str, text: str) -> int:
    """How many bytes of `data` decode to `text`, which is the beginning of its decoding."""
    exact = text.encode(encoding, errors="replace")
    if data.startswith(exact) and decode(exact, encoding, final=True).text == text:
        return len(exact)
    low, high = 0, len(data)  # damaged text, or an encoding with two codes for one character
    while low < high:
        middle = (low + high) // 2
        if len(decode(data[:middle], encoding, final=False).text) < len(text):
            low = middle + 1
        else:
            high = middle
    return low

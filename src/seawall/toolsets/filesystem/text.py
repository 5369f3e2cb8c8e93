"""What the bytes of a file mean: encoding, byte order mark and line endings, found on a bounded sample.

Order of evidence: byte order mark, strict UTF-8, UTF-16 without a mark (by its zero bytes), then the legacy
encodings. Bytes that are none of these are binary. Detection is deterministic, and every encoding that it may
answer can be decoded from any character boundary on: stateful ones (ISO 2022, HZ, UTF-7) are left out, because
a part of such a file cannot be read alone.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from encodings.aliases import aliases
from itertools import islice
from typing import Final, Literal, TypeAlias

from seawall.toolsets.filesystem.legacy import guess

__all__ = ["SAMPLE_SIZE", "Newline", "TextFormat", "canonical", "detect", "newline_style", "with_newlines"]

SAMPLE_SIZE: Final = 65_536
"""Bytes of the head of a file that decide what it is."""

Newline: TypeAlias = Literal["lf", "crlf", "cr", "mixed", "none"]

_NAMES: Final = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "utf-32-le",
    "utf-32-be",
    "ascii",
    *(f"iso-8859-{part}" for part in range(1, 17) if part != 12),  # noqa: PLR2004  part 12 was never published
    *(f"windows-125{part}" for part in range(9)),
    *("cp437", "cp850", "cp852", "cp866", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"),
    *("shift_jis", "cp932", "euc-jp", "gbk", "gb18030", "big5", "big5hkscs", "euc-kr", "cp949"),
)
_LONGEST_NAME: Final = 40  # characters


def _plain(name: str) -> str:
    """A name as Python's codecs compare them: case and punctuation do not count."""
    return _PUNCTUATION.sub("_", name.lower()).strip("_")


def _spellings() -> dict[str, str]:
    """Our name for every spelling that Python knows, so that no lookup there is needed: it remembers all it is asked."""
    modules = {aliases.get(_plain(name), _plain(name)): name for name in _NAMES}
    others = {_plain(alias): modules[module] for alias, module in aliases.items() if module in modules}
    return others | modules | {_plain(name): name for name in _NAMES}


_PUNCTUATION: Final = re.compile(r"[^a-z0-9]+")
_PUBLIC: Final = _spellings()

_MARKS: Final = (  # longest first: the mark of UTF-32-LE begins with that of UTF-16-LE
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TEXT_CONTROLS: Final = (
    b"\t\n\v\f\r\b\x1a\x1b"  # what real text files contain: tabs, overstrikes, ^Z, colours
)
_CONTROLS: Final = bytes(set(range(32)) - set(_TEXT_CONTROLS)) + b"\x7f"
_STRAY_UTF8: Final = 10  # one control character in so many bytes is still text, when the rest is sound UTF-8
_STRAY_LEGACY: Final = 100  # legacy encodings accept any byte, so here the control characters decide
_WIDE_SHARE: Final = 20  # UTF-16 without mark: at least one unit in so many has a zero half


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How a text file is written down.

    Attributes:
        encoding: one of the names that `canonical` gives, such as `utf-8` or `windows-1252`.
        bom: the byte order mark at the head of the file; empty when there is none.
        newline: the style of its line endings, `none` when it has no line ending.
        ascii_only: whether all that was looked at is ASCII, so that another encoding may show up later on.
    """

    encoding: str
    bom: bytes = b""
    newline: Newline = "none"
    ascii_only: bool = False

    @property
    def terminator(self) -> str:
        """The character that ends a line; the CR of a CRLF belongs to its line."""
        return "\r" if self.newline == "cr" else "\n"

    @property
    def unit(self) -> int:
        """Bytes of one code unit: 1, 2 (UTF-16) or 4 (UTF-32)."""
        return {"utf-16": 2, "utf-32": 4}.get(self.encoding[:6], 1)

    @property
    def ending(self) -> bytes:
        """The terminator as it stands in the file."""
        return self.terminator.encode(self.encoding)

    def line_ends(self, block: bytes) -> Iterator[int]:
        """The offsets behind each line ending of a block that begins with a whole code unit."""
        ending, width = self.ending, self.unit
        position = block.find(ending)
        while position >= 0:
            if position % width:
                position = block.find(ending, position + 1)  # the halves of two characters
            else:
                yield position + width
                position = block.find(ending, position + width)

    def count_lines(self, block: bytes) -> int:
        """How many line endings such a block has."""
        return block.count(self.ending) if self.unit == 1 else sum(1 for _ in self.line_ends(block))

    def nth_line_end(self, block: bytes, number: int) -> int | None:
        """The offset behind the line ending of that number, from 1; None when there are fewer."""
        return next(islice(self.line_ends(block), number - 1, None), None)


def canonical(name: str) -> str | None:
    """Our name of an encoding that a caller wrote in any usual spelling; None for one that is not offered."""
    usual = len(name) <= _LONGEST_NAME and name.isascii() and name.isprintable()
    return _PUBLIC.get(_plain(name)) if usual else None


def detect(data: bytes, *, complete: bool) -> TextFormat | None:
    """The format of a text file, or None when the file is binary.

    Args:
        data: the head of the file, at least SAMPLE_SIZE bytes of it or all; more makes the answer surer.
        complete: whether `data` is the whole file; if not, a character cut at its end is no fault.
    """
    return _marked(data, complete=complete) or _unmarked(data, complete=complete)


def newline_style(text: str) -> Newline:
    """The style of the line endings: `mixed` when there is more than one."""
    crlf = text.count("\r\n")
    counts: dict[Newline, int] = {"crlf": crlf, "lf": text.count("\n") - crlf, "cr": text.count("\r") - crlf}
    found = [style for style, count in counts.items() if count]
    if len(found) > 1:
        return "mixed"
    return found[0] if found else "none"


def with_newlines(text: str, style: Newline) -> str:
    """The text with every line ending turned into `style`; as it is for `mixed` and `none`."""
    ending = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}.get(style)
    if ending is None:
        return text
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return plain if ending == "\n" else plain.replace("\n", ending)


def _marked(data: bytes, *, complete: bool) -> TextFormat | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = _decoded(data[len(mark) :], encoding, complete=complete)
            if text is not None and not _too_many_controls(
                text[:SAMPLE_SIZE].encode(errors="replace"), _STRAY_UTF8
            ):
                return TextFormat(encoding, mark, newline_style(text))
    return None


def _unmarked(data: bytes, *, complete: bool) -> TextFormat | None:
    head = data[:SAMPLE_SIZE]
    if b"\0" in head:
        return _wide(head, complete=complete and len(head) == len(data))
    if data.isascii() or (text := _decoded(data, "utf-8", complete=complete)) is not None:
        if _too_many_controls(head, _STRAY_UTF8):
            return None
        text = data.decode("ascii") if data.isascii() else text
        return TextFormat("utf-8", b"", newline_style(text or ""), ascii_only=data.isascii())
    return _legacy(data, head, complete=complete)


def _legacy(data: bytes, head: bytes, *, complete: bool) -> TextFormat | None:
    if _too_many_controls(head, _STRAY_LEGACY):
        return None
    style = newline_style(head.decode("latin-1"))  # CR and LF are no part of any longer character
    if not head.isascii() and len(data) > len(head) and _decoded(head, "utf-8", complete=False) is not None:
        return TextFormat("utf-8", b"", style)  # sound at its head, damaged later on
    return TextFormat(guess(data, complete=complete), b"", style)


def _wide(head: bytes, *, complete: bool) -> TextFormat | None:
    """UTF-16 without a mark: zero bytes in one half of the units only, and nothing but printable text."""
    for encoding, zeros, others in (
        ("utf-16-le", head[1::2], head[0::2]),
        ("utf-16-be", head[0::2], head[1::2]),
    ):
        if others.count(0) or zeros.count(0) * _WIDE_SHARE < len(zeros) or (complete and len(head) % 2):
            continue
        text = _decoded(head, encoding, complete=complete)
        if text and all(character.isprintable() or character in "\t\r\n\f\v" for character in text):
            return TextFormat(encoding, b"", newline_style(text))
    return None


def _decoded(data: bytes, encoding: str, *, complete: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(data, final=complete)
    except UnicodeDecodeError:
        return None


def _too_many_controls(head: bytes, one_in: int) -> bool:
    strays = len(head) - len(head.translate(None, _CONTROLS))
    return strays * one_in > len(head)

"""Which part of a file a caller asks for: the arguments of `read_file`, checked and made into one value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from pydantic import Field, TypeAdapter

from seawall.errors import ConflictError, InvalidArgumentsError
from seawall.security.jail import FileStatus
from seawall.toolsets.filesystem.cursor import Natural, decode, encode, refused
from seawall.toolsets.filesystem.text import Newline, canonical
from seawall.types import JsonObject, JsonValue

__all__ = ["ASCII", "BASE64", "TOOL", "Position", "ReadRequest"]

TOOL: Final = "read_file"
BASE64: Final = "base64"
"""Stands for an encoding where bytes are told as they are."""

ASCII: Final = "ascii"
"""In a cursor: all text so far was ASCII, so that the real encoding is still open."""

_GROUPS: Final = {
    "head": "head",
    "tail": "tail",
    "start_line": "start_line/end_line",
    "end_line": "start_line/end_line",
    "offset": "offset/length",
    "length": "offset/length",
}
_Line: TypeAlias = Annotated[int, Field(ge=1, lt=1 << 63)] | None  # a number or a count of lines
_Word: TypeAlias = Annotated[str, Field(max_length=16)]  # an encoding or a fingerprint
_CURSOR: Final = TypeAdapter(
    tuple[Natural, _Line, _Line, Natural | None, _Word, Newline, _Word, Natural, Natural]
)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a read goes on; what a cursor of `read_file` says.

    Attributes:
        offset: next byte.
        line: number of the line that has that byte, or None when the lines before it were not counted.
        lines: how many lines are still wanted, or None for all.
        stop: the byte behind the last one that is wanted, or None for the end of the file.
        encoding: how the file is read; settled by the first part.
        newline: its style of line endings, likewise.
        file: the file's identity, as a short fingerprint.
        size: its size, and
        modified_ns: its time of change when the previous part was read.
    """

    offset: int
    line: int | None
    lines: int | None
    stop: int | None
    encoding: str
    newline: Newline
    file: str = ""
    size: int = 0
    modified_ns: int = 0

    def cursor(self, status: FileStatus) -> str:
        """The text that makes the next call go on here."""
        place = (self.offset, self.line, self.lines, self.stop, self.encoding, self.newline)
        return encode((*place, _identity(status), status.size, status.modified_ns))

    @classmethod
    def of_cursor(cls, text: JsonValue) -> Position:
        """The position that a caller's cursor names.

        Raises:
            InvalidArgumentsError: it is none of ours.
        """
        position = cls(*decode(text, _CURSOR, tool=TOOL))
        if position.encoding != BASE64 and canonical(position.encoding) != position.encoding:
            raise refused(TOOL)
        return position

    def appended(self, status: FileStatus, path: str) -> bool:
        """Whether text was appended since the previous part.

        Raises:
            ConflictError: it is another file now, or changed in another way than by appending.
        """
        same = self.file == _identity(status) and status.size >= self.size
        if same and status.modified_ns == self.modified_ns and status.size == self.size:
            return False
        if same and status.size > self.size:
            return True
        raise ConflictError(
            path=path,
            reason="has changed since the previous part was read",
            hint="Read it again from the start.",
        )


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """The arguments of `read_file`. At most one group of head, tail, lines, bytes and position is set."""

    path: str
    head: int | None = None
    tail: int | None = None
    start_line: int | None = None
    end_line: int | None = None
    offset: int | None = None
    length: int | None = None
    encoding: str | None = None
    hash: bool = False
    position: Position | None = None

    @classmethod
    def of(cls, arguments: JsonObject) -> ReadRequest:
        """The request that validated arguments make.

        Raises:
            InvalidArgumentsError: arguments that exclude each other, an unknown encoding, a bad cursor.
        """
        faults: list[str] = []
        groups = {group for name, group in _GROUPS.items() if name in arguments}
        if len(groups) > 1:
            faults.append(f"{' and '.join(sorted(groups))} exclude each other: ask for one window")
        if "next" in arguments and (groups or "encoding" in arguments):
            faults.append("next goes alone with path: it knows the window and the encoding")
        head, tail, first, last, offset, length = (_number(arguments, name) for name in _GROUPS)
        if last is not None and last < (first or 1):
            faults.append("end_line lies before start_line")
        encoding = _encoding(arguments.get("encoding"), faults)
        if faults:
            raise InvalidArgumentsError(tool=TOOL, faults=faults)
        return cls(
            path=str(arguments["path"]),
            head=head,
            tail=tail,
            start_line=first,
            end_line=last,
            offset=offset,
            length=length,
            encoding=encoding,
            hash=arguments.get("hash") is True,
            position=Position.of_cursor(arguments["next"]) if "next" in arguments else None,
        )

    @property
    def by_lines(self) -> bool:
        """Whether the window is given in lines."""
        return any(value is not None for value in (self.head, self.tail, self.start_line, self.end_line))


def _identity(status: FileStatus) -> str:
    """The identity of a file in few characters. It hides nothing: device and inode are no secrets."""
    return hashlib.sha256(f"{status.device}:{status.inode}".encode()).hexdigest()[:12]


def _number(arguments: JsonObject, name: str) -> int | None:
    value = arguments.get(name)
    return int(value) if isinstance(value, int | float) else None  # JSON Schema's integers include 1.0


def _encoding(name: JsonValue, faults: list[str]) -> str | None:
    if not isinstance(name, str):
        return None
    if name.lower() == BASE64:
        return BASE64
    known = canonical({"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(name.lower(), name))
    if known is None:
        faults.append(
            "encoding is none that is offered: such as utf-8, utf-16-le, windows-1252, cp932, gb18030"
        )
    return known

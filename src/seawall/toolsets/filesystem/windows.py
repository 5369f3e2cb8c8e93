"""Which part of a file a caller asks for: the arguments of `read_file`, checked and made into one value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from seawall.errors import ConflictError, InvalidArgumentsError
from seawall.security.jail import FileStatus
from seawall.toolsets.filesystem import cursor
from seawall.toolsets.filesystem.text import Newline, canonical
from seawall.types import JsonObject

__all__ = ["ASCII", "BASE64", "TOOL", "Position", "ReadRequest"]

TOOL: Final = "read_file"
BASE64: Final = "base64"
"""Stands for an encoding where bytes are told as they are."""

ASCII: Final = "ascii"
"""In a cursor: all text so far was ASCII, so that the real encoding is still open."""

_WINDOWS: Final = {"head": "head", "tail": "tail", "start_line": "lines", "end_line": "lines"}
_BYTES: Final = {"offset": "bytes", "length": "bytes"}


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
        fields = [self.offset, self.line, self.lines, self.stop, self.encoding, self.newline]
        return cursor.encode({"r": [*fields, _identity(status), status.size, status.modified_ns]})

    @classmethod
    def of_cursor(cls, text: str) -> Position:
        """The position that a caller's cursor names.

        Raises:
            InvalidArgumentsError: it is none of ours.
        """
        fields = cursor.decode(text, tool=TOOL).get("r")
        if not isinstance(fields, list) or len(fields) != len(cls.__slots__):
            raise cursor.refused(TOOL)
        offset, line, lines, stop, encoding, newline, file, size, modified = fields
        if (
            not (_natural(offset) and _natural(size) and _natural(modified))
            or not all(value is None or _natural(value) for value in (line, lines, stop))
            or not (encoding == BASE64 or (isinstance(encoding, str) and canonical(encoding) == encoding))
            or newline not in ("lf", "crlf", "cr", "mixed", "none")
            or not isinstance(file, str)
        ):
            raise cursor.refused(TOOL)
        return cls(offset, line, lines, stop, encoding, newline, file, size, modified)  # type: ignore[arg-type]  checked above

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
        groups = {group for name, group in (_WINDOWS | _BYTES).items() if name in arguments}
        if len(groups) > 1:
            faults.append(f"{' and '.join(sorted(groups))} exclude each other: ask for one window")
        if "next" in arguments and (groups or "encoding" in arguments):
            faults.append("next goes alone with path: it knows the window and the encoding")
        numbers = {
            name: int(value)
            for name, value in arguments.items()
            if name in _WINDOWS | _BYTES and isinstance(value, int | float)
        }
        if numbers.get("end_line", 1 << 60) < numbers.get("start_line", 1):
            faults.append("end_line lies before start_line")
        encoding = _encoding(arguments, faults)
        if faults:
            raise InvalidArgumentsError(tool=TOOL, faults=faults)
        request = cls(
            path=str(arguments["path"]), encoding=encoding, hash=arguments.get("hash") is True, **numbers
        )
        following = arguments.get("next")
        return (
            replace(request, position=Position.of_cursor(following))
            if isinstance(following, str)
            else request
        )

    @property
    def by_lines(self) -> bool:
        """Whether the window is given in lines."""
        return any(value is not None for value in (self.head, self.tail, self.start_line, self.end_line))


def _identity(status: FileStatus) -> str:
    """The identity of a file, without telling its device and inode."""
    return hashlib.sha256(f"{status.device}:{status.inode}".encode()).hexdigest()[:12]


def _encoding(arguments: JsonObject, faults: list[str]) -> str | None:
    name = arguments.get("encoding")
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


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62

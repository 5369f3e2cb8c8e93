"""`read_file`: any window of a file of any size, in memory that the answer's limit bounds."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Final

from seawall.errors import EncodingError
from seawall.security.budget import StopSignal
from seawall.security.jail import Roots
from seawall.toolsets.filesystem import legacy
from seawall.toolsets.filesystem.execution import check
from seawall.toolsets.filesystem.page import Page, described
from seawall.toolsets.filesystem.source import MULTI_BYTE, Decoded, Source, byte_length, decode
from seawall.toolsets.filesystem.text import SAMPLE_SIZE, TextFormat, detect, newline_style
from seawall.toolsets.filesystem.windows import ASCII, BASE64, TOOL, Position, ReadRequest
from seawall.toolsets.interface import TextResult
from seawall.toolsets.sizing import Cost, fitting, space_for

__all__ = ["FileReader"]

_ALL: Final = 1 << 60  # more lines than any file has
_MARGIN: Final = 8  # bytes beyond what fits, so that the last character is whole


@dataclass(frozen=True, slots=True)
class FileReader:
    """Reads files of the roots.

    Attributes:
        roots: the guard that opens them.
        cost: what a text takes in the answer.
        hash_limit: bytes of the largest file that is hashed, and of the longest way on which lines are
            counted only to tell a number.
    """

    roots: Roots
    cost: Cost
    hash_limit: int

    def read(self, request: ReadRequest, limit: int, signal: StopSignal) -> TextResult:
        """The part of the file that the request asks for, or as much of it as an answer of `limit` bytes may have.

        Raises:
            PathError: the file cannot be read, or its content is not what the request assumes.
            DeadlineExceededError: time is up.
        """
        with self.roots.open_file(request.path) as file:
            source = Source(file, file.status.size, lambda: check(signal, TOOL))
            appended = request.position is not None and request.position.appended(file.status, request.path)
            space = space_for(limit, self.cost, request.path)
            reading = _Reading(request, source, space, self.cost, self.hash_limit)
            page = reading.page()
            whole = page.start == 0 and page.end >= file.status.size
            details = described(page, reading.form, request.path, file.status, whole=whole)
            digest = None
            if (whole or request.hash) and file.status.size <= self.hash_limit:
                # Of a whole file it is the hash of what is shown, so that nobody overwrites what they never saw.
                digest = hashlib.sha256(page.data).hexdigest() if whole else _sha256(source)
            if appended or file.changed():
                details["changed"] = True
            elif digest is not None:
                details["sha256"] = digest
            return TextResult(page.text, page.note(details), details)


def _sha256(source: Source) -> str:
    total = hashlib.sha256()
    for block in source.blocks(0, source.size):
        total.update(block)
    return total.hexdigest()


class _Reading:
    """One call: settles what the file is, finds the window, and cuts it to the space there is."""

    def __init__(self, request: ReadRequest, source: Source, space: int, cost: Cost, counted: int) -> None:
        self._request = request
        self._source = source
        self._space = space
        self._cost = cost
        self._counted = counted
        self.form = self._settled()

    def page(self) -> Page:
        """The part that is sent."""
        if self.form is None:
            return self._binary()
        if self._request.tail is not None:
            return self._tail(self.form, self._request.tail)
        return self._text(self.form, self._request.position or self._start(self.form))

    def _settled(self) -> TextFormat | None:
        """The format that the cursor or the caller names, else the detected one; None for bytes."""
        position, wanted = self._request.position, self._request.encoding
        if BASE64 in (wanted, position and position.encoding):
            return None
        head = self._source.read(0, SAMPLE_SIZE)
        found = detect(head, complete=len(head) >= self._source.size)
        if position is not None:
            return _resumed(position, found)
        if wanted is None or found is None or found.encoding == wanted:
            return found if wanted is None or found else TextFormat(wanted)
        if wanted == "utf-16-le" and found.encoding == "utf-16-be":
            return found  # the caller's `utf-16` leaves the order of bytes to the mark
        return TextFormat(wanted, b"", newline_style(decode(head, wanted, final=False).text))

    # --- windows

    def _start(self, form: TextFormat) -> Position:
        request, first = self._request, len(form.bom)
        begin = Position(first, 1, request.head, None, form.encoding, form.newline)
        if request.start_line is not None or request.end_line is not None:
            line = request.start_line or 1
            lines = None if request.end_line is None else request.end_line - line + 1
            offset, passed = self._source.after_lines(first, self._source.size, line - 1, form)
            return replace(begin, offset=offset, line=passed + 1, lines=lines)
        if request.offset is None and request.length is None:
            return begin
        asked = min(request.offset or 0, self._source.size)
        start = max(first, self._source.character_start(asked, form))
        stop = None
        if request.length is not None:
            stop = self._character_end(start, asked + request.length, form)
        return replace(begin, offset=start, line=self._line_at(start, form), stop=stop)

    def _character_end(self, start: int, stop: int, form: TextFormat) -> int:
        """`stop`, moved back to the end of a character; but at least one character after `start`."""
        if stop >= self._source.size:
            return self._source.size
        whole = self._source.character_start(stop, form)
        if whole > start:
            return whole
        found = decode(self._source.read(start, start + _MARGIN), form.encoding, final=False)
        return start + byte_length(self._source.read(start, start + _MARGIN), form.encoding, found.text[:1])

    def _line_at(self, offset: int, form: TextFormat) -> int | None:
        """The number of the line at `offset`, unless counting would read too much."""
        if offset > self._counted:
            return None
        return 1 + self._source.after_lines(len(form.bom), offset, _ALL, form)[1]

    # --- parts

    def _binary(self) -> Page:
        request, size = self._request, self._source.size
        if request.by_lines:
            raise EncodingError(
                path=request.path,
                reason="is binary, so it has no lines",
                hint="Ask for offset and length instead.",
            )
        position = request.position or Position(
            min(request.offset or 0, size), None, None, _stop(request), BASE64, "none"
        )
        stop = size if position.stop is None else min(position.stop, size)
        most = max(1, self._space // 4) * 3  # whole groups, so that the parts join to one base64 text
        data = self._source.read(position.offset, min(stop, position.offset + most))
        end = position.offset + len(data)
        following = replace(position, offset=end) if data and end < stop else None
        return Page(base64.b64encode(data).decode(), data, position.offset, end, following=following)

    def _text(self, form: TextFormat, position: Position) -> Page:
        size = self._source.size
        stop = size if position.stop is None else min(position.stop, size)
        most = position.offset + self._space * form.unit + _MARGIN
        data = self._source.read(position.offset, min(stop, most))
        if position.lines is not None:
            data, stop = self._lines(data, position, stop, form)
        final = position.offset + len(data) >= stop
        self.form, found = self._decoded(form, data, position.offset, final=final)
        shown, used = found.text, found.used
        count = fitting(shown, self._space, self._cost)
        if count < len(shown):
            shown = _at_line_end(shown, count, form)
            used = byte_length(data, self.form.encoding, shown)
        end = position.offset + used
        following = self._following(position, end, shown, self.form) if used and end < stop else None
        start, data = _with_mark(position.offset, data[:used], form)
        rows = _rows(shown, form)
        damaged = found.damaged or self._loses(data)
        return Page(shown, data, start, end, position.line, rows, following, damaged=damaged)

    def _lines(self, data: bytes, position: Position, stop: int, form: TextFormat) -> tuple[bytes, int]:
        """The data up to the last line that is wanted, and where that ends, if it ends within the data."""
        end = form.nth_line_end(data, position.lines or 0)
        return (data, stop) if end is None else (data[:end], position.offset + end)

    def _following(self, position: Position, end: int, shown: str, form: TextFormat) -> Position:
        passed = shown.count(form.terminator)
        plain = (form.ascii_only or position.encoding == ASCII) and shown.isascii()
        return replace(
            position,
            offset=end,
            line=None if position.line is None else position.line + passed,
            lines=None if position.lines is None else position.lines - passed,
            encoding=ASCII if plain else form.encoding,
        )

    def _tail(self, form: TextFormat, count: int) -> Page:
        """The last lines; when they are too many for one answer, the last ones of them."""
        source, first = self._source, len(form.bom)
        stop = source.size - (source.size - first) % form.unit
        reach = max(first, stop - self._space * form.unit)
        if reach > first:
            reach = source.character_start(reach, form)
        start = source.before_lines(reach, stop, count, form)
        data = source.read(start, source.size)
        self.form, found = self._decoded(form, data, start, final=True)
        keep = fitting(found.text[::-1], self._space, self._cost)
        kept, earlier = found.text, start == reach > first
        if keep < len(kept) or earlier:
            earlier = True
            kept = kept[len(kept) - keep :]
            first_whole = kept.find(form.terminator, 0, -1) + 1
            kept = kept[first_whole:]
            dropped = byte_length(data, self.form.encoding, found.text[: len(found.text) - len(kept)])
            start, data = start + dropped, data[dropped:]
        line, rows = self._line_at(start, form), _rows(kept, form)
        end = start + len(data)
        start, data = _with_mark(start, data, form)
        damaged = found.damaged or self._loses(data)
        return Page(kept, data, start, end, line, rows, damaged=damaged, earlier=earlier)

    def _decoded(
        self, form: TextFormat, data: bytes, offset: int, *, final: bool
    ) -> tuple[TextFormat, Decoded]:
        """The text of the bytes, and the format that they turned out to have."""
        found = decode(data, form.encoding, final=final)
        if not found.damaged:
            return form, found
        if self._request.encoding is not None:
            raise EncodingError(
                path=self._request.path,
                reason=f"is not valid {form.encoding} between byte {offset} and byte {offset + len(data)}",
                hint="Leave encoding out to have it detected, or use `base64` to get the bytes.",
            )
        if form.ascii_only:  # all before was ASCII, so this is the first that is seen of its real encoding
            name = legacy.guess(data, complete=final)
            again = decode(data, name, final=final)
            if not again.damaged:
                return replace(form, encoding=name, ascii_only=False), again
        return form, found

    def _loses(self, data: bytes) -> bool:
        """Whether text in an encoding that was guessed, from the head of the file, would become other bytes."""
        form = self.form
        if form is None or form.encoding not in MULTI_BYTE or self._request.encoding is not None:
            return False
        return not legacy.keeps(data, form.encoding, complete=True)


def _resumed(position: Position, found: TextFormat | None) -> TextFormat:
    """The format that a cursor names; the mark is looked up again, since only its length matters."""
    encoding = "utf-8" if position.encoding == ASCII else position.encoding
    mark = found.bom if found is not None and found.encoding == encoding else b""
    return TextFormat(encoding, mark, position.newline, ascii_only=position.encoding == ASCII)


def _with_mark(start: int, data: bytes, form: TextFormat) -> tuple[int, bytes]:
    """A part that begins right behind the byte order mark stands for the mark as well."""
    return (0, form.bom + data) if start == len(form.bom) else (start, data)


def _stop(request: ReadRequest) -> int | None:
    return None if request.length is None else (request.offset or 0) + request.length


def _rows(shown: str, form: TextFormat) -> int:
    """How many lines a text shows, an unfinished last one included."""
    return shown.count(form.terminator) + (bool(shown) and not shown.endswith(form.terminator))


def _at_line_end(text: str, count: int, form: TextFormat) -> str:
    """The first `count` characters, cut back to a line end if there is one, and never within CR LF."""
    end = text.rfind(form.terminator, 0, count) + 1
    if end:
        return text[:end]
    return text[: count - 1] if count > 1 and text[count - 1 : count + 1] == "\r\n" else text[:count]

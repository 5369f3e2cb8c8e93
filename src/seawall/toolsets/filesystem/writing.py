"""`write_file`: creates, replaces or extends a file, keeping how an existing one is written down."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from seawall.errors import (
    ConflictError,
    EncodingError,
    FileTooLargeError,
    InvalidArgumentsError,
    PathExistsError,
    PathNotFoundError,
)
from seawall.security.budget import StopSignal
from seawall.security.jail import FileStatus, Roots, WriteMode
from seawall.toolsets.filesystem import text
from seawall.toolsets.filesystem.execution import check
from seawall.toolsets.filesystem.text import Newline, TextFormat
from seawall.toolsets.interface import DataResult
from seawall.types import JsonObject

__all__ = ["FileWriter", "WriteRequest"]

TOOL: Final = "write_file"
_UTF16_MARK: Final = "utf-16"
_UTF8_MARK: Final = "utf-8-sig"
_MARKS: Final = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """The arguments of `write_file`.

    Attributes:
        content: the text, or None when `data` is set.
        data: the bytes.
        encoding: as the caller named it, known to `text.canonical`; None for the file's own.
        marked: whether the named encoding demands a byte order mark.
    """

    path: str
    content: str | None
    data: bytes
    mode: str
    expected_hash: str | None
    encoding: str | None
    marked: bool
    newline: str
    make_parents: bool

    @classmethod
    def of(cls, arguments: JsonObject) -> WriteRequest:
        """The request that validated arguments make.

        Raises:
            InvalidArgumentsError: arguments that exclude each other, an unknown encoding, no base64.
        """
        faults: list[str] = []
        content, encoded = arguments.get("content"), arguments.get("content_base64")
        mode, expected = str(arguments.get("mode", "create")), arguments.get("expected_hash")
        if (content is None) == (encoded is None):
            faults.append("exactly one of content and content_base64 is needed")
        if expected is not None and mode == "create":
            faults.append(
                "expected_hash needs mode overwrite or append: create never touches an existing file"
            )
        if encoded is not None and ("encoding" in arguments or arguments.get("newline", "keep") != "keep"):
            faults.append("encoding and newline are for content; content_base64 is written as it is")
        data = _bytes(str(encoded), faults) if encoded is not None else b""
        encoding, marked = _encoding(arguments.get("encoding"), faults)
        if faults:
            raise InvalidArgumentsError(tool=TOOL, faults=faults)
        return cls(
            path=str(arguments["path"]),
            content=content if isinstance(content, str) else None,
            data=data,
            mode=mode,
            expected_hash=expected.lower() if isinstance(expected, str) else None,
            encoding=encoding,
            marked=marked,
            newline=str(arguments.get("newline", "keep")),
            make_parents=arguments.get("make_parents") is True,
        )


@dataclass(frozen=True, slots=True)
class _Present:
    """The file that stands there: its status and content (its head alone if it is larger than the limit)."""

    status: FileStatus
    data: bytes

    @property
    def whole(self) -> bool:
        return len(self.data) == self.status.size


@dataclass(frozen=True, slots=True)
class FileWriter:
    """Writes files of the roots.

    Attributes:
        roots: the guard that writes, atomically and durably.
        size_limit: bytes of the largest file that is written, or read to be hashed or extended.
    """

    roots: Roots
    size_limit: int

    def write(self, request: WriteRequest, signal: StopSignal) -> DataResult:
        """Write the file; nothing has changed when an error is raised, but for parents that were made.

        Raises:
            PathError: the file cannot be written, or is not what the request expects.
            DeadlineExceededError: time was up before the change.
        """
        check(signal, TOOL)
        directory, _, _ = request.path.rstrip("/").rpartition("/")
        if request.make_parents and directory.strip("/"):
            self.roots.make_directory(directory, parents=True)
        with self.roots.locked(request.path):
            check(signal, TOOL)
            present = None if request.mode == "create" else self._present(request)
            data, form = self._content(request, present)
            check(signal, TOOL)
            self._store_told(request, present, data)
        return DataResult(
            {
                "path": request.path,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "encoding": form.encoding if form else "binary",
                "newline": form.newline if form else "none",
                "created": present is None,
            }
        )

    def _store_told(self, request: WriteRequest, present: _Present | None, data: bytes) -> None:
        """Store it; where another argument would have helped, the error names it."""
        try:
            self._store(request, present, data)
        except PathExistsError as error:
            raise PathExistsError(
                path=error.path, reason=error.reason, hint='To replace it, call again with mode "overwrite".'
            ) from error
        except PathNotFoundError as error:
            raise PathNotFoundError(
                path=error.path,
                reason="lies in a directory that does not exist",
                hint="To make the directory as well, call again with make_parents true.",
            ) from error

    def _present(self, request: WriteRequest) -> _Present | None:
        """The file as it is now; its hash is the expected one."""
        try:
            with self.roots.open_file(request.path) as file:
                whole = request.mode == "append" or request.expected_hash is not None
                if whole and file.status.size > self.size_limit:
                    raise FileTooLargeError(
                        path=request.path,
                        reason=f"has {file.status.size} bytes; hashing and appending are limited to {self.size_limit}",
                        hint="The server's operator can raise `max_file_size`.",
                    )
                most = file.status.size if file.status.size <= self.size_limit else text.SAMPLE_SIZE
                data = file.read_at(0, most)
                present = _Present(file.status, data)
        except PathNotFoundError:
            if request.expected_hash is not None:
                raise ConflictError(
                    path=request.path,
                    reason="does not exist, so it has no hash",
                    hint="Leave expected_hash out to create it.",
                ) from None
            return None
        if request.expected_hash is not None:
            _compare(request, present)
        return present

    def _content(self, request: WriteRequest, present: _Present | None) -> tuple[bytes, TextFormat | None]:
        """All that the file is to hold, and how it is written down; no format for bytes."""
        old = present.data if present is not None and request.mode == "append" else b""
        if request.content is None:
            data = old + request.data
            return data, text.detect(data, complete=True) if old else None
        form = (
            text.detect(present.data, complete=present.whole)
            if present is not None and present.data
            else None
        )
        if old and form is None:
            raise EncodingError(
                path=request.path, reason="is binary; text cannot be added to it", hint="Use content_base64."
            )
        doubled = present is not None and not old and form is not None and _doubled(present.data, form)
        form, data = self._encoded(request, form, extends=bool(old), doubled=doubled)
        data = old + data
        shown = data[len(form.bom) :].decode(form.encoding, errors="replace")
        return data, TextFormat(form.encoding, form.bom, text.newline_style(shown))

    def _encoded(
        self, request: WriteRequest, form: TextFormat | None, *, extends: bool, doubled: bool
    ) -> tuple[TextFormat, bytes]:
        """The new text in bytes. `doubled`: the file's text begins with U+FEFF, a mark that is no mark any more."""
        content = request.content or ""
        own = form or TextFormat("utf-8")
        target = _target(request, own)
        if not (target.bom and doubled):
            content = content.removeprefix("\ufeff")
        style: Newline = own.newline
        if request.newline in ("lf", "crlf"):
            style = "lf" if request.newline == "lf" else "crlf"
        content = text.with_newlines(content, style)
        data = _encode(request, content, target.encoding)
        if extends:
            if target.encoding != own.encoding and _encode(request, content, own.encoding) != data:
                raise EncodingError(
                    path=request.path,
                    reason=f"is {own.encoding}; {target.encoding} cannot be added to it",
                    hint="Leave encoding out.",
                )
            return own, data
        return target, target.bom + data

    def _store(self, request: WriteRequest, present: _Present | None, data: bytes) -> None:
        if present is not None:
            self.roots.write_file(request.path, data, mode=WriteMode.REPLACE, expected=present.status)
            return
        try:
            self.roots.write_file(request.path, data, mode=WriteMode.CREATE)
        except PathExistsError as error:
            if request.mode == "create":
                raise
            raise ConflictError(
                path=request.path,
                reason="was created by someone else just now",
                hint="Read it and call again.",
            ) from error


def _doubled(data: bytes, form: TextFormat) -> bool:
    return bool(form.bom) and data.startswith(form.bom + form.bom)


def _target(request: WriteRequest, own: TextFormat) -> TextFormat:
    """How the new content is written down."""
    if request.encoding is None:
        return own
    same = request.encoding == own.encoding or (request.marked and own.unit > 1 and "utf-16" in own.encoding)
    if same:
        mark = own.bom or (_MARKS.get(own.encoding, b"") if request.marked else b"")
        return TextFormat(own.encoding, mark, own.newline)
    mark = _MARKS.get(request.encoding, b"") if request.marked else b""
    return TextFormat(request.encoding, mark, own.newline)


def _encode(request: WriteRequest, content: str, encoding: str) -> bytes:
    try:
        return content.encode(encoding)
    except UnicodeEncodeError as error:
        character = content[error.start]
        raise EncodingError(
            path=request.path,
            reason=f"cannot hold U+{ord(character):04X} (character {error.start + 1} of the content) in {encoding}",
            hint="Nothing was written. Use other characters, or name another `encoding` such as utf-8.",
        ) from None


def _compare(request: WriteRequest, present: _Present) -> None:
    found = hashlib.sha256(present.data).hexdigest()
    if found != request.expected_hash:
        raise ConflictError(
            path=request.path,
            reason=f"has changed: its sha256 is now {found}",
            hint="Read it again before you write it.",
        )


def _bytes(encoded: str, faults: list[str]) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        faults.append("content_base64 is not base64 (RFC 4648, section 4)")
        return b""


def _encoding(name: object, faults: list[str]) -> tuple[str | None, bool]:
    """Our name of the encoding, and whether it demands a byte order mark."""
    if not isinstance(name, str):
        return None, False
    lowered = name.lower().replace("_", "-")
    marked = lowered in (_UTF16_MARK, _UTF8_MARK)
    known = text.canonical({_UTF16_MARK: "utf-16-le", _UTF8_MARK: "utf-8"}.get(lowered, name))
    if known is None:
        faults.append("encoding is none that is offered: such as utf-8, utf-16, windows-1252, cp932, gb18030")
    return known, marked

"""`search_files`: by name, by content or both; what was found in time, and where to go on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from seawall.errors import DeadlineExceededError, InvalidArgumentsError, PathError
from seawall.security.budget import StopSignal
from seawall.security.jail import FileKind
from seawall.toolsets.filesystem.cursor import Name, Natural, decode, encode, refused
from seawall.toolsets.filesystem.cursor import digest as fingerprint
from seawall.toolsets.filesystem.directories import Directories
from seawall.toolsets.filesystem.matching import LineMatch, context, matching_lines, shown
from seawall.toolsets.filesystem.patterns import Expression, Glob, compile_expression, compile_glob
from seawall.toolsets.filesystem.text import SAMPLE_SIZE, TextFormat, detect
from seawall.toolsets.filesystem.walk import Item, Parts, Walk, WalkOptions, reason_left_out
from seawall.toolsets.interface import DataResult
from seawall.toolsets.sizing import cursor_cost, space_for, text_form, value_cost
from seawall.types import JsonObject

__all__ = ["FileSearcher", "SearchRequest"]

TOOL: Final = "search_files"
_CURSOR: Final = TypeAdapter(tuple[str, Natural | None, tuple[Name, ...]])


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """The arguments of `search_files`.

    Attributes:
        after: the position where the previous answer ended.
        line: the last line of the file at `after` that was told; None when that file is done.
    """

    path: str
    name: Glob | None
    content: Expression | None
    context: int
    limit: int
    options: WalkOptions
    after: Parts
    line: int | None
    digest: str

    @classmethod
    def of(cls, arguments: JsonObject) -> SearchRequest:
        """The request that validated arguments make.

        Raises:
            InvalidArgumentsError: neither name nor content, a bad pattern, or a cursor of another call.
        """
        name, content = arguments.get("name"), arguments.get("content")
        if not name and not content:
            raise InvalidArgumentsError(tool=TOOL, faults=["name, content or both are needed"])
        ignore_case = arguments.get("ignore_case") is True
        options = WalkOptions(
            hidden=arguments.get("hidden") is True, gitignore=arguments.get("gitignore") is True
        )
        path = str(arguments.get("path", "."))
        digest = fingerprint(path, name, content, ignore_case, options.hidden, options.gitignore)
        after, line = _position(arguments, digest)
        return cls(
            path=path,
            name=compile_glob(str(name), ignore_case=ignore_case, tool=TOOL) if name else None,
            content=compile_expression(str(content), ignore_case=ignore_case, tool=TOOL) if content else None,
            context=_integer(arguments, "context", 0),
            limit=_integer(arguments, "limit", 100),
            options=options,
            after=after,
            line=line,
            digest=digest,
        )


@dataclass(frozen=True, slots=True)
class FileSearcher:
    """Searches the roots.

    Attributes:
        directories: the guard that lists and opens.
        size_limit: bytes of the largest file whose content is searched.
    """

    directories: Directories
    size_limit: int

    def search(self, request: SearchRequest, limit: int, signal: StopSignal) -> DataResult:
        """What is found within time, number and bytes; `limit` is the bytes of the whole answer.

        Raises:
            PathError: the directory cannot be listed.
            DeadlineExceededError: time was up before anything at all was done.
        """
        return _Search(self, request, limit, signal).result()


class _Search:
    """One call."""

    def __init__(
        self, searcher: FileSearcher, request: SearchRequest, limit: int, signal: StopSignal
    ) -> None:
        self._roots = searcher.directories.roots
        self._size_limit = searcher.size_limit
        self._request = request
        self._signal = signal
        self._space = space_for(limit, text_form)
        self._walk = Walk(searcher.directories, request.path, request.options, signal, select=self._select)
        self._matches: list[JsonObject] = []
        self._searched = 0
        self._reason = ""
        self._last: tuple[Parts, int | None] = (request.after, request.line)

    def result(self) -> DataResult:
        request = self._request
        for item in self._items():
            if self._signal.cancelled or self._signal.expired:
                self._reason = "time"
                break
            if not (self._name(item) if request.content is None else self._content(item, request.content)):
                break
            self._last = (item.parts, None)
        if self._walk.stopped:
            self._reason = "time"
        if self._reason == "time" and self._last == (request.after, request.line):
            raise DeadlineExceededError(name=TOOL, seconds=self._signal.deadline.seconds)
        return DataResult(self._answer())

    def _items(self) -> Iterator[Item]:
        """The entries below the path; when that is a file, the file alone."""
        request = self._request
        if self._roots.status(request.path).kind is not FileKind.FILE:
            return self._walk.items(request.after, inclusive=request.line is not None)
        name = request.path.rpartition("/")[2]
        done = request.after and request.line is None
        wanted = None if done else self._select("", [name])
        self._walk.stopped = wanted is None and not done
        return iter([Item(request.path, (name,), FileKind.FILE)] if wanted else [])

    def _select(self, below: str, names: list[str]) -> Collection[str] | None:
        name = self._request.name
        return names if name is None else name.selector.select(names, self._going_on, prefix=below)

    def _name(self, item: Item) -> bool:
        """Take one entry whose name matches; False to stop."""
        glob = self._request.name
        if glob is not None and glob.directories_only and item.kind is not FileKind.DIRECTORY:
            return True
        found: JsonObject = {"path": item.path, "type": str(item.kind)}
        try:
            if item.kind is FileKind.FILE:
                found["size"] = self._roots.status(item.path, follow=False).size
            elif item.kind is FileKind.SYMLINK:
                self._roots.status(item.path)
        except PathError as error:
            reason = reason_left_out(error)
            if item.kind is not FileKind.SYMLINK or reason is None:
                self._leave_out(reason)
                return True
        return self._take(found, item.parts)

    def _content(self, item: Item, expression: Expression) -> bool:
        """Search one file; False to stop."""
        if item.kind is not FileKind.FILE:
            return True
        try:
            data = self._load(item.path)
        except PathError as error:
            self._leave_out(reason_left_out(error))
            return True
        if data is None:
            return True
        self._searched += 1
        resumed = self._request.line if item.parts == self._request.after else None
        for line in matching_lines(data, expression, self._going_on, after=resumed or 0):
            if not self._take(self._found(item, data, line), item.parts):
                return False
            self._last = (item.parts, line.number)
        if self._going_on():
            return True
        self._reason = "time"
        return False

    def _going_on(self) -> bool:
        return not (self._signal.cancelled or self._signal.expired)

    def _found(self, item: Item, data: bytes, line: LineMatch) -> JsonObject:
        text, cut = shown(data, line)
        column = len(data[line.start : line.at].decode(errors="replace")) + 1
        found: JsonObject = {"path": item.path, "line": line.number, "column": column, "text": text}
        if cut:
            found["cut"] = True
        if self._request.context:
            before, after = context(data, line, self._request.context)
            found |= {"before": list(before), "after": list(after)}
        return found

    def _take(self, found: JsonObject, parts: Parts) -> bool:
        if len(self._matches) >= self._request.limit:
            self._reason = "limit"
            return False
        cost = value_cost(found)
        if cost + cursor_cost(parts) > self._space:
            if self._matches:
                self._reason = "size"
                return False
            self._leave_out("too_long")  # no answer can hold it
            return True
        self._space -= cost
        self._matches.append(found)
        return True

    def _load(self, path: str) -> bytes | None:
        """The file's text as UTF-8 with LF line endings, or None for one that is not searched."""
        with self._roots.open_file(path) as file:
            size = file.status.size
            if size > self._size_limit:
                self._leave_out("too_large")
                return None
            head = file.read_at(0, min(size, SAMPLE_SIZE))
            if b"\0" in head and detect(head, complete=len(head) == size) is None:
                self._leave_out("binary")
                return None
            data = head + file.read_at(len(head), size - len(head)) if len(head) < size else head
        text = _as_utf8(data)
        if text is None:
            self._leave_out("binary")
        return text

    def _leave_out(self, reason: str | None) -> None:
        if reason is not None:
            self._walk.skipped[reason] += 1

    def _answer(self) -> JsonObject:
        answer: JsonObject = {"matches": list(self._matches)}
        if self._request.content is not None:
            answer["files_searched"] = self._searched
        if self._reason:
            parts, line = self._last
            answer["next"] = encode((self._request.digest, line, parts))
            answer["reason"] = self._reason
        if self._walk.skipped:
            answer["skipped"] = dict(self._walk.skipped)
        return answer


def _as_utf8(data: bytes) -> bytes | None:
    text = data
    if not data.isascii() or b"\0" in data[:SAMPLE_SIZE]:
        form = detect(data, complete=True)
        if form is None:
            return None
        text = _decoded(data, form)
    if b"\r" not in text:
        return text
    return text.replace(b"\r\n", b"\n") if b"\n" in text else text.replace(b"\r", b"\n")


def _decoded(data: bytes, form: TextFormat) -> bytes:
    body = data[len(form.bom) :]
    return body if form.encoding == "utf-8" else body.decode(form.encoding, errors="replace").encode()


def _position(arguments: JsonObject, digest: str) -> tuple[Parts, int | None]:
    if "next" not in arguments:
        return (), None
    owner, line, parts = decode(arguments["next"], _CURSOR, tool=TOOL)
    if owner != digest or not parts:
        raise refused(TOOL)
    return parts, line


def _integer(arguments: JsonObject, name: str, default: int) -> int:
    value = arguments.get(name, default)
    return int(value) if isinstance(value, int | float) else default

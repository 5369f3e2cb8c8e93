"""`list_directory`: what a directory holds, some levels deep, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from seawall.errors import (
    DeadlineExceededError,
    PathDeniedError,
    PathError,
    PathEscapeError,
    PathNotFoundError,
)
from seawall.security.budget import StopSignal
from seawall.security.jail import FileKind
from seawall.toolsets.filesystem.cursor import Name, decode, encode, refused
from seawall.toolsets.filesystem.cursor import digest as fingerprint
from seawall.toolsets.filesystem.directories import Directories
from seawall.toolsets.filesystem.page import timestamp
from seawall.toolsets.filesystem.walk import Item, Parts, Walk, WalkOptions, reason_left_out
from seawall.toolsets.interface import DataResult
from seawall.toolsets.sizing import cursor_cost, space_for, text_form, value_cost
from seawall.types import JsonObject

__all__ = ["DirectoryLister", "ListRequest"]

TOOL: Final = "list_directory"
_CURSOR: Final = TypeAdapter(tuple[str, tuple[Name, ...]])
_SPECIAL: Final = (FileKind.FIFO, FileKind.SOCKET, FileKind.DEVICE)


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The arguments of `list_directory`."""

    path: str
    options: WalkOptions
    limit: int
    after: Parts
    digest: str

    @classmethod
    def of(cls, arguments: JsonObject) -> ListRequest:
        """The request that validated arguments make.

        Raises:
            InvalidArgumentsError: the cursor is none, or belongs to another call.
        """
        path = str(arguments.get("path", "."))
        options = WalkOptions(
            depth=_integer(arguments, "depth", 1),
            hidden=arguments.get("hidden") is True,
            gitignore=arguments.get("gitignore") is True,
        )
        digest = fingerprint(path, options.depth, options.hidden, options.gitignore)
        after: Parts = ()
        if "next" in arguments:
            owner, after = decode(arguments["next"], _CURSOR, tool=TOOL)
            if owner != digest:
                raise refused(TOOL)
        return cls(path, options, _integer(arguments, "limit", 500), after, digest)


@dataclass(frozen=True, slots=True)
class DirectoryLister:
    """Lists directories of the roots.

    Attributes:
        directories: the guard that reads them.
        follow: whether symbolic links are followed at all.
    """

    directories: Directories
    follow: bool

    def list(self, request: ListRequest, limit: int, signal: StopSignal) -> DataResult:
        """One page; `limit` is the bytes of the whole answer.

        Raises:
            PathError: the directory cannot be listed.
            DeadlineExceededError: time was up before anything at all was done, so that going on would not end.
        """
        walk = Walk(self.directories, request.path, request.options, signal)
        space = space_for(limit, text_form)
        entries: list[JsonObject] = []
        last, reason = request.after, ""
        for item in walk.items(request.after):
            if signal.expired or signal.cancelled:
                reason = "time"
                break
            entry = self._entry(item, walk)
            if entry is None:
                last = item.parts
                continue
            if len(entries) == request.limit:
                reason = "limit"
                break
            cost = value_cost(entry)
            if cost + cursor_cost(item.parts) > space:
                if entries:
                    reason = "size"
                    break
                walk.skipped["too_long"] += 1  # no answer can hold it
            else:
                space -= cost
                entries.append(entry)
            last = item.parts
        if walk.stopped:
            reason = "time"
        if reason == "time" and last == request.after:
            raise DeadlineExceededError(name=TOOL, seconds=signal.deadline.seconds)
        return DataResult(_answer(request, walk, entries, last, reason))

    def _entry(self, item: Item, walk: Walk) -> JsonObject | None:
        entry: JsonObject = {"path": item.path, "type": str(item.kind)}
        try:
            if item.kind is FileKind.SYMLINK:
                target = self._target(item.path)
                if target is None:
                    return None
                return entry | {"target": target}
            status = self.directories.roots.status(item.path, follow=False)
        except PathError as error:
            reason = reason_left_out(error)
            if reason is not None:
                walk.skipped[reason] += 1
            return None
        if status.kind is FileKind.FILE:
            entry["size"] = status.size
        return entry | {"type": str(status.kind), "modified": timestamp(status.modified_ns)}

    def _target(self, path: str) -> str | None:
        """What a symbolic link leads to, in a word; None when that is denied, for then the link is not shown."""
        if not self.follow:
            return "refused"
        try:
            kind = self.directories.roots.status(path).kind
        except PathDeniedError:
            return None
        except PathEscapeError:
            return "outside"
        except PathNotFoundError:
            return "missing"
        except PathError:
            return "refused"
        return "special" if kind in _SPECIAL else str(kind)


def _answer(
    request: ListRequest, walk: Walk, entries: list[JsonObject], last: Parts, reason: str
) -> JsonObject:
    answer: JsonObject = {"entries": list(entries)}
    if reason:
        answer |= {"next": encode((request.digest, last)), "reason": reason}
    if walk.not_opened and request.options.depth > 1:
        answer["not_opened"] = walk.not_opened
    if walk.skipped:
        answer["skipped"] = dict(walk.skipped)
    return answer


def _integer(arguments: JsonObject, name: str, default: int) -> int:
    value = arguments.get(name, default)
    return int(value) if isinstance(value, int | float) else default

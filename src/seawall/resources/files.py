"""A file, or all files below a directory: behind the jail, whatever a URI says."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from seawall.blueprint.resource import ResourceDeclaration
from seawall.errors import PathError, ResourceNotFoundError, ResponseTooLargeError, StartError
from seawall.resources.media import guessed, presented
from seawall.resources.uris import Template
from seawall.security.jail import FileKind, FileStatus, Jail, JailPolicy, PathRules
from seawall.toolsets.cleaning import is_clean_name
from seawall.toolsets.interface import CallContext, Host, Reach
from seawall.toolsets.readables import Content, Look, Readable

__all__ = ["DirectorySource", "FileSource"]

_LISTED: Final = 1000  # files that a directory has in the list of resources
_VISITED: Final = 20_000  # entries that are looked at for them
_DEEPEST: Final = 16
_COMPLETED: Final = (
    101  # values of a completion: one more than are sent, so that it is known that there are more
)


_SEGMENTS: Final = frozenset({"", ".", ".."})


class _Jailed:
    """A jail around one directory, open while the source is used."""

    def __init__(self, root: Path, policy: JailPolicy, *, what: str) -> None:
        self._root = root
        self._policy = policy
        self._what = what
        self._jail: Jail | None = None

    @property
    def jail(self) -> Jail:
        if self._jail is None:
            raise StartError(f"{self._what} is not open.")
        return self._jail

    @property
    def is_open(self) -> bool:
        return self._jail is not None

    def open(self) -> None:
        self._jail = Jail.open(self._root, self._policy)

    def close(self) -> None:
        if self._jail is not None:
            self._jail.close()
            self._jail = None

    def state(self, path: str) -> Hashable:
        """Another value when the content of the file has changed; None when nothing there can be read."""
        if self._jail is None:
            return None
        try:
            found = self._jail.status(path)
        except PathError:
            return None
        if found.kind is not FileKind.FILE:
            return None
        return found.device, found.inode, found.size, found.modified_ns

    def fault(self) -> str | None:
        return None if self._jail is None else self._jail.fault()


class FileSource:
    """One file."""

    def __init__(self, declaration: ResourceDeclaration, offer: Readable, host: Host) -> None:
        """Args: declaration: with `file`. offer: the resource without its ways to be read. host: lends threads."""
        place = host.directory / Path(declaration.file or "").expanduser()
        self._name = place.name
        self._declaration = declaration
        self._host = host
        policy = JailPolicy(max_file_size=declaration.max_size)
        self._jailed = _Jailed(place.parent, policy, what=f"The file of {declaration.uri}")
        self.readable = replace(
            offer,
            media_type=offer.media_type or guessed(self._name) or "text/plain",
            read=self._read,
            look=self._look,
            state=lambda _: self._jailed.state(self._name),
        )
        self.reach: Sequence[Reach] = (Reach("files", declaration.file or "", "read", ("this one file",)),)

    async def start(self) -> None:
        """See `Source.start`: the file must be there, and must be one that may be read."""
        await self._host.workers.run(self._opened)

    def _opened(self) -> None:
        self._jailed.open()
        try:
            with self._jailed.jail.open_file(self._name):
                pass
        except PathError as error:
            raise StartError(
                f"the file of {self._declaration.uri}: {error.message}",
                hint="Correct `file` of the resource.",
            ) from None

    async def close(self) -> None:
        """See `Source.close`."""
        self._jailed.close()

    def faults(self) -> Sequence[str]:
        """See `Source.faults`."""
        fault = self._jailed.fault()
        return () if fault is None else (fault,)

    async def _read(self, texts: Mapping[str, str], call: CallContext) -> Content:
        del texts, call
        return await self._host.workers.run(_content, self._jailed.jail, self._name, self._declaration)

    async def _look(self) -> Sequence[Look]:
        return await self._host.workers.run(self._looked)

    def _looked(self) -> Sequence[Look]:
        if not self._jailed.is_open:  # described, not served
            return (Look(),)
        try:
            status = self._jailed.jail.status(self._name)
        except PathError:
            return ()
        return (_look(status),) if status.kind is FileKind.FILE else ()


class DirectorySource:
    """Every file below a directory."""

    def __init__(
        self, declaration: ResourceDeclaration, offer: Readable, host: Host, template: Template
    ) -> None:
        """Args: as of `FileSource`; template: that of the URI, with one variable."""
        self._declaration = declaration
        self._host = host
        self._template = template
        self._variable = template.variables[0]
        root = host.directory / Path(declaration.directory or "").expanduser()
        policy = JailPolicy(max_file_size=declaration.max_size, rules=PathRules.compile(declaration.deny))
        self._jailed = _Jailed(root, policy, what=f"The directory of {declaration.uri}")
        self.readable = replace(
            offer,
            read=self._read,
            look=self._look if declaration.listed else None,
            complete=self._complete,
            state=lambda texts: self._jailed.state(texts[self._variable]),
        )
        denied = [f"`{pattern}`" for pattern in declaration.deny]
        self.reach: Sequence[Reach] = (
            Reach(
                "files",
                declaration.directory or "",
                "read",
                (
                    "nothing outside of it, whatever a URI or link says",
                    "names that hold secrets (`.env`, keys, …) denied",
                    *([f"denied as well: {', '.join(denied)}"] if denied else []),
                ),
            ),
        )

    async def start(self) -> None:
        """See `Source.start`."""
        try:
            await self._host.workers.run(self._jailed.open)
        except StartError as error:
            raise StartError(
                f"the directory of {self._declaration.uri}: {error.message}",
                hint="Create it, or correct `directory` of the resource.",
            ) from None

    async def close(self) -> None:
        """See `Source.close`."""
        self._jailed.close()

    def faults(self) -> Sequence[str]:
        """See `Source.faults`."""
        fault = self._jailed.fault()
        return () if fault is None else (fault,)

    async def _read(self, texts: Mapping[str, str], call: CallContext) -> Content:
        del call
        return await self._host.workers.run(
            _content, self._jailed.jail, texts[self._variable], self._declaration
        )

    async def _look(self) -> Sequence[Look]:
        return await self._host.workers.run(self._listed)

    def _listed(self) -> Sequence[Look]:
        found: list[Look] = []
        if not self._jailed.is_open:  # described, not served
            return found
        for path, status in self._files():
            uri = self._template.expand({self._variable: path})
            if self._template.match(uri) is None:  # a name that no URI of the template has
                continue
            look = _look(status)
            found.append(replace(look, uri=uri, name=path, media_type=self._type(path)))
            if len(found) == _LISTED:
                break
        return found

    def _type(self, path: str) -> str:
        return self._declaration.media_type or guessed(path) or "text/plain"

    def _files(self) -> Iterator[tuple[str, FileStatus]]:
        """The files below the directory, sorted, breadth first, within limits."""
        waiting, visited = [("", 0)], 0
        several = self._variable in self._template.spanning
        for path, depth in waiting:
            try:
                entries = [entry for batch in self._jailed.jail.scan(path, detailed=True) for entry in batch]
            except PathError:
                continue
            for entry in sorted(entries, key=lambda each: each.name):
                visited += 1
                if visited > _VISITED:
                    return
                below = f"{path}/{entry.name}" if path else entry.name
                if entry.kind is FileKind.FILE and entry.status is not None:
                    yield below, entry.status
                elif entry.kind is FileKind.DIRECTORY and several and depth < _DEEPEST:
                    waiting.append((below, depth + 1))

    async def _complete(self, variable: str, begun: str, others: Mapping[str, str]) -> Sequence[str]:
        del variable, others
        return await self._host.workers.run(self._completed, begun)

    def _completed(self, begun: str) -> Sequence[str]:
        """Names of one directory, so that it takes one look however large the tree is; `/` ends a directory's."""
        if not self._jailed.is_open:
            return ()
        parent, slash, start = begun.rpartition("/")
        several = self._variable in self._template.spanning
        if slash and (not several or not _SEGMENTS.isdisjoint(parent.split("/"))):
            return ()  # no URI of the template begins so
        found: list[str] = []
        visited = 0
        try:
            for batch in self._jailed.jail.scan(parent):
                visited += len(batch)
                for entry in batch:
                    wanted = entry.kind is FileKind.FILE or (entry.kind is FileKind.DIRECTORY and several)
                    if wanted and entry.name.startswith(start) and is_clean_name(entry.name):
                        below = f"{parent}/{entry.name}" if parent else entry.name
                        found.append(f"{below}/" if entry.kind is FileKind.DIRECTORY else below)
                if visited > _VISITED:
                    break
        except PathError:
            return ()
        return sorted(found)[:_COMPLETED]


def _content(jail: Jail, path: str, declaration: ResourceDeclaration) -> Content:
    """What stands in a file; a path that leads nowhere or is denied is no resource, and not told apart."""
    try:
        with jail.open_file(path) as file:
            size = file.status.size
            data = file.read(declaration.max_size + 1) if size <= declaration.max_size else b""
    except PathError:
        raise ResourceNotFoundError(uri=declaration.uri) from None
    if max(size, len(data)) > declaration.max_size:
        raise ResponseTooLargeError(
            name=declaration.uri, size=max(size, len(data)), limit=declaration.max_size
        )
    return Content(*presented(data, declaration.media_type or guessed(path)))


def _look(status: FileStatus) -> Look:
    modified = datetime.fromtimestamp(status.modified_ns // 10**9, UTC)
    return Look(size=status.size, modified=modified)

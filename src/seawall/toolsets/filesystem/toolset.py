"""The filesystem toolset: joins the four operations, the jail that they work on, and the server's workers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import OperationError, StartError
from seawall.security.jail import Roots
from seawall.toolsets.filesystem.declaration import FilesystemDeclaration
from seawall.toolsets.filesystem.directories import Directories
from seawall.toolsets.filesystem.execution import Execution, answer_by
from seawall.toolsets.filesystem.listing import DirectoryLister, ListRequest
from seawall.toolsets.filesystem.operations import LIST_DIRECTORY, READ_FILE, SEARCH_FILES, WRITE_FILE
from seawall.toolsets.filesystem.reading import FileReader
from seawall.toolsets.filesystem.searching import FileSearcher, SearchRequest
from seawall.toolsets.filesystem.starter import FilesystemStarter
from seawall.toolsets.filesystem.windows import ReadRequest
from seawall.toolsets.filesystem.writing import FileWriter, WriteRequest
from seawall.toolsets.interface import CallContext, Host, LeftOut, Operation, OperationResult, Reach, Toolset
from seawall.toolsets.rooted import jail_policy, reach_of_roots, root_directories
from seawall.toolsets.sizing import Cost, both_forms, text_form
from seawall.toolsets.starter import Starter
from seawall.types import JsonObject

__all__ = ["FilesystemKind", "FilesystemToolset"]


class FilesystemToolset:
    """Files below the roots of one declaration."""

    def __init__(self, declaration: FilesystemDeclaration, host: Host) -> None:
        self._declaration = declaration
        self._host = host
        roots = () if isinstance(declaration.roots, str) else declaration.roots
        self._policy = jail_policy(declaration, writable=declaration.access == "write", roots=roots)
        self._execution = Execution(host.workers)
        self._cost: Cost = both_forms if declaration.results == "json" else text_form
        self._directories: Directories | None = None
        self._sweep: asyncio.Task[None] | None = None
        reading = (
            READ_FILE.operation(self._read),
            LIST_DIRECTORY.operation(self._list),
            SEARCH_FILES.operation(self._search),
        )
        writing = (WRITE_FILE.operation(self._write),) if declaration.access == "write" else ()
        self._operations = (reading[0], *writing, *reading[1:])

    @property
    def operations(self) -> Sequence[Operation]:
        """Reading, listing and searching; with `access = "write"` writing too."""
        return self._operations

    def left_out(self) -> Sequence[LeftOut]:
        """Writing, when `access` does not allow it."""
        if self._declaration.access == "write":
            return ()
        return (LeftOut(WRITE_FILE.name, 'it changes files, and access = "read"'),)

    def reach(self) -> Sequence[Reach]:
        """The roots."""
        return tuple(reach_of_roots(self._declaration, self._declaration.roots))

    async def start(self) -> None:
        """Open the roots; where writing is allowed, remove in the background what a killed server left.

        Raises:
            StartError: a root is missing, no directory or unreadable.
        """
        roots = await self._host.workers.run(
            Roots.open,
            root_directories(self._declaration.roots, self._host.directory),
            self._policy,
        )
        self._directories = Directories(roots)
        if self._policy.writable:
            self._sweep = asyncio.create_task(self._swept(roots))

    async def close(self) -> None:
        """Stop the work under way and let go of the roots."""
        self._execution.stop()
        try:
            if self._sweep is not None:
                self._sweep.cancel()
                with suppress(asyncio.CancelledError):
                    await self._sweep
        finally:
            if self._directories is not None:
                self._directories.roots.close()

    def faults(self) -> Sequence[str]:
        """Why a root cannot be used now."""
        fault = self._directories.roots.fault() if self._directories else "the files are not open."
        return () if fault is None else (fault,)

    # --- handlers

    async def _read(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        reader = FileReader(self._opened().roots, self._cost, self._policy.max_file_size)
        return await self._execution.run(
            lambda signal: reader.read(ReadRequest.of(arguments), context.response_limit, signal),
            context.deadline,
        )

    async def _write(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        writer = FileWriter(self._opened().roots, self._policy.max_file_size)
        return await self._execution.run(
            lambda signal: writer.write(WriteRequest.of(arguments), signal), context.deadline
        )

    async def _list(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        lister = DirectoryLister(self._opened(), follow=self._policy.follow_symlinks)
        return await self._execution.run(
            lambda signal: lister.list(ListRequest.of(arguments), context.response_limit, signal),
            answer_by(context.deadline),
        )

    async def _search(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        searcher = FileSearcher(self._opened(), self._policy.max_file_size)
        return await self._execution.run(
            lambda signal: searcher.search(SearchRequest.of(arguments), context.response_limit, signal),
            answer_by(context.deadline),
        )

    def _opened(self) -> Directories:
        if self._directories is None:
            raise StartError("The filesystem toolset was called before it was started.")
        return self._directories

    async def _swept(self, roots: Roots) -> None:
        with suppress(
            OperationError, OSError
        ):  # no worker free, or a root that vanished: the next start tries again
            await self._host.workers.run(roots.sweep)


class FilesystemKind:
    """The kind `filesystem`."""

    @property
    def name(self) -> str:
        """The word of the blueprint."""
        return "filesystem"

    @property
    def declaration(self) -> type[ToolsetDeclaration]:
        """The model of its section."""
        return FilesystemDeclaration

    @property
    def starter(self) -> Starter:
        """How a new project begins with it."""
        return FilesystemStarter()

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        """The toolset that a declaration describes.

        Raises:
            StartError: it is the declaration of another kind, or `deny` has a malformed pattern.
        """
        if not isinstance(declaration, FilesystemDeclaration):
            raise StartError(f"A declaration of kind {declaration.kind!r} does not describe files.")
        return FilesystemToolset(declaration, host)

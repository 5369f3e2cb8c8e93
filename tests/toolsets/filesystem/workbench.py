"""The filesystem toolset on a real directory, without a server: every call and answer is held against its schema."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema_rs
import pytest

from seawall.errors import OperationError
from seawall.security.budget import Deadline, WorkerPool
from seawall.toolsets.filesystem import KIND, FilesystemDeclaration
from seawall.toolsets.interface import CallContext, Caller, DataResult, Host, Operation, TextResult, Toolset

__all__ = ["RESPONSE_LIMIT", "Json", "Workbench", "build", "context", "workbench"]

RESPONSE_LIMIT = 1024 * 1024
Json: TypeAlias = dict[str, Any]


async def _no_progress(_done: float, _total: float | None, _message: str | None) -> None:
    """Nobody asked for it."""


def context(*, seconds: float = 60, limit: int = RESPONSE_LIMIT) -> CallContext:
    """What a handler is told of a call."""
    return CallContext("test", Caller("local"), Deadline.after(seconds), limit, _no_progress)


def build(directory: Path, *, workers: WorkerPool | None = None, **declared: Any) -> Toolset:
    """The toolset of one root, or of the roots that are declared."""
    settings = {"kind": "filesystem", "roots": str(directory), "access": "write"} | declared
    declaration = FilesystemDeclaration.model_validate(settings)
    pool = workers or WorkerPool(size=8, queued=64)
    return KIND.build(declaration, Host(directory, pool, RESPONSE_LIMIT))


class Workbench:
    """Calls operations as a server does."""

    def __init__(self, toolset: Toolset, directory: Path, *, as_json: bool = False) -> None:
        self.toolset = toolset
        self.as_json = as_json
        self.directory = directory
        self.operations: Mapping[str, Operation] = {one.name: one for one in toolset.operations}

    async def read(self, path: str, *, limit: int = RESPONSE_LIMIT, **arguments: Any) -> TextResult:
        result = await self.handle("read_file", {"path": path, **arguments}, context(limit=limit))
        assert isinstance(result, TextResult)
        return result

    async def pages(self, path: str, *, limit: int, **arguments: Any) -> list[TextResult]:
        """Every part of a file, by `next`."""
        pages = [await self.read(path, limit=limit, **arguments)]
        while "next" in pages[-1].details:
            pages.append(await self.read(path, limit=limit, next=pages[-1].details["next"]))
            assert len(pages) < 10_000
        return pages

    async def data(
        self, tool: str, *, response_limit: int = RESPONSE_LIMIT, seconds: float = 60, **arguments: Any
    ) -> Json:
        result = await self.handle(tool, arguments, context(limit=response_limit, seconds=seconds))
        assert isinstance(result, DataResult)
        return result.data

    async def write(self, path: str, content: str, **arguments: Any) -> Json:
        return await self.data("write_file", path=path, content=content, **arguments)

    async def listing(self, path: str = ".", **arguments: Any) -> Json:
        return await self.data("list_directory", path=path, **arguments)

    async def search(self, **arguments: Any) -> Json:
        return await self.data("search_files", **arguments)

    async def all(self, tool: str, member: str, **arguments: Any) -> list[Json]:
        """What all pages of a listing or search have under this name."""
        found: list[Json] = []
        answer = await self.data(tool, **arguments)
        while True:
            found += answer[member]
            if "next" not in answer:
                return found
            before = answer["next"]
            answer = await self.data(tool, **arguments, next=before)
            assert answer.get("next") != before, "the pages go nowhere"

    async def refused(
        self, tool: str, error: type[OperationError], *, seconds: float = 60, **arguments: Any
    ) -> OperationError:
        """The error with which a call is answered."""
        with pytest.raises(error) as caught:
            await self.handle(tool, arguments, context(seconds=seconds))
        return caught.value

    async def handle(self, tool: str, arguments: Json, call: CallContext) -> TextResult | DataResult:
        operation = self.operations[tool]
        jsonschema_rs.validate(operation.parameters, arguments)
        result = await operation.handler(arguments, call)
        if isinstance(result, DataResult):
            assert operation.output is not None
            jsonschema_rs.validate(operation.output, result.data)
            assert 2 * len(json.dumps(result.data, ensure_ascii=False).encode()) < call.response_limit
        else:
            assert isinstance(result, TextResult)
            assert operation.output is None
            assert _size(result, as_json=self.as_json) <= call.response_limit
        return result


def _size(result: TextResult, *, as_json: bool) -> int:
    """Bytes on the wire: text, note and details; or all of it as data, and once more inside a JSON text."""
    if as_json:
        data = json.dumps({**result.details, "text": result.text}, ensure_ascii=False)
        return len(data.encode()) + len(json.dumps(data, ensure_ascii=False).encode())
    return len(json.dumps([result.text, result.note, result.details], ensure_ascii=False).encode())


@contextlib.asynccontextmanager
async def workbench(directory: Path, **declared: Any) -> AsyncIterator[Workbench]:
    """A started toolset on `directory`."""
    toolset = build(directory, **declared)
    await toolset.start()
    try:
        yield Workbench(toolset, directory, as_json=declared.get("results") == "json")
    finally:
        await toolset.close()

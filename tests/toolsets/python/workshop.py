"""Modules of tools, written by a test and built as a server would: every call and answer is held against its schema."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema_rs
import pytest

from seawall.errors import BlueprintError, Problem
from seawall.security.budget import Deadline, WorkerPool
from seawall.toolsets.interface import (
    CallContext,
    Caller,
    DataResult,
    Host,
    LeavesOut,
    LeftOut,
    Operation,
    OperationResult,
    TextResult,
    Toolset,
)
from seawall.toolsets.python import KIND, PythonDeclaration

__all__ = ["PRELUDE", "Workshop", "build", "problems_of", "write"]

PRELUDE = """\
from __future__ import annotations
import asyncio, dataclasses, datetime as dt, decimal, enum, threading, time, uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, TypeVar, Union
from annotated_types import Ge, Len
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict
import seawall
"""

_NAME = "workshop_tools"


def write(directory: Path, text: str, *, name: str = _NAME, prelude: str = PRELUDE) -> Path:
    """Write a module of that name."""
    path = directory / f"{name}.py"
    path.write_text(prelude + dedent(text))
    return path


def build(directory: Path, *, workers: WorkerPool | None = None, **declared: Any) -> Toolset:
    """The toolset of the module, with write access unless told otherwise."""
    settings = {"kind": "python", "module": _NAME, "access": "write"} | declared
    host = Host(directory, workers or WorkerPool(size=4, queued=16), 1024 * 1024)
    return KIND.build(PythonDeclaration.model_validate(settings), host)


def problems_of(directory: Path, text: str, *, prelude: str = PRELUDE, **declared: Any) -> Sequence[Problem]:
    """What is wrong with a module."""
    write(directory, text, prelude=prelude)
    with pytest.raises(BlueprintError) as caught:
        build(directory, **declared)
    return caught.value.problems


@dataclass
class Workshop:
    """A started toolset of the module."""

    toolset: Toolset
    caller: Caller = Caller("local", patterns=("*",))  # noqa: RUF009  frozen
    progress: list[tuple[float, float | None, str | None]] = field(default_factory=list)
    sending: int = 0
    most_at_once: int = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def of(
        cls, directory: Path, text: str, *, workers: WorkerPool | None = None, **declared: Any
    ) -> AsyncIterator[Workshop]:
        """Write the module, build its toolset and keep it started."""
        write(directory, text)
        toolset = build(directory, workers=workers, **declared)
        await toolset.start()
        try:
            yield cls(toolset)
        finally:
            await toolset.close()

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {each.name: each for each in self.toolset.operations}

    @property
    def left_out(self) -> Sequence[LeftOut]:
        assert isinstance(self.toolset, LeavesOut)
        return self.toolset.left_out()

    async def call(self, name: str, /, *, seconds: float = 60, **arguments: Any) -> OperationResult:
        """Call an operation with arguments as they come over the wire."""
        operation = self.operations[name]
        sent = json.loads(json.dumps(arguments))
        jsonschema_rs.validate(operation.parameters, sent)
        context = CallContext("request", self.caller, Deadline.after(seconds), 1024 * 1024, self._report)
        result = await operation.handler(sent, context)
        if isinstance(result, DataResult):
            assert operation.output is not None
            assert operation.output["type"] == "object"
            jsonschema_rs.validate(operation.output, json.loads(json.dumps(result.data)))
        else:
            assert operation.output is None
        return result

    async def text(self, name: str, /, **arguments: Any) -> str:
        """The text of a result that is one."""
        result = await self.call(name, **arguments)
        assert isinstance(result, TextResult)
        return result.text

    async def data(self, name: str, /, **arguments: Any) -> Any:
        """The data of a result that is data."""
        result = await self.call(name, **arguments)
        assert isinstance(result, DataResult)
        return result.data

    async def _report(self, done: float, total: float | None, message: str | None) -> None:
        """A client that takes its time."""
        self.sending += 1
        self.most_at_once = max(self.most_at_once, self.sending)
        await asyncio.sleep(0.01)
        self.sending -= 1
        self.progress.append((done, total, message))

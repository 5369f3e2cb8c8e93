"""A small toolset of the tests' own: each operation is one behaviour that the runtime must cope with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from seawall.blueprint import ToolsetDeclaration, parse
from seawall.errors import PathNotFoundError, StartError
from seawall.runtime.assemble import Assembly, build
from seawall.toolsets.interface import (
    CallContext,
    DataResult,
    Hints,
    Host,
    Operation,
    OperationResult,
    TextResult,
    Toolset,
)
from seawall.types import JsonObject

SECRET = "postgres://admin:hunter2@db.internal/prod"  # noqa: S105  must never reach a caller
READ = Hints(read_only=True, destructive=False, idempotent=True, open_world=False)
WRITE = Hints(read_only=False, destructive=True, idempotent=False, open_world=False)


class ToyDeclaration(ToolsetDeclaration):
    """The declaration of the toy."""

    kind: Literal["toy"] = Field(default="toy", description="A toy.")
    root: str = Field(default="", description="A directory that must exist; none when empty.")


def schema(**properties: JsonObject) -> JsonObject:
    """An object schema that allows only these, all required."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


class ToyToolset:
    """Keeps what happened to it: `events` for its life, `seen` for its calls."""

    def __init__(self, declaration: ToyDeclaration, host: Host) -> None:
        self.declaration = declaration
        self.host = host
        self.root = host.directory / declaration.root if declaration.root else None
        self.events: list[str] = []
        self.seen: list[CallContext] = []
        self.slow_began = asyncio.Event()
        self.slow_ended = asyncio.Event()

    @property
    def operations(self) -> Sequence[Operation]:
        count = schema(count={"type": "integer", "minimum": 0, "maximum": 10**7})
        return (
            self._operation("greet", self.greet, schema(name={"type": "string", "minLength": 1})),
            self._operation("letters", self.letters, count),
            self._operation("numbers", self.numbers, count, output=schema(numbers={"type": "array"})),
            self._operation("wrong_output", self.wrong_output, schema(), output=schema(x={"type": "string"})),
            self._operation("missing", self.missing, schema()),
            self._operation("broken", self.broken, schema()),
            self._operation("slow", self.slow, schema()),
            self._operation("blocking", self.blocking, schema()),
            self._operation("change", self.greet, schema(name={"type": "string"}), hints=WRITE),
        )

    def _operation(self, name: str, handler: Any, parameters: JsonObject, **more: Any) -> Operation:
        return Operation(
            name=name,
            title=name.title(),
            description=f"Does {name}.",
            parameters=parameters,
            output=more.get("output"),
            hints=more.get("hints", READ),
            handler=handler,
        )

    async def start(self) -> None:
        self.events.append("start")
        if self.root is not None and not self.root.is_dir():
            raise StartError(f"{self.root} is no directory.", hint="Set root to one.")

    async def close(self) -> None:
        self.events.append("close")

    def faults(self) -> Sequence[str]:
        return () if self.root is None or self.root.is_dir() else ("the root is gone",)

    async def greet(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        self.seen.append(context)
        await context.progress(1, 2, "half way")
        return DataOrText.text(f"Hello {arguments['name']}")

    async def letters(self, arguments: JsonObject, _context: CallContext) -> OperationResult:
        return TextResult(text="a" * int(str(arguments["count"])), note="all of them", details={"next": None})

    async def numbers(self, arguments: JsonObject, _context: CallContext) -> OperationResult:
        return DataResult({"numbers": list(range(int(str(arguments["count"]))))})

    async def wrong_output(self, _arguments: JsonObject, _context: CallContext) -> OperationResult:
        return DataResult({"x": 1})

    async def missing(self, _arguments: JsonObject, _context: CallContext) -> OperationResult:
        raise PathNotFoundError(path="a.txt")

    async def broken(self, _arguments: JsonObject, _context: CallContext) -> OperationResult:
        raise RuntimeError(SECRET)

    async def slow(self, _arguments: JsonObject, _context: CallContext) -> OperationResult:
        self.events.append("slow began")
        self.slow_began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.events.append("slow cancelled")
            self.slow_ended.set()
            raise
        return DataOrText.text("slept")

    async def blocking(self, _arguments: JsonObject, _context: CallContext) -> OperationResult:
        await self.host.workers.run(time.sleep, 0.3)
        return DataOrText.text("blocked")


class DataOrText:
    """Shorthand for results."""

    @staticmethod
    def text(text: str) -> TextResult:
        return TextResult(text=text, note="", details={})


class ToyKind:
    """The kind, with the toolsets that it built."""

    name = "toy"
    declaration = ToyDeclaration

    def __init__(self) -> None:
        self.built: list[ToyToolset] = []

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        if not isinstance(declaration, ToyDeclaration):
            raise TypeError(type(declaration))
        self.built.append(ToyToolset(declaration, host))
        return self.built[-1]


KIND = ToyKind()

SMALLEST = """
[server]
name = "toy"

[[toolset]]
kind = "toy"
access = "write"
"""


def assembled(
    text: str = SMALLEST, *, directory: Path = Path("/nowhere"), environment: Mapping[str, str] | None = None
) -> tuple[Assembly, ToyToolset]:
    """A server of the blueprint, and the last of its toy toolsets."""
    kind = ToyKind()
    loaded = parse(
        text,
        source="seawall.toml",
        directory=directory,
        kinds={kind.name: kind.declaration},
        environment=environment or {},
    )
    assembly = build(loaded, {kind.name: kind})
    return assembly, kind.built[-1]

"""Commands declared by a test and run for real, in the sandbox that this machine offers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import jsonschema_rs

from seawall.errors import BlueprintError, Problem
from seawall.security.budget import Deadline, WorkerPool
from seawall.security.sandbox import Sandbox, Tier, examine
from seawall.toolsets.command import KIND, CommandsDeclaration
from seawall.toolsets.command.toolset import CommandsToolset
from seawall.toolsets.interface import (
    CallContext,
    Caller,
    DataResult,
    Host,
    Operation,
    OperationResult,
    TextResult,
)

__all__ = ["LIMIT", "TIERS", "Yard", "build", "declared", "problems_of"]

LIMIT = 1024 * 1024


def _tiers() -> tuple[str, ...]:
    """The tiers that confine and work on this machine, weakest first."""
    lacking = examine().lacking
    return tuple(str(tier) for tier in (Tier.LANDLOCK, Tier.BUBBLEWRAP) if tier not in lacking)


TIERS = _tiers()


def declared(text: str, **settings: Any) -> CommandsDeclaration:
    """A declaration, from the commands as a blueprint has them: `[[command]]` and their lines."""
    return CommandsDeclaration.model_validate(_frozen({"kind": "command", **tomllib.loads(text), **settings}))


def _frozen(value: Any) -> Any:
    """Arrays as tuples, as the loader has them."""
    if isinstance(value, dict):
        return {name: _frozen(inner) for name, inner in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def build(
    directory: Path, text: str, *, tier: str | None = None, limit: int = LIMIT, **settings: Any
) -> CommandsToolset:
    """The toolset of the commands, with write access unless told otherwise."""

    @contextlib.asynccontextmanager
    async def lent(minimum: Tier, networks: Sequence[str]) -> AsyncIterator[Sandbox]:
        chosen = None if tier is None else Tier(tier)
        made = partial(Sandbox, tier=chosen, minimum=minimum, networks=tuple(map(ip_network, networks)))
        async with await asyncio.to_thread(made) as sandbox:
            yield sandbox

    host = Host(directory, WorkerPool(size=4, queued=64), limit, lent)
    toolset = KIND.build(declared(text, **{"access": "write", **settings}), host)
    assert isinstance(toolset, CommandsToolset)
    return toolset


def problems_of(text: str, **settings: Any) -> Sequence[Problem]:
    """What is wrong with the commands."""
    try:
        build(Path("/nowhere"), text, **settings)
    except BlueprintError as error:
        return error.problems
    raise AssertionError(f"nothing is wrong with {text}")


@dataclass
class Yard:
    """A started toolset."""

    toolset: CommandsToolset
    limit: int = LIMIT
    progress: list[tuple[float, float | None, str | None]] = field(default_factory=list)

    @classmethod
    @contextlib.asynccontextmanager
    async def of(
        cls, directory: Path, text: str, *, tier: str | None = None, limit: int = LIMIT, **settings: Any
    ) -> AsyncIterator[Yard]:
        toolset = await asyncio.to_thread(build, directory, text, tier=tier, limit=limit, **settings)
        try:
            await toolset.start()
            yield cls(toolset, limit)
        finally:
            await toolset.close()

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {each.name: each for each in self.toolset.operations}

    async def call(self, name: str, /, *, seconds: float = 60, **arguments: Any) -> OperationResult:
        """Call an operation with arguments as they come over the wire."""
        operation = self.operations[name]
        sent = json.loads(json.dumps(arguments))
        jsonschema_rs.validate(operation.parameters, sent)
        context = CallContext("request", Caller("local"), Deadline.after(seconds), self.limit, self._report)
        result = await operation.handler(sent, context)
        if isinstance(result, DataResult):
            assert operation.output is not None
            jsonschema_rs.validate(operation.output, json.loads(json.dumps(result.data)))
        return result

    async def answer(self, name: str, /, **arguments: Any) -> TextResult:
        """A result that is text."""
        result = await self.call(name, **arguments)
        assert isinstance(result, TextResult)
        return result

    async def text(self, name: str, /, **arguments: Any) -> str:
        """The text of such a result."""
        return (await self.answer(name, **arguments)).text

    async def _report(self, done: float, total: float | None, message: str | None) -> None:
        self.progress.append((done, total, message))

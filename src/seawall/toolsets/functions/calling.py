"""Handlers: how a call becomes a call of the author's function."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Protocol

from seawall.security.budget import StopSignal, WorkerPool
from seawall.toolsets.functions.context import Context
from seawall.toolsets.functions.injection import Source
from seawall.toolsets.functions.raising import NOTHING_DECLARED, Declared
from seawall.toolsets.functions.results import Encode
from seawall.toolsets.functions.source import Function
from seawall.toolsets.interface import CallContext, OperationResult
from seawall.types import JsonObject

__all__ = ["Calling", "Decodes", "Plan"]


class Decodes(Protocol):
    """Makes the values of a function."""

    def decode(self, arguments: JsonObject, /) -> dict[str, Any]:
        """The values by parameter name.

        Raises:
            InvalidArgumentsError: names each argument that is not valid.
        """


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a call needs, found out once.

    Attributes:
        name: the operation's name.
        function: the author's function.
        asynchronous: it runs on the event loop; any other runs on the workers, with all that belongs to it.
        arguments: makes its values.
        injected: where its other parameters come from.
        wants_context: one of them is the call's own Context.
        encode: makes the result.
        declared: the exceptions that are meant for the caller.
        on_workers: whether even the arguments are made on the workers, since making them asks the file system.
    """

    name: str
    function: Function
    asynchronous: bool
    arguments: Decodes
    injected: tuple[tuple[str, Source], ...]
    wants_context: bool
    encode: Encode
    declared: Declared = NOTHING_DECLARED
    on_workers: bool = False

    def values(self, arguments: JsonObject, call: CallContext, context: Context | None) -> dict[str, Any]:
        """What the function is called with.

        Raises:
            InvalidArgumentsError: an argument is not valid in a way that the schema cannot say.
        """
        values = self.arguments.decode(arguments)
        for name, source in self.injected:
            values[name] = source(call, context)
        return values


@dataclass(frozen=True, slots=True)
class _Later:
    """What a `def` function returned that has to be awaited: a decorator hid an `async def`."""

    awaitable: Awaitable[object]


class Calling:
    """The handler of one operation. It raises what the function raises; the pipeline masks what is not for callers."""

    __slots__ = ("_plan", "_under_way", "_workers")

    def __init__(self, plan: Plan, workers: WorkerPool, under_way: set[StopSignal]) -> None:
        """Args are the plan, where `def` functions run, and who is to be told when the toolset closes."""
        self._plan = plan
        self._workers = workers
        self._under_way = under_way

    async def __call__(self, arguments: JsonObject, call: CallContext) -> OperationResult:
        """Carry one call out.

        Raises:
            InvalidArgumentsError: an argument is not valid in a way that the schema cannot say.
            OverloadedError: every worker is busy and the queue is full.
        """
        if not self._plan.wants_context:
            return await self._answer(arguments, call, None)
        signal = StopSignal(call.deadline)
        context = Context(call, self._plan.name, self._workers, signal)
        self._under_way.add(signal)
        try:
            result = await self._answer(arguments, call, context)
        except asyncio.CancelledError:
            signal.cancel()
            raise
        except Exception:
            await context.settle()
            raise
        finally:
            self._under_way.discard(signal)
        await context.settle()
        return result

    async def _answer(
        self, arguments: JsonObject, call: CallContext, context: Context | None
    ) -> OperationResult:
        plan = self._plan
        if plan.asynchronous:
            if plan.on_workers:
                values = await self._workers.run(plan.values, arguments, call, context)
            else:
                values = plan.values(arguments, call, context)
            return plan.encode(await self._awaited(plan.function(**values)))
        result = await self._workers.run(self._blocking, arguments, call, context)
        return plan.encode(await self._awaited(result.awaitable)) if isinstance(result, _Later) else result

    async def _awaited(self, awaitable: Any) -> object:  # noqa: ANN401  what an `async def` returned
        with self._plan.declared:
            return await awaitable

    def _blocking(
        self, arguments: JsonObject, call: CallContext, context: Context | None
    ) -> OperationResult | _Later:
        values = self._plan.values(arguments, call, context)
        with self._plan.declared:
            value = self._plan.function(**values)
        return _Later(value) if inspect.isawaitable(value) else self._plan.encode(value)

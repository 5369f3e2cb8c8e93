"""Handlers: how a call becomes a call of the author's function."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from seawall.security.budget import StopSignal, WorkerPool
from seawall.toolsets.interface import CallContext, OperationResult
from seawall.toolsets.python.arguments import Arguments
from seawall.toolsets.python.context import Context
from seawall.toolsets.python.injection import Source
from seawall.toolsets.python.results import Encode
from seawall.toolsets.python.source import Function
from seawall.types import JsonObject

__all__ = ["Calling", "Plan"]


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
    """

    name: str
    function: Function
    asynchronous: bool
    arguments: Arguments
    injected: tuple[tuple[str, Source], ...]
    wants_context: bool
    encode: Encode


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
            value: Any = plan.function(**self._values(arguments, call, context))
            return plan.encode(await value)
        result = await self._workers.run(self._blocking, arguments, call, context)
        return plan.encode(await result.awaitable) if isinstance(result, _Later) else result

    def _blocking(
        self, arguments: JsonObject, call: CallContext, context: Context | None
    ) -> OperationResult | _Later:
        value = self._plan.function(**self._values(arguments, call, context))
        return _Later(value) if inspect.isawaitable(value) else self._plan.encode(value)

    def _values(self, arguments: JsonObject, call: CallContext, context: Context | None) -> dict[str, Any]:
        values = self._plan.arguments.decode(arguments)
        for name, source in self._plan.injected:
            values[name] = source(call, context)
        return values

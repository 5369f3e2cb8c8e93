"""The handler of one operation: which method it calls is known when the implementation was made."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, get_type_hints

from seawall.errors import StartError
from seawall.security.budget import StopSignal, WorkerPool
from seawall.toolsets.contract.pages import OpenPages
from seawall.toolsets.contract.paging import PageForm, Paging
from seawall.toolsets.functions.calling import Calling, Plan
from seawall.toolsets.functions.context import Context
from seawall.toolsets.functions.injection import Injectable, Resources, injectable, source_of
from seawall.toolsets.functions.signature import UNSET
from seawall.toolsets.interface import CallContext, Handler, OperationResult
from seawall.types import JsonObject

__all__ = ["MethodHandler", "Paged"]


@dataclass(frozen=True, slots=True)
class Paged:
    """How a method that gives an iterator is answered.

    Attributes:
        form: how a page goes out.
        pages: where iterators wait.
        size: items of a page.
    """

    form: PageForm
    pages: OpenPages
    size: int


class MethodHandler:
    """Carries one operation out, from the start of its toolset on."""

    def __init__(
        self,
        plan: Plan,
        paged: Paged | None,
        workers: WorkerPool,
        under_way: set[StopSignal],
        *,
        read_only: bool,
    ) -> None:
        """Keep what is known of the contract's method.

        Args:
            plan: what a call needs but for the function itself.
            paged: how an iterator is answered; None for a method that answers once.
            workers: where blocking methods run.
            under_way: who is to be told when the toolset closes.
            read_only: which files the method is lent.
        """
        self._plan = plan
        self._paged = paged
        self._workers = workers
        self._under_way = under_way
        self._read_only = read_only
        self._handler: Handler | None = None

    async def __call__(self, arguments: JsonObject, call: CallContext) -> OperationResult:
        """Carry one call out.

        Raises:
            StartError: the toolset is not started.
        """
        if self._handler is None:
            raise StartError(f"The implementation of {self._plan.name} is not there yet.")
        return await self._handler(arguments, call)

    def bind(self, method: Callable[..., Any], resources: Resources) -> None:
        """From here on it calls this method, which may ask for more of the server than the contract does."""
        given = {name for name, _source in self._plan.injected}
        more = [(name, wanted) for name, wanted in _asked(method) if name not in given]
        plan = replace(
            self._plan,
            function=method,
            asynchronous=_runs_on_loop(method),
            injected=(
                *self._plan.injected,
                *((name, source_of(wanted, resources, read_only=self._read_only)) for name, wanted in more),
            ),
            wants_context=self._plan.wants_context
            or any(issubclass(wanted, Context) for _name, wanted in more),
        )
        if self._paged is None:
            self._handler = Calling(plan, self._workers, self._under_way)
        else:
            paged = self._paged
            self._handler = Paging(
                plan, paged.form, paged.pages, self._workers, under_way=self._under_way, size=paged.size
            )


def _runs_on_loop(method: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)


def _asked(method: Callable[..., Any]) -> list[tuple[str, Injectable]]:
    """What the implementation's own method asks the server for."""
    try:
        signature = inspect.signature(method)
        hints = get_type_hints(inspect.unwrap(method), include_extras=True)
    except Exception:  # noqa: BLE001  boundary: an implementation's annotations are its own affair
        return []
    found = [(name, injectable(hints.get(name, UNSET))) for name in signature.parameters]
    return [(name, wanted) for name, wanted in found if wanted is not None]

"""Plain `def` functions of tools, resources and prompts on the bounded worker pool."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

from fastmcp.prompts.function_prompt import FunctionPrompt
from fastmcp.resources.function_resource import FunctionResource
from fastmcp.resources.template import FunctionResourceTemplate
from fastmcp.tools.base import Tool
from fastmcp.tools.function_tool import FunctionTool
from fastmcp.utilities.components import FastMCPComponent

from seawall.security.budget import WorkerPool

__all__ = ["OnWorkers", "on_workers"]

_Component = TypeVar("_Component", bound=FastMCPComponent)
_KEPT = 4096  # copies kept; a provider that makes new components for every lookup must not fill the memory


class OnWorkers:
    """Resources, templates and prompts whose synchronous functions run on the pool; each is changed once."""

    def __init__(self, workers: WorkerPool) -> None:
        """Args: workers: the pool."""
        self._workers = workers
        self._changed: dict[int, tuple[FastMCPComponent, FastMCPComponent]] = {}

    def __call__(self, component: _Component) -> _Component:
        """The component itself, unless it has a synchronous function: then a copy of it."""
        if not isinstance(component, FunctionResource | FunctionResourceTemplate | FunctionPrompt):
            return component
        if _is_asynchronous(component.fn):
            return component
        kept = self._changed.get(id(component))
        if kept is not None and kept[0] is component:  # an id may be another component's by now
            return cast("_Component", kept[1])
        copy = component.model_copy(update={"fn": _on_worker(component.fn, self._workers)})
        if len(self._changed) >= _KEPT:
            self._changed.clear()
        self._changed[id(component)] = (component, copy)
        return cast("_Component", copy)


def on_workers(tool: Tool, workers: WorkerPool) -> Tool:
    """A function tool that runs on `workers` if its function is synchronous; any other tool as it is.

    FastMCP runs such functions on threads that stop counting when their caller is cancelled, so that callers
    who cancel can grow the process without bound (measured). Its own timeout is taken off too: the deadline
    step keeps it, in one form for all. A tool that insists on the loop's thread (`run_in_thread=False`) stays.
    """
    if not isinstance(tool, FunctionTool):
        return tool
    update: dict[str, object] = {} if tool.timeout is None else {"timeout": None}
    if tool.run_in_thread and not _is_asynchronous(tool.fn):
        update["fn"] = _on_worker(tool.fn, workers)
    return tool.model_copy(update=update) if update else tool


def _is_asynchronous(function: Callable[..., object]) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _on_worker(function: Callable[..., object], workers: WorkerPool) -> Callable[..., object]:
    @functools.wraps(function)
    async def run(*args: object, **kwargs: object) -> object:
        result = await workers.run(_finished, function, args, kwargs)
        return await result if inspect.isawaitable(result) else result

    # FastMCP reads the signature to know the arguments, and which of them it injects.
    vars(run)["__signature__"] = inspect.signature(function)
    return run


def _finished(
    function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> object:
    """The function's result; a generator is run here, since its body is the blocking part."""
    result = function(*args, **kwargs)
    return list(result) if inspect.isgenerator(result) else result

"""Operations as FastMCP tools: the one `OperationTool` and the one provider that serve every kind of toolset."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, cast

from fastmcp.server.dependencies import get_context
from fastmcp.server.providers import Provider
from fastmcp.tools.base import Tool, ToolResult
from fastmcp.utilities.tasks import TaskConfig
from fastmcp.utilities.versions import VersionSpec
from mcp_types import ToolAnnotations
from pydantic import PrivateAttr

from seawall.errors import DeadlineExceededError, InvalidArgumentsError
from seawall.security.budget import Deadline
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.interface import (
    CallContext,
    Caller,
    ContentResult,
    DataResult,
    Operation,
    OperationResult,
)
from seawall.toolsets.life import ToolsetLife
from seawall.toolsets.rendering import content_answer, data_answer, text_answer
from seawall.types import JsonObject

__all__ = ["OperationTool", "Redirect", "ToolsetProvider"]

_TEXT_OUTPUT: JsonObject = {
    "type": "object",
    "properties": {"text": {"type": "string", "description": "The text itself."}},
    "required": ["text"],
}
"""Output schema of a text-bearing operation when the blueprint asks for `results = "json"`."""

_ANY_OUTPUT: JsonObject = {"type": "object"}
"""The same of an operation whose results vary."""


_AS_TASK = TaskConfig(mode="optional")
_NEVER_A_TASK = TaskConfig(mode="forbidden")
_MOST_SEEN = 32  # of one tool, as callers with different scopes see it

_IN_PROCESS = Caller("local", patterns=("*",))
"""Who calls a tool without a server around it: the process itself, from which nothing is hidden."""


@dataclass(frozen=True, slots=True)
class _Inside:
    """What an operation's tool holds, as one value: each private attribute of a model takes microseconds to read."""

    operation: Operation
    schema: ArgumentSchema
    output: ArgumentSchema | None
    structured: bool
    response_limit: int
    scopes: frozenset[str]
    seen: dict[int, OperationTool] = field(default_factory=dict)


class OperationTool(Tool):
    """One operation as a FastMCP tool.

    FastMCP enforces neither the parameters, nor the timeout, nor the output schema of a `Tool` that is no
    function (measured), so this class does. In an assembled server the pipeline validates and keeps the
    deadline, and calls `execute`; whoever calls `run` directly gets both here.
    """

    _inside: _Inside = PrivateAttr()

    @classmethod
    def of(
        cls,
        operation: Operation,
        *,
        response_limit: int,
        results: Literal["text", "json"] = "text",
        timeout: float | None = None,
        scopes: Iterable[str] = (),
    ) -> OperationTool:
        """The tool that serves the operation.

        Args:
            operation: what to serve, its name with prefix already.
            response_limit: bytes that one result may have.
            results: `json` sends text-bearing results as structured content.
            timeout: seconds of one call, as the blueprint says; the operation's own time limit when None.
            scopes: what a caller must have to see and call it, beside what the operation asks for.

        Raises:
            ValueError: a schema of the operation is no valid JSON Schema.
        """
        json_text = results == "json" and operation.output is None
        tool = cls(
            name=operation.name,
            title=operation.title,
            description=operation.description,
            parameters=operation.parameters,
            output_schema=_output(operation, json_text=json_text),
            annotations=_annotations(operation),
            timeout=operation.timeout if timeout is None else timeout,
            task_config=_AS_TASK if operation.task else _NEVER_A_TASK,
        )
        tool._inside = _Inside(
            operation,
            schema=ArgumentSchema(operation.parameters),
            output=None if operation.output is None else ArgumentSchema(operation.output),
            structured=json_text or operation.output is not None,
            response_limit=response_limit,
            scopes=frozenset((*scopes, *operation.scopes)),
        )
        return tool

    @property
    def _held(self) -> _Inside:
        """`_inside`, past pydantic's way to it, which takes forty times as long: a list reads it of every tool."""
        private = self.__pydantic_private__
        return self._inside if private is None else cast("_Inside", private["_inside"])

    @property
    def scopes(self) -> frozenset[str]:
        """What a caller must have to see and call it; the guard of an assembled server asks."""
        return self._held.scopes

    def seen_by(self, caller: Callable[[], Caller]) -> OperationTool | None:
        """The tool as a caller sees it; None when it does not exist for them."""
        inside = self._held
        if inside.operation.as_seen is None:
            return self
        seen = inside.operation.as_seen(caller())
        if seen is None:
            return None
        made = inside.seen.get(id(seen))
        if made is None or made.operation is not seen:
            if len(inside.seen) >= _MOST_SEEN:
                inside.seen.clear()
            made = self.model_copy(
                update={
                    "description": seen.description,
                    "annotations": _annotations(seen),
                }
            )
            made._inside = replace(inside, operation=seen, seen={})  # noqa: SLF001  own copy
            inside.seen[id(seen)] = made
        return made

    @property
    def operation(self) -> Operation:
        """What the tool serves."""
        return self._inside.operation

    @property
    def schema_of_arguments(self) -> ArgumentSchema:
        """The compiled input schema."""
        return self._inside.schema

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        """Run outside of the pipeline: validated and timed all the same.

        Raises:
            OperationError: the operation was refused or failed.
        """
        if faults := self._inside.schema.faults(arguments):
            raise InvalidArgumentsError(tool=self.name, faults=faults)
        deadline = Deadline.never() if self.timeout is None else Deadline.after(self.timeout)
        limit = asyncio.timeout(self.timeout)
        try:
            async with limit:
                return await self.execute(
                    arguments, request_id=uuid.uuid4().hex, caller=_IN_PROCESS, deadline=deadline
                )
        except TimeoutError:
            if limit.expired():
                raise DeadlineExceededError(name=self.name, seconds=deadline.seconds) from None
            raise

    async def execute(
        self, arguments: dict[str, Any], *, request_id: str, caller: Caller, deadline: Deadline
    ) -> ToolResult:
        """Carry the operation out. The arguments were validated.

        Raises:
            OperationError: the operation was refused or failed.
            TypeError: the operation's data does not fit its own output schema.
        """
        inside = self._inside
        context = CallContext(
            request_id=request_id,
            caller=caller,
            deadline=deadline,
            response_limit=inside.response_limit,
            progress=_report_progress,
        )
        return self._rendered(await inside.operation.handler(arguments, context), inside)

    def _rendered(self, result: OperationResult, inside: _Inside) -> ToolResult:
        if isinstance(result, DataResult):
            return data_answer(self._fitting(result.data, inside))
        if isinstance(result, ContentResult):
            data = {**result.details, "text": result.note} if inside.structured else None
            return content_answer(result, None if data is None else self._fitting(data, inside))
        if inside.structured:
            return data_answer(self._fitting({**result.details, "text": result.text}, inside))
        return text_answer(result)

    def _fitting(self, data: JsonObject, inside: _Inside) -> JsonObject:
        if inside.output is not None and not inside.output.fits(data):
            raise TypeError(f"{self.name}: the data does not fit the output schema of the operation")
        return data


def _annotations(operation: Operation) -> ToolAnnotations:
    hints = operation.hints
    return ToolAnnotations(
        title=operation.title,
        read_only_hint=hints.read_only,
        destructive_hint=hints.destructive,
        idempotent_hint=hints.idempotent,
        open_world_hint=hints.open_world,
    )


def _output(operation: Operation, *, json_text: bool) -> JsonObject | None:
    if not json_text:
        return operation.output
    return _ANY_OUTPUT if operation.varies else _TEXT_OUTPUT


async def _report_progress(done: float, total: float | None = None, message: str | None = None) -> None:
    """Report to the client of the current call, if it asked for progress or the call is a background task.

    FastMCP would find out too, but imports its whole task system to do so, a third of a second on the loop.
    """
    try:
        context = get_context()
    except RuntimeError:  # called in process, without a server around it
        return
    wire = context.request_context
    asked = wire is not None and wire.meta is not None and "progressToken" in wire.meta
    if asked or context.is_background_task:
        await context.report_progress(done, total, message)


Redirect: TypeAlias = Callable[[JsonObject, Caller], tuple[str, JsonObject] | None]
"""Of what a call with these arguments is really a call, for this caller; None when of the tool itself."""


class ToolsetProvider(Provider):
    """Serves the tools of every toolset of a server, and keeps the toolsets started while the server runs.

    One for all of them: FastMCP asks each provider of a server in a task of its own, at every call.
    """

    def __init__(
        self,
        lives: Mapping[str, ToolsetLife],
        tools: Sequence[OperationTool],
        *,
        unlisted: Mapping[str, Callable[[], OperationTool]] | None = None,
        redirects: Mapping[str, Redirect] | None = None,
    ) -> None:
        """Take everything that is served.

        Args:
            lives: who starts and closes each toolset, by its name.
            tools: what is listed; no two have the same name.
            unlisted: tools that are found by their names and that no list has, each made when it is first wanted.
            redirects: by the name of a listed tool: of what its calls are really calls.
        """
        super().__init__()
        self._lives = dict(lives)
        self._tools = tuple(tools)
        self._by_name = {tool.name: tool for tool in tools}
        self._unlisted = dict(unlisted or {})
        self._redirects = dict(redirects or {})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._lives)})"

    async def _list_tools(self) -> Sequence[Tool]:
        return self._tools

    @property
    def listed(self) -> Sequence[OperationTool]:
        """What is listed, to whom it is shown."""
        return self._tools

    def find(self, name: str) -> OperationTool | None:
        """The tool of that name, listed or not."""
        found = self._by_name.get(name)
        if found is None and (make := self._unlisted.get(name)) is not None:
            found = self._by_name[name] = make()
        return found

    def redirected(
        self, name: str, arguments: JsonObject, caller: Callable[[], Caller]
    ) -> tuple[str, JsonObject] | None:
        """Which tool a call is really for, with its arguments; None when it is for the one that it names."""
        redirect = self._redirects.get(name)
        return None if redirect is None else redirect(arguments, caller())

    async def _get_tool(self, name: str, version: VersionSpec | None = None) -> Tool | None:
        tool = self.find(name)
        return tool if tool is None or version is None or version.matches(tool.version) else None

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Start the toolsets in their order, and close each after the last of its users."""
        async with AsyncExitStack() as stack:
            for life in self._lives.values():
                await stack.enter_async_context(life.held())
            yield

"""Operations as FastMCP tools: the one `OperationTool` and the one provider that serve every kind of toolset."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast

from fastmcp.server.dependencies import get_context
from fastmcp.server.providers import Provider
from fastmcp.tools.base import Tool, ToolResult
from fastmcp.utilities.tasks import TaskConfig
from fastmcp.utilities.versions import VersionSpec
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    TextContent,
    ToolAnnotations,
)
from pydantic import PrivateAttr
from pydantic_core import to_json

from seawall.errors import DeadlineExceededError, InvalidArgumentsError
from seawall.security.budget import Deadline
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.interface import (
    AudioBlock,
    Block,
    CallContext,
    Caller,
    ContentResult,
    DataResult,
    ImageBlock,
    Operation,
    OperationResult,
    TextResult,
    content_size,
)
from seawall.types import JsonObject

__all__ = [
    "RESULT_META",
    "OperationTool",
    "Redirect",
    "SizedResult",
    "ToolsetLife",
    "ToolsetProvider",
    "text_of",
]

RESULT_META = "io.github.seawall/result"
"""The key in `_meta` under which a text result carries its details as data."""

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


class SizedResult(ToolResult):
    """A result that knows its size, so that nothing serialises it again only to measure it, and where its note begins.

    It is made without ToolResult's own conversion, which copies structured content once more.
    """

    __slots__ = (
        "_measured",
        "_note",
    )  # a private attribute of the model would cost more than all the rest of this
    if TYPE_CHECKING:
        _measured: int
        _note: str

    @classmethod
    def made(
        cls,
        text: str,
        *,
        size: int,
        data: JsonObject | None = None,
        before: Sequence[ContentBlock] = (),
        note: str = "",
    ) -> SizedResult:
        """A result with one text block, after those of another kind.

        Args:
            text: of the block.
            size: bytes of all of it.
            data: the structured content.
            before: the blocks of another kind.
            note: with which the text ends, see `text_of`; empty when it has none.
        """
        content = [*before, TextContent(type="text", text=text)]
        result = cls.model_construct(content=content, structured_content=data, meta=None, is_error=False)
        object.__setattr__(result, "_measured", size)
        object.__setattr__(result, "_note", note)
        return result

    def replaced(self, result: ToolResult, *, size: int, note: str) -> SizedResult:
        """The same with what stands in another result."""
        made = type(self).model_construct(**dict(result))
        object.__setattr__(made, "_measured", size)
        object.__setattr__(made, "_note", note)
        return made

    @property
    def size(self) -> int:
        """Bytes of the text as UTF-8, of all data as compact JSON, and of all else as base64."""
        return self._measured

    @property
    def text(self) -> str:
        """All of its text without the note."""
        whole = "\n".join(block.text for block in self.content if isinstance(block, TextContent))
        return whole.removesuffix(f"\n\n{self._note}") if self._note else whole

    @property
    def note(self) -> str:
        """The note at the end of the text; empty when there is none."""
        return self._note


def text_of(result: TextResult) -> str:
    """A text result as its caller reads it: the text, a blank line, the note.

    One block, since hosts in wide use show only the first (or only the last) block of a result. The text is
    everything before the last blank line, byte for byte, whether or not it ends with a newline itself.
    """
    return f"{result.text}\n\n{result.note}" if result.note else result.text


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
            return _data(self._fitting(result.data, inside))
        if isinstance(result, ContentResult):
            data = {**result.details, "text": result.note} if inside.structured else None
            return _content(result, None if data is None else self._fitting(data, inside))
        if inside.structured:
            return _data(self._fitting({**result.details, "text": result.text}, inside))
        return _text(result)

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


def _data(data: JsonObject) -> ToolResult:
    """Structured content, and the same compact JSON as text for hosts that read only text."""
    text = to_json(data)
    return SizedResult.made(text.decode(), size=2 * len(text), data=data)


def _text(result: TextResult) -> ToolResult:
    text = text_of(result)
    size = len(text.encode()) + len(to_json(result.details))
    answer = SizedResult.made(text, size=size, note=result.note)
    answer.meta = {RESULT_META: result.details}
    return answer


def _content(result: ContentResult, data: JsonObject | None) -> ToolResult:
    """The blocks, then the note; the details as structured content where a schema promises it, else in `_meta`."""
    text = result.note if data is None else to_json(data).decode()
    details = len(to_json(result.details)) if data is None else len(text.encode())
    size = sum(content_size(len(block.data)) for block in result.blocks) + len(text.encode()) + details
    answer = SizedResult.made(text, size=size, data=data, before=[_block(each) for each in result.blocks])
    if data is None:
        answer.meta = {RESULT_META: result.details}
    return answer


def _block(block: Block) -> ContentBlock:
    data = base64.b64encode(block.data).decode()
    if isinstance(block, ImageBlock):
        return ImageContent(type="image", data=data, mime_type=block.media_type)
    if isinstance(block, AudioBlock):
        return AudioContent(type="audio", data=data, mime_type=block.media_type)
    resource = BlobResourceContents(uri=block.uri, mime_type=block.media_type, blob=data)
    return EmbeddedResource(type="resource", resource=resource)


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


class Startable(Protocol):
    """What a life is of: a toolset, or something else that a server needs while it runs."""

    async def start(self) -> None:
        """Acquire what is needed."""

    async def close(self) -> None:
        """Release it. Called once, also after a failed start."""


class ToolsetLife:
    """Starts a toolset for the first who needs it and closes it after the last.

    The command starts toolsets before the server does, so that a missing root ends it with one clear line; the
    server's own lifespan then finds them started. FastMCP lifespans nest, so both may hold it at once.
    """

    def __init__(self, toolset: Startable) -> None:
        self._toolset = toolset
        self._lock = asyncio.Lock()
        self._holders = 0

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the toolset started for the time of the block.

        Raises:
            StartError: its source is not there.
        """
        async with self._lock:
            if self._holders == 0:
                await self._start()
            self._holders += 1
        try:
            yield
        finally:
            async with self._lock:
                self._holders -= 1
                if self._holders == 0:
                    await self._toolset.close()

    async def _start(self) -> None:
        try:
            await self._toolset.start()
        except BaseException:
            await self._toolset.close()
            raise


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

"""The half around the tool: every tool of the server, wherever it comes from, runs inside of the guards.

It is a Transform around each provider (placement.py), because background tasks run tools without FastMCP's
middleware but get them from there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from fastmcp.prompts.base import Prompt
from fastmcp.resources.base import Resource
from fastmcp.resources.template import ResourceTemplate
from fastmcp.server.transforms import (
    GetPromptNext,
    GetResourceNext,
    GetResourceTemplateNext,
    GetToolNext,
    Transform,
)
from fastmcp.tools.base import Tool, ToolResult
from fastmcp.tools.function_tool import FunctionTool
from fastmcp.tools.tool_transform import TransformedTool
from fastmcp.utilities.versions import VersionSpec
from mcp.shared.exceptions import MCPError
from pydantic import PrivateAttr

from seawall.errors import InternalError
from seawall.prompts.provider import OfferedPrompt
from seawall.resources.provider import OfferedResource, OfferedTemplate
from seawall.runtime.background import current_task
from seawall.runtime.caller import Scopes, account, on_behalf, principal, submitter
from seawall.runtime.enforcement import Enforcement, Live
from seawall.runtime.functions import OnWorkers, on_workers
from seawall.runtime.masking import keep_details, passes_as_protocol_error, translate
from seawall.runtime.pipeline.audit import audit_run
from seawall.runtime.pipeline.bound import bound
from seawall.runtime.pipeline.boundary import boundary
from seawall.runtime.pipeline.call import Answer, Call, Outcome, Proceed, Refusal, Report, chain
from seawall.runtime.pipeline.concurrency import concurrency
from seawall.runtime.pipeline.deadline import deadline
from seawall.runtime.pipeline.order import AROUND_TOOL, arrange
from seawall.runtime.pipeline.redact import redact, redact_refusal
from seawall.runtime.pipeline.validate import Inspect, validate
from seawall.runtime.request import Request, current_request, new_request_id
from seawall.runtime.results import ToolPayload, error_result, told
from seawall.security.backlog import Backlog
from seawall.security.budget import Deadline
from seawall.security.redact import Redactor
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.serving import OperationTool
from seawall.types import JsonObject

__all__ = ["Guard", "GuardedTool", "is_operation", "operation_tool"]

_log = logging.getLogger("seawall.guard")

_Offered = TypeVar("_Offered", OfferedResource, OfferedTemplate)

_KEPT = 4096  # wrappers kept; a provider that makes new tools for every lookup must not fill the memory


@dataclass(frozen=True, slots=True)
class _Inside:
    """What a guarded tool holds, as one value: each private attribute of a model takes microseconds to read."""

    tool: Tool
    proceed: Proceed
    seconds: float | None
    live: Live
    redactor: Redactor
    backlog: Backlog


class GuardedTool(Tool):
    """A tool inside of the guards. It lists exactly like the tool that it wraps."""

    _inside: _Inside = PrivateAttr()

    @classmethod
    def around(cls, inside: _Inside) -> GuardedTool:
        """Wrap a tool: its runs go through the pipeline and end after some seconds, its own or those of every call."""
        inner = inside.tool
        fields = {name: getattr(inner, name) for name in Tool.model_fields}
        tool = cls.model_construct(**fields)
        tool._inside = inside  # noqa: SLF001  own constructor
        return tool

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        """Run the tool. Never raises but for cancellation and what the protocol wants raised."""
        request = current_request.get()
        if request is not None:
            return await self._through(arguments, request)
        task = current_task()
        if task is None:
            return await self._through(arguments, Request(new_request_id(), principal(), account()))
        with self._inside.backlog.run(task) as known:
            who = submitter(known)
            with on_behalf(*who):
                return await self._through(arguments, Request(new_request_id(), *who))

    async def _through(self, arguments: dict[str, Any], request: Request) -> ToolResult:
        inside = self._inside
        call = Call(
            principal=request.principal,
            request_id=request.request_id,
            kind="tool",
            name=self.name,
            arguments=arguments,
            deadline=Deadline.after(
                inside.live.request_timeout if inside.seconds is None else inside.seconds
            ),
            account=request.account,
        )
        outcome = await inside.proceed(call)
        if isinstance(outcome, Refusal):
            if outcome.error is not None:
                raise told(outcome.error, outcome.report, inside.redactor)
            return error_result(outcome.report)
        payload = outcome.payload
        if not isinstance(payload, ToolPayload):
            raise TypeError(f"a step changed the result of {self.name} into {type(payload).__name__}")
        request.size = payload.size()
        return payload.result

    @property
    def inner(self) -> Tool:
        """The wrapped tool; read of every tool by a list, so past pydantic's slow way to it."""
        private = self.__pydantic_private__
        inside = self._inside if private is None else cast("_Inside", private["_inside"])
        return inside.tool

    def get_span_attributes(self) -> dict[str, Any]:
        """What the wrapped tool says about itself to tracing."""
        return self._inside.tool.get_span_attributes()


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """A tool that was wrapped before.

    Attributes:
        tool: it; held, so that its id is no other's.
        guarded: the wrapper.
        scopes: those of its own that a caller needs.
    """

    tool: Tool
    guarded: GuardedTool
    scopes: frozenset[str]


class Guard(Transform):
    """Wraps every tool of a server, and hides those for which the caller lacks scopes."""

    def __init__(self, enforcement: Enforcement) -> None:
        """Args: enforcement: the guards of the server."""
        self._scopes = enforcement.scopes
        self._rules = enforcement.rules
        self._workers = enforcement.workers
        self._on_workers = OnWorkers(enforcement.workers)
        self._redactor = enforcement.redactor
        self._stragglers = enforcement.stragglers
        self._admission = enforcement.admission
        self._operations = enforcement.operations
        self._backlog = enforcement.backlog
        self._live = enforcement.live
        self._response_size = enforcement.policy.response_size
        self._recorded = audit_run(
            enforcement.audit,
            enforcement.judged,
            lambda answer: answer.payload.size(),
            recorded=lambda: current_request.get() is not None,
            task=current_task,
        )
        self._wrapped: dict[int, _Wrapped] = {}

    async def list_tools(self, tools: Sequence[Tool]) -> Sequence[Tool]:
        """The tools that the caller may see, each inside of the guards."""
        return self.listed(tools)

    def listed(self, tools: Iterable[Tool]) -> list[Tool]:
        """The same at once. The caller is asked about once for each set of scopes, not for each tool."""
        shown: dict[frozenset[str], bool] = {}
        found: list[Tool] = []
        for tool in tools:
            kept = self._wrapped.get(
                id(tool)
            )  # never one that callers see differently: what each sees is kept
            needed = self._ruled(_scopes_of(tool) if kept is None else kept.scopes, tool)
            visible = shown.get(needed)
            if visible is None:
                visible = shown[needed] = self._scopes.shown(needed)
            if visible and kept is not None:
                found.append(kept.guarded)
            elif visible and (seen := self._seen(tool)) is not None:
                found.append(self._guarded(seen))
        return found

    async def get_tool(
        self, name: str, call_next: GetToolNext, *, version: VersionSpec | None = None
    ) -> Tool | None:
        """The tool inside of the guards; None as for a missing one when the caller may not see it."""
        tool = await call_next(name, version=version)
        return None if tool is None else self.admitted(tool)

    def admitted(self, tool: Tool) -> Tool | None:
        """The tool inside of the guards; None when the caller may not see it."""
        if not self._scopes.held(self._needed(tool)):
            return None
        seen = self._seen(tool)
        return None if seen is None else self._guarded(seen)

    async def list_resources(self, resources: Sequence[Resource]) -> Sequence[Resource]:
        """The resources that the caller may see, with synchronous functions on the worker pool."""
        seen = [resource for resource in resources if self._scopes.shown(self._of_resource(resource))]
        self._operations.found("resource", (str(resource.uri) for resource in seen))
        return [self._on_workers(resource) for resource in seen]

    async def get_resource(
        self, uri: str, call_next: GetResourceNext, *, version: VersionSpec | None = None
    ) -> Resource | None:
        """The resource, with a synchronous function on the worker pool; None when the caller may not see it."""
        found = await call_next(uri, version=version)
        if found is None or not self._scopes.held(self._of_resource(found)):
            return None
        if isinstance(found, OfferedResource):
            return self._called(found, shared=not self._of_resource(found))
        return self._on_workers(found)

    async def list_resource_templates(
        self, templates: Sequence[ResourceTemplate]
    ) -> Sequence[ResourceTemplate]:
        """The templates that the caller may see, with synchronous functions on the worker pool."""
        seen = [template for template in templates if self._scopes.shown(self._of_template(template))]
        self._operations.found_templates(seen)
        return [self._on_workers(template) for template in seen]

    async def get_resource_template(
        self, uri: str, call_next: GetResourceTemplateNext, *, version: VersionSpec | None = None
    ) -> ResourceTemplate | None:
        """The template, with a synchronous function on the worker pool; None when the caller may not see it."""
        found = await call_next(uri, version=version)
        if found is None:
            return None
        # A URI that needs scopes, its own or those of another template that it fits, must not be read by way of this one.
        needed = self._of_template(found) | self._rules.needed_to_read(uri)
        if not self._scopes.held(needed):
            return None
        self._operations.found_templates((found,))
        if isinstance(found, OfferedTemplate):
            return self._called(found, shared=not needed)
        return self._on_workers(found)

    async def list_prompts(self, prompts: Sequence[Prompt]) -> Sequence[Prompt]:
        """The prompts that the caller may see, with synchronous functions on the worker pool."""
        return [self._on_workers(each) for each in prompts if self._scopes.shown(self._of_prompt(each))]

    async def get_prompt(
        self, name: str, call_next: GetPromptNext, *, version: VersionSpec | None = None
    ) -> Prompt | None:
        """The prompt, with a synchronous function on the worker pool; None when the caller may not see it."""
        found = await call_next(name, version=version)
        if found is None or not self._scopes.held(self._of_prompt(found)):
            return None
        self._operations.found("prompt", (found.name,))
        return self._on_workers(found)

    def _seen(self, tool: Tool) -> Tool | None:
        """What the current caller sees of a tool that says different things to different callers."""
        return tool.seen_by(lambda: self._scopes.caller("")) if isinstance(tool, OperationTool) else tool

    def _needed(self, tool: Tool) -> frozenset[str]:
        return self._ruled(_scopes_of(tool), tool)

    def _ruled(self, own: frozenset[str], tool: Tool) -> frozenset[str]:
        ruled = self._rules.needed("tool", tool.name)
        return own | ruled if ruled else own

    def _of_resource(self, found: Resource) -> frozenset[str]:
        uri = str(found.uri)
        if isinstance(found, OfferedResource):  # it may be one of those that a template lists
            return found.scopes | self._rules.needed_to_read(uri)
        return self._rules.needed("resource", uri)

    def _of_template(self, found: ResourceTemplate) -> frozenset[str]:
        ruled = self._rules.needed("template", found.uri_template)
        return found.scopes | ruled if isinstance(found, OfferedTemplate) else ruled

    def _of_prompt(self, found: Prompt) -> frozenset[str]:
        ruled = self._rules.needed("prompt", found.name)
        return found.scopes | ruled if isinstance(found, OfferedPrompt) else ruled

    def _called(self, found: _Offered, *, shared: bool) -> _Offered:
        request = current_request.get()
        name = request.principal if request else principal()
        request_id = request.request_id if request else new_request_id()
        deadline = Deadline.after(self._live.request_timeout)
        return found.called(self._scopes.caller(name), request_id, deadline, shared=shared)

    def _guarded(self, tool: Tool) -> Tool:
        if isinstance(tool, GuardedTool):
            return tool
        kept = self._wrapped.get(id(tool))
        if kept is not None:
            return kept.guarded
        self._operations.found("tool", (tool.name,))
        guarded = self._wrap(tool)
        if len(self._wrapped) >= _KEPT:
            self._wrapped.clear()
        self._wrapped[id(tool)] = _Wrapped(tool, guarded, _scopes_of(tool))
        return guarded

    def _wrap(self, tool: Tool) -> GuardedTool:
        steps = {
            "audit": self._recorded,
            "boundary": boundary(translate, keep_details),
            "validate": validate(_inspection(tool)),
            "concurrency": concurrency(self._admission, _as_task, task=True),
            "deadline": deadline(self._stragglers),
            "redact": redact(self._redactor),
            "redact_refusal": redact_refusal(self._redactor),
            "bound": bound(self._response_size),
        }
        if isinstance(tool, OperationTool):
            end = _operation(tool, self._scopes)
        else:
            end = _foreign(on_workers(tool, self._workers))
        proceed = chain(arrange(AROUND_TOOL, steps), end)
        return GuardedTool.around(
            _Inside(tool, proceed, tool.timeout, self._live, self._redactor, self._backlog)
        )


def _as_task(call: Call) -> str:
    """What the run of a task counts as: not as its tool, so that the tool's tasks leave room for requests for more."""
    return f"task:{call.name}"


def _operation(tool: OperationTool, scopes: Scopes) -> Proceed:
    async def end(call: Call) -> Outcome:
        caller = scopes.caller(call.principal)
        result = await tool.execute(
            call.arguments, request_id=call.request_id, caller=caller, deadline=call.deadline
        )
        return Answer(ToolPayload(result))

    return end


def _foreign(tool: Tool) -> Proceed:
    """A tool that is not ours, called as FastMCP's server calls it."""

    async def end(call: Call) -> Outcome:
        try:
            return Answer(ToolPayload(await tool._run(call.arguments)))  # noqa: SLF001  what FastMCP's server calls
        except MCPError as error:
            if passes_as_protocol_error(error):
                return Refusal(Report("protocol_error", str(error), None, retryable=False), error=error)
            if current_request.get() is None:
                return _failed_task(error, call)
            raise

    return end


def _failed_task(error: MCPError, call: Call) -> Refusal:
    """A protocol error makes the status of a background task `failed` (SEP-2663); its words stay masked."""
    keep_details(error, call)
    report = Report.of(InternalError(reference=call.request_id))
    return Refusal(report, error=MCPError(code=error.error.code, message=report.message))


def is_operation(tool: Tool) -> bool:
    """Whether a guarded tool is one of a toolset, whose schemas nobody changes in place."""
    return isinstance(tool, GuardedTool) and isinstance(tool.inner, OperationTool)


def operation_tool(tool: Tool) -> OperationTool | None:
    """The tool of an operation that a listed tool is at its core, whatever it was wrapped in or made into."""
    while isinstance(tool, TransformedTool | GuardedTool):
        tool = tool.parent_tool if isinstance(tool, TransformedTool) else tool.inner
    return tool if isinstance(tool, OperationTool) else None


def _scopes_of(tool: Tool) -> frozenset[str]:
    """The scopes that the caller needs; a transformed tool needs those of the tool that it was made from."""
    inner = operation_tool(tool)
    return frozenset() if inner is None else inner.scopes


def _inspection(tool: Tool) -> Inspect:
    if isinstance(tool, OperationTool):
        return tool.schema_of_arguments.faults
    try:
        return ArgumentSchema(tool.parameters).faults
    except ValueError as error:
        _log.warning(
            "input schema cannot be compiled", extra={"seawall": {"name": tool.name}}, exc_info=error
        )
        return _trusted if isinstance(tool, FunctionTool | TransformedTool) else _closed


def _trusted(arguments: JsonObject) -> Sequence[str]:
    """Nothing to say: FastMCP validates the arguments of functions itself, strictly."""
    del arguments
    return ()


def _closed(arguments: JsonObject) -> Sequence[str]:
    """Nobody else validates this tool's arguments, so it is not called at all."""
    del arguments
    return ("its input schema is not valid, so that nothing can be checked against it",)

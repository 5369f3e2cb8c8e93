"""The half around the request: the one FastMCP middleware, which feeds calls, reads and prompts to the pipeline."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fastmcp import FastMCP
from fastmcp.exceptions import DisabledError, NotFoundError
from fastmcp.resources.base import Resource
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools.base import ToolResult
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolRequestParams
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from seawall.errors import ResourceNotFoundError, UnknownToolError
from seawall.resources.uris import LONGEST
from seawall.runtime.access import fits
from seawall.runtime.background import becomes_task, heard, task_of
from seawall.runtime.caller import identity
from seawall.runtime.enforcement import Enforcement
from seawall.runtime.listing import Listings
from seawall.runtime.masking import keep_details, passes_as_protocol_error, translate
from seawall.runtime.pipeline.audit import audit
from seawall.runtime.pipeline.authorize import authorize
from seawall.runtime.pipeline.backlog import backlog
from seawall.runtime.pipeline.bound import bound
from seawall.runtime.pipeline.boundary import boundary
from seawall.runtime.pipeline.call import Answer, Call, Kind, Outcome, Refusal, Report, chain
from seawall.runtime.pipeline.concurrency import concurrency
from seawall.runtime.pipeline.deadline import deadline
from seawall.runtime.pipeline.log import CallRecord, log
from seawall.runtime.pipeline.metrics import metrics
from seawall.runtime.pipeline.order import AROUND_READ, AROUND_REQUEST, arrange
from seawall.runtime.pipeline.rate import rate
from seawall.runtime.pipeline.redact import redact
from seawall.runtime.request import Request, current_request, new_request_id
from seawall.runtime.results import (
    OtherPayload,
    ToolPayload,
    error_result,
    protocol_error,
    reported,
    told,
)
from seawall.runtime.server import AssembledServer, has_completions
from seawall.security.budget import Deadline
from seawall.security.redact import Redactor

__all__ = ["Bridge", "enforcement_of"]

_log = logging.getLogger("seawall.call")

_RESOURCE_NOT_FOUND = -32002
"""Of the protocol up to 2025-11-25; the SDK has no name for it any more."""

_KINDS: Mapping[str, Kind] = {
    "tools/call": "tool",
    "resources/read": "resource",
    "prompts/get": "prompt",
    "completion/complete": "completion",
    "resources/subscribe": "subscription",
}
_OF_URI: Final = frozenset({"resource", "subscription"})


class Bridge(Middleware):
    """Feeds the pipeline. It overrides the raw `__call__`: one dispatch a message instead of three hooks."""

    def __init__(self, enforcement: Enforcement, *, cover: Callable[[], None]) -> None:
        """Args: enforcement: the guards of the server. cover: called before every message, see placement.py."""
        policy = enforcement.policy
        self.enforcement = enforcement
        steps = {
            "log": log(_write),
            "metrics": metrics(enforcement.metrics, _measured),
            "audit": audit(enforcement.audit, enforcement.judged, _measured, task_of),
            "boundary": boundary(translate, keep_details),
            "redact": redact(enforcement.redactor),
            "rate": rate(lambda: enforcement.live.limiter),
            "authorize": None if policy.authorize is None else authorize(policy.authorize),
            "concurrency": concurrency(enforcement.admission, enforcement.operations.of),
            "backlog": backlog(enforcement.backlog, becomes_task, task_of),
            "deadline": deadline(enforcement.stragglers),
            "bound": bound(policy.response_size),
        }
        self._cover = cover
        self._has_rule = policy.authorize is not None  # what it denies is not to be known of
        self._live = enforcement.live
        self._listings = Listings(enforcement.redactor)
        self._around_call = arrange(AROUND_REQUEST, steps)
        self._around_read = arrange(AROUND_READ, steps)

    async def __call__(self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]) -> Any:  # noqa: ANN401  FastMCP's own signature
        """Pass calls, reads and prompts through the pipeline, everything else straight on."""
        self._cover()
        # A notification that has the name of a call is none: nothing is carried out, and nothing must say so.
        kind = _KINDS.get(context.method or "") if context.type == "request" else None
        if kind is None:
            answer = await call_next(context)
            heard(context.method, context.message, answer, self.enforcement.backlog)
            return self._listings.cleaned(self._shown(answer))
        if kind == "tool":
            context = self._redirected(context)
        request = Request(new_request_id(), *identity(), nested=current_request.get() is not None)
        token = current_request.set(request)
        try:
            return await self._through(
                _call(kind, context, request, self._live.request_timeout), context, call_next
            )
        finally:
            current_request.reset(token)

    def _redirected(self, context: MiddlewareContext[Any]) -> MiddlewareContext[Any]:
        """The call under the name of the operation that it is really for, so that every guard judges that one.

        A rule, the log and the metrics then see the operation, not the tool by which a model reaches all of them.
        """
        server = context.fastmcp_context.fastmcp if context.fastmcp_context else None
        message = context.message
        if not isinstance(server, AssembledServer) or not isinstance(message, CallToolRequestParams):
            return context
        found = server.redirected(
            message.name, message.arguments or {}, lambda: self.enforcement.scopes.caller("")
        )
        if found is None:
            return context
        return context.copy(message=message.model_copy(update={"name": found[0], "arguments": found[1]}))

    def _shown(self, answer: object) -> object:
        """A list of resources without those that the caller may not see and no guard stands around (skills)."""
        rules, shown = self.enforcement.rules, self.enforcement.scopes.shown
        if not rules or not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
            return answer
        return [
            each
            for each in answer
            if not isinstance(each, Resource) or shown(rules.needed("resource", str(each.uri)))
        ]

    async def _look(self, call: Call, context: MiddlewareContext[Any]) -> None:
        """Refuse what no guard stands around, as FastMCP does when there is no such thing."""
        rules, held = self.enforcement.rules, self.enforcement.scopes.held
        if call.kind in _OF_URI and len(call.name) > LONGEST:  # before anybody tries to fit it to a template
            raise NotFoundError(f"Unknown resource: {call.name!r}")
        if call.kind in _OF_URI and rules and not held(rules.needed("resource", call.name)):
            raise NotFoundError(f"Unknown resource: {call.name!r}")
        if call.kind == "completion" and not await self._refers(context):
            raise NotFoundError(f"Unknown reference: {call.name!r}")

    async def _refers(self, context: MiddlewareContext[Any]) -> bool:
        """Whether there is a prompt, a resource or a template, for this caller, which a completion is about.

        Where there is none, the handler of completions is not asked: it knows of no scopes. Without scopes, a handler that
        code has added says itself what it completes.
        """
        message, within = context.message, context.fastmcp_context
        reference = message.get("ref") if isinstance(message, Mapping) else None
        if within is None or not isinstance(reference, Mapping):
            return True
        server, name, uri = within.fastmcp, reference.get("name"), reference.get("uri")
        alone = isinstance(server, AssembledServer) and server.completes_alone
        if not alone and (not self.enforcement.rules or not has_completions(server)):
            return True
        if reference.get("type") == "ref/prompt":
            return not isinstance(name, str) or await _has_prompt(server, name)
        if not isinstance(uri, str):
            return True
        return len(uri) <= LONGEST and await self._has_readable(server, uri)

    async def _has_readable(self, server: FastMCP, uri: str) -> bool:
        """Whether it is a template as it is listed, or a URI that the caller may read."""
        templates = [each.uri_template for each in await server.list_resource_templates(run_middleware=False)]
        if uri in templates:
            return True
        if not self.enforcement.scopes.held(self.enforcement.rules.needed_to_read(uri)):
            return False
        return any(fits(uri, each) for each in templates) or await _has_resource(server, uri)

    async def _through(
        self, call: Call, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]
    ) -> Any:  # noqa: ANN401
        async def end(call: Call) -> Outcome:
            try:
                await self._look(call, context)
                result = await call_next(context)
            except (NotFoundError, DisabledError) as error:
                return await self._missing(error, call, context)
            except (MCPError, ValidationError) as error:
                if isinstance(context.message, Mapping):  # refused by the SDK before it became a call
                    return _as_it_is(error, "invalid_request")
                if isinstance(error, ValidationError):
                    raise
                if call.kind != "tool" or passes_as_protocol_error(error):
                    return _as_it_is(error, "protocol_error")
                raise
            return _judged(result)

        steps = self._around_call if call.kind == "tool" else self._around_read
        outcome = await chain(steps, end)(call)
        if isinstance(outcome, Answer):
            return _result(outcome)
        return _refused(outcome, call, self.enforcement.redactor)

    async def _missing(self, error: Exception, call: Call, context: MiddlewareContext[Any]) -> Refusal:
        """What the caller is told of something that there is not, for them."""
        if call.kind == "tool":
            nearest = None if self._has_rule else await _nearest(call.name, context)
            raise UnknownToolError(name=call.name, nearest=nearest) from None
        if call.kind in _OF_URI:
            raise ResourceNotFoundError(uri=call.name) from None
        if call.kind == "completion":  # FastMCP has no error of its own there (specification 2025-11-25)
            error = MCPError(code=INVALID_PARAMS, message=str(error))
        return _as_it_is(error, "not_found")


def _call(kind: Kind, context: MiddlewareContext[Any], request: Request, seconds: float) -> Call:
    name, arguments = _named(kind, context.message)
    wire = context.fastmcp_context.request_context if context.fastmcp_context else None
    return Call(
        principal=request.principal,
        request_id=request.request_id,
        kind=kind,
        name=str(name),
        arguments=arguments if isinstance(arguments, dict) else {},
        deadline=Deadline.after(seconds),
        rpc_id=wire.request_id if wire else None,
        protocol=wire.protocol_version if wire else None,
        account=request.account,
    )


def _named(kind: Kind, message: Any) -> tuple[object, object]:  # noqa: ANN401  typed by its method
    """What is called, and with which arguments."""
    if kind == "completion":
        return _completed(message)
    if isinstance(message, Mapping):  # the SDK refused it before it became typed
        return message.get("uri" if kind in _OF_URI else "name", ""), None
    return (message.uri, None) if kind == "resource" else (message.name, message.arguments)


def _completed(message: object) -> tuple[str, dict[str, object]]:
    """What a completion is for; FastMCP hands it on as the client sent it, so that anything may stand there."""
    if not isinstance(message, Mapping):
        return "", {}
    of, argument = message.get("ref"), message.get("argument")
    name = of.get("uri" if of.get("type") == "ref/resource" else "name") if isinstance(of, Mapping) else None
    if not isinstance(argument, Mapping) or not isinstance(argument.get("name"), str):
        return str(name or ""), {}
    return str(name or ""), {argument["name"]: argument.get("value")}


def _judged(result: object) -> Outcome:
    if not isinstance(result, ToolResult):
        return Answer(OtherPayload(result))
    return (
        Refusal(reported(result), made=ToolPayload(result))
        if result.is_error
        else Answer(ToolPayload(result))
    )


def _as_it_is(error: Exception, code: str) -> Refusal:
    return Refusal(Report(code, str(error), None, retryable=False), error=error)


def _result(answer: Answer) -> object:
    payload = answer.payload
    if isinstance(payload, ToolPayload | OtherPayload):
        return payload.result
    raise TypeError(f"a step changed the result into {type(payload).__name__}")


def _refused(refusal: Refusal, call: Call, redactor: Redactor) -> ToolResult:
    """An error result for a tool; for a resource or prompt, which have none, an error of the protocol."""
    report = refusal.report
    if refusal.error is not None:
        raise told(refusal.error, report, redactor)
    if isinstance(refusal.made, ToolPayload):
        return refusal.made.result
    if call.kind == "tool":
        return error_result(report)
    if report.code == ResourceNotFoundError.code and call.kind in _OF_URI:
        raise _not_found(call)
    raise protocol_error(report)


async def _has_prompt(server: FastMCP, name: str) -> bool:
    try:
        return await server.get_prompt(name) is not None
    except NotFoundError:
        return False


async def _has_resource(server: FastMCP, uri: str) -> bool:
    try:
        return await server.get_resource(uri) is not None
    except NotFoundError:
        return False


def enforcement_of(mcp: FastMCP) -> Enforcement | None:
    """The guards of a server; None when it has none."""
    bridge = next((each for each in mcp.middleware if isinstance(each, Bridge)), None)
    return None if bridge is None else bridge.enforcement


def _has_handshake(call: Call) -> bool:
    """Whether the caller speaks one of the versions with a handshake."""
    return call.protocol is not None and call.protocol not in MODERN_PROTOCOL_VERSIONS


def _not_found(call: Call) -> MCPError:
    """The one answer for what does not exist, what is denied and what is hidden from the caller.

    The versions with a handshake have a code of their own for it (specification 2025-11-25, Resources), later ones
    do not (SEP-2164); the URI tells a client with several reads under way which one it was.
    """
    code = _RESOURCE_NOT_FOUND if _has_handshake(call) else INVALID_PARAMS
    return MCPError(code=code, message=f"Resource not found: {call.name!r}", data={"uri": call.name})


async def _nearest(name: str, context: MiddlewareContext[Any]) -> str | None:
    """The nearest name among the tools that this caller may see: a hint must not reveal a hidden one."""
    if context.fastmcp_context is None:
        return None
    tools = (
        await context.fastmcp_context.fastmcp.list_tools()
    )  # as this caller sees them, past all middleware
    # Listed and yet missing is a tool for which the caller is challenged.
    names = [tool.name for tool in tools if tool.name != name]
    # Only a slip of the fingers: for `delete_file` a model must not be offered `write_file`.
    close = difflib.get_close_matches(name[:128], names, n=1, cutoff=0.8)
    return close[0] if close else None


def _write(record: CallRecord) -> None:
    level = logging.WARNING if record.outcome == "failed" else logging.INFO
    if not _log.isEnabledFor(level):
        return
    call = record.call
    fields = {
        "request_id": call.request_id,
        "rpc_id": call.rpc_id,
        "protocol": call.protocol,
        "kind": call.kind,
        "name": call.name,
        "principal": call.principal,
        "outcome": record.outcome,
        "code": record.code,
        "milliseconds": round(record.seconds * 1000, 2),
        "bytes": _size(record),
    }
    present = {key: value for key, value in fields.items() if value is not None}
    # Not `_log.log`: that walks the stack for the place of this line, which nobody reads.
    _log.handle(_log.makeRecord(_log.name, level, "", 0, "call", (), None, extra={"seawall": present}))


def _size(record: CallRecord) -> int | None:
    return _measured(record.answer) if isinstance(record.answer, Answer) else None


def _measured(answer: Answer) -> int:
    request = current_request.get()
    if request is None:
        return answer.payload.size()
    if request.size is None:
        request.size = answer.payload.size()
    return request.size

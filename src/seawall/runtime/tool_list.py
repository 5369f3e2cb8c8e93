"""The list of tools in the form of the protocol, made once for each tool that cannot change.

The SDK turns every tool of a list into plain data anew each time, checks it against the protocol's version and copies it
once more: for an API with a thousand operations most of a second (measured). Here it does so for the first list, and later
lists take what it made. Who sees which tools is asked at every list; the envelope around them stays the SDK's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from fastmcp.tools.base import Tool
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp_types import ListToolsResult
from mcp_types.methods import serialize_server_result
from pydantic_core import PydanticSerializationError, to_json

from seawall.runtime.guard import GuardedTool
from seawall.runtime.written import WrittenList
from seawall.toolsets.serving import OperationTool
from seawall.types import JsonObject

__all__ = ["ToolList"]

_METHOD: Final = "tools/list"
_Form: TypeAlias = tuple[dict[str, Any], bytes | None]
"""A tool as plain data, and as JSON; None where UTF-8 cannot carry it."""


@dataclass(slots=True)
class _Pending:
    """The list of one request, between the handler and the envelope."""

    version: str
    tools: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """One tool as it was when it was written.

    Attributes:
        fields: everything that it lists; when one is another by now, the tool is written anew.
        forms: by the version of the protocol.
    """

    fields: Mapping[str, Any]
    forms: dict[str, _Form] = field(default_factory=dict)


_pending: ContextVar[_Pending | None] = ContextVar("seawall_tool_list", default=None)


class ToolList:
    """Writes lists of tools, and is a middleware of the SDK's server, the innermost, that puts them into results."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Let the SDK answer; where the handler wrote its list here, the answer is without tools until now."""
        if ctx.method != _METHOD:
            return await call_next(ctx)
        pending = _Pending(ctx.protocol_version)
        token = _pending.set(pending)
        try:
            result = await call_next(ctx)
        finally:
            _pending.reset(token)
        if pending.tools is not None and isinstance(result, dict):
            result["tools"] = pending.tools
        return result

    def result(self, tools: Sequence[Tool]) -> ListToolsResult:
        """What the handler of a whole list returns: without tools, when these are written here.

        Raises:
            ValidationError: a tool has no form in this version of the protocol.
        """
        pending = _pending.get()
        if pending is None:  # called by somebody else than the SDK's server
            return ListToolsResult(tools=[tool.to_mcp_tool(name=tool.name) for tool in tools])
        forms = self._forms(tools, pending.version)
        pairs = [(data, json) for data, json in forms if json is not None]
        pending.tools = WrittenList(pairs) if len(pairs) == len(forms) else [data for data, _ in forms]
        return ListToolsResult(tools=[])

    def _forms(self, tools: Sequence[Tool], version: str) -> list[_Form]:
        found = [self._known(tool, version) for tool in tools]
        missing = [tool for tool, form in zip(tools, found, strict=True) if form is None]
        made = iter(_written(missing, version) if missing else ())
        return [
            self._keep(tool, version, next(made)) if form is None else form
            for tool, form in zip(tools, found, strict=True)
        ]

    def _known(self, tool: Tool, version: str) -> _Form | None:
        kept = self._kept.get(tool.name)
        if kept is None or version not in kept.forms or kept.fields != tool.__dict__:
            return None
        return kept.forms[version] if _is_operation(tool) else None

    def _keep(self, tool: Tool, version: str, data: dict[str, Any]) -> _Form:
        if data.get("inputSchema") == tool.parameters:  # nearly always: then it is in memory only once
            data["inputSchema"] = tool.parameters
        form = (data, _json(data))
        if _is_operation(tool):
            kept = self._kept.get(tool.name)
            if kept is None or kept.fields != tool.__dict__:
                kept = self._kept[tool.name] = _Kept(dict(tool.__dict__))
            kept.forms[version] = form
        return form


def _is_operation(tool: Tool) -> bool:
    """Whether it is a tool of a toolset, whose schemas nobody changes in place."""
    return isinstance(tool, GuardedTool) and isinstance(tool.inner, OperationTool)


def _written(tools: Sequence[Tool], version: str) -> list[dict[str, Any]]:
    """The tools as the SDK writes them."""
    listed = ListToolsResult(tools=[tool.to_mcp_tool(name=tool.name) for tool in tools])
    plain: JsonObject = listed.model_dump(by_alias=True, mode="json", exclude_none=True)
    written: list[dict[str, Any]] = serialize_server_result(_METHOD, version, plain)["tools"]
    return written


def _json(data: dict[str, Any]) -> bytes | None:
    try:
        return to_json(data, inf_nan_mode="null")
    except (PydanticSerializationError, ValueError):
        return None

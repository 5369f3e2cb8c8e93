"""The list of tools in the form of the protocol, made once for each tool that cannot change.

The SDK turns every tool of a list into plain data anew each time, checks it against the protocol's version and copies it
once more: for an API with a thousand operations most of a second (measured). Here it does so for the first list, and later
lists take what it made. Who sees which tools is asked at every list, and whether each tool still is what it was; so no
list is kept that could be another caller's, or of yesterday. The envelope around the tools stays the SDK's.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from operator import is_
from typing import Any, Final

from fastmcp.tools.base import Tool
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp_types import ListToolsResult
from mcp_types.methods import serialize_server_result
from pydantic_core import PydanticSerializationError, to_json

from seawall.runtime.guard import is_operation
from seawall.runtime.written import WrittenList
from seawall.security.redact import KNOWN_SECRETS, Redactor
from seawall.types import JsonObject

__all__ = ["ToolList"]

_METHOD: Final = "tools/list"


@dataclass(slots=True)
class _Written:
    """A tool as it is listed in one version of the protocol. One object with all of it: a list looks at a thousand.

    Attributes:
        tool: it.
        fields: everything that it listed then; when one is another by now, the tool is written anew.
        data: as plain data.
        json: the same as JSON; None where UTF-8 cannot carry it.
        searched: the state of the redactor that last found no secret in the JSON.
    """

    tool: Tool
    fields: tuple[Any, ...]
    data: dict[str, Any]
    json: bytes | None
    searched: object = None

    def still_is(self, tool: Tool) -> bool:
        """Whether the tool has these very objects: values that are equal need not be written alike (`1` and `True`)."""
        now = tool.__dict__
        same = len(now) == len(self.fields) and all(map(is_, now.values(), self.fields))
        return same and (tool is self.tool or is_operation(tool))

    def is_clean(self, redactor: Redactor, state: object) -> bool:
        """Whether the redactor, which is in this state, finds no secret in it; what it searched before stays searched."""
        if self.searched is state:
            return True
        if self.json is None or redactor.data(self.json) is not self.json:
            return False
        self.searched = state
        return True


@dataclass(slots=True)
class _Pending:
    """The list of one request, between the handler and the envelope."""

    version: str
    tools: list[Any] | None = None


_pending: ContextVar[_Pending | None] = ContextVar("seawall_tool_list", default=None)


class ToolList:
    """Writes lists of tools, and is a middleware of the SDK's server, the innermost, that puts them into results."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, _Written]] = {}  # by version and name

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
        pending.tools = self._written(tools, pending.version)
        return ListToolsResult(tools=[])

    def _written(self, tools: Sequence[Tool], version: str) -> list[Any]:
        forms = self._forms(tools, version)
        pairs = [(form.data, form.json) for form in forms if form.json is not None]
        if len(pairs) < len(forms):
            return [form.data for form in forms]
        state = KNOWN_SECRETS.state
        clean = all(form.searched is state or form.is_clean(KNOWN_SECRETS, state) for form in forms)
        return WrittenList(pairs, searched=state if clean else None)

    def _forms(self, tools: Sequence[Tool], version: str) -> list[_Written]:
        kept = self._kept.setdefault(version, {})
        found = [kept.get(tool.name) for tool in tools]
        known = [
            form if form is not None and form.still_is(tool) else None
            for form, tool in zip(found, tools, strict=True)
        ]
        missing = [tool for tool, form in zip(tools, known, strict=True) if form is None]
        made = iter(_written(missing, version) if missing else ())
        return [
            _keep(tool, next(made), kept) if form is None else form
            for tool, form in zip(tools, known, strict=True)
        ]


def _keep(tool: Tool, data: dict[str, Any], kept: dict[str, _Written]) -> _Written:
    if data.get("inputSchema") == tool.parameters:  # nearly always: then it is in memory only once
        data["inputSchema"] = tool.parameters
    form = _Written(tool, tuple(tool.__dict__.values()), data, _json(data))
    if is_operation(tool):
        kept[tool.name] = form
    return form


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

"""What prompts reach beside their own text: calls of this very server, in the name of whoever gets the prompt."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastmcp import FastMCP
from fastmcp.exceptions import DisabledError, NotFoundError
from fastmcp.tools.base import InputRequiredToolResult, Tool, ToolResult
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent

from seawall.blueprint.server import ServerSection
from seawall.errors import AccessDeniedError, OperationError, ToolFailedError, UnknownToolError
from seawall.prompts.reaching import Facts
from seawall.prompts.values import Embedded
from seawall.resources.media import guessed, presented
from seawall.runtime.caller import Scopes, principal
from seawall.runtime.guard import operation_tool
from seawall.runtime.results import ERROR_META, reported
from seawall.toolsets.cleaning import is_clean_name
from seawall.toolsets.rendering import RESULT_META, SizedResult
from seawall.types import JsonObject, JsonValue

__all__ = ["FileTools", "ServerReaching"]

_COMPLETED: Final = 101
_ENTRIES: Final = 2000  # of one directory that are looked at for a completion
_TREE: Final = 5000  # entries of one tree
_PREFIX: Final = "file:///"


@dataclass(frozen=True, slots=True)
class FileTools:
    """The names of the tools that give files; None for what no toolset offers."""

    read: str | None = None
    list: str | None = None


class ServerReaching:
    """See `seawall.prompts.reaching.Reaching`. Each method is one call through the whole pipeline."""

    def __init__(self, mcp: FastMCP, scopes: Scopes, server: ServerSection, files: FileTools) -> None:
        """Args: mcp: the server. scopes: who has which. server: what it is called. files: its tools for files."""
        self._mcp = mcp
        self._scopes = scopes
        self._server: JsonObject = {
            "name": server.name,
            "version": server.version,
            "title": server.title or server.name,
            "purpose": server.purpose,
        }
        self._files = files

    def facts(self) -> Facts:
        """See `Reaching.facts`."""
        caller = self._scopes.caller(principal())
        scopes: list[JsonValue] = [*sorted({*caller.scopes, *caller.patterns})]
        return Facts(self._server, {"principal": caller.principal, "scopes": scopes})

    async def call(self, tool: str, arguments: JsonObject) -> JsonValue:
        """See `Reaching.call`."""
        result = await self._asked(tool, arguments)
        if result.structured_content is not None:
            return result.structured_content
        if result.content and not any(isinstance(each, TextContent) for each in result.content):
            raise ToolFailedError(f"The tool {tool} answers with neither data nor text.")
        return _text(result)

    async def file(self, path: str) -> str:
        """See `Reaching.file`."""
        result = await self._read({"path": path})
        if _details(result).get("encoding") == "base64":
            raise ToolFailedError(f"{path!r} is no text.", hint="Use embed for it.")
        return _text(result)

    async def tree(self, path: str, depth: int) -> Sequence[str]:
        """See `Reaching.tree`."""
        found = await self._listed({"path": path, "depth": depth, "limit": _TREE})
        lines = [f"{name}/" if directory else name for name, directory in found.entries]
        return [*lines, "…"] if found.more else lines

    async def embed(self, place: str) -> Embedded:
        """See `Reaching.embed`."""
        if "://" in place:
            return await self._resource(place)
        result = await self._read({"path": place, "encoding": "base64"})
        try:
            data = base64.b64decode(_text(result), validate=True)
        except binascii.Error:
            raise ToolFailedError(f"{place!r} cannot be read as bytes.") from None
        content, media_type = presented(data, guessed(place))
        return Embedded(f"{_PREFIX}{quote(place.removeprefix('./'))}", media_type, content)

    async def paths(self, prefix: str) -> Sequence[str]:
        """See `Reaching.paths`."""
        if self._files.list is None:
            return ()
        parent, slash, start = prefix.rpartition("/")
        if slash and not parent:  # the root of the machine, which no toolset has
            return ()
        found = await self._listed(
            {"path": parent or ".", "depth": 1, "limit": _ENTRIES, "hidden": start[:1] == "."}
        )
        names = [
            f"{name}/" if directory else name
            for name, directory in found.entries
            if name.rpartition("/")[2].startswith(start) and is_clean_name(name)
        ]
        return names[:_COMPLETED]

    async def _resource(self, uri: str) -> Embedded:
        try:
            result = await self._mcp.read_resource(uri)
        except (NotFoundError, DisabledError):
            raise ToolFailedError(f"there is no resource {uri!r}.") from None
        except MCPError as error:
            raise ToolFailedError(str(error)) from None
        if len(result.contents) != 1:
            raise ToolFailedError(f"{uri!r} has not one content.")
        only = result.contents[0]
        return Embedded(uri, only.mime_type or "text/plain", only.content)

    async def _read(self, arguments: JsonObject) -> ToolResult:
        if self._files.read is None:
            raise ToolFailedError("This server offers no files.")
        result = await self._asked(self._files.read, arguments)
        if "next" in _details(result):
            raise ToolFailedError(f"{arguments['path']!r} is too large to be shown whole.")
        return result

    async def _listed(self, arguments: JsonObject) -> _Listing:
        if self._files.list is None:
            raise ToolFailedError("This server lists no files.")
        result = await self._asked(self._files.list, arguments)
        data = result.structured_content or {}
        entries = data.get("entries", [])
        return _Listing(
            tuple((str(each["path"]), each["type"] == "directory") for each in entries),
            more="next" in data,
        )

    async def _asked(self, tool: str, arguments: JsonObject) -> ToolResult:
        """Call a tool that changes nothing.

        Raises:
            OperationError: there is none of that name for this caller, it may change something, or it refused.
        """
        found = await self._mcp.get_tool(tool)
        if found is not None and not _only_reads(found):
            raise AccessDeniedError(
                name=tool, reason=f"The tool {tool} may change something, and prompts only read."
            )
        # Also of what there is not, for this caller: the refusal is recorded like that of any other call.
        result = await self._mcp.call_tool(tool, arguments)
        if not isinstance(result, ToolResult):
            raise ToolFailedError(f"The tool {tool} gave no result.")
        if isinstance(result, InputRequiredToolResult):
            raise ToolFailedError(f"The tool {tool} asks its caller for more, and nobody answers a prompt.")
        if result.is_error:
            raise _failed(result)
        if found is None:
            raise UnknownToolError(name=tool, nearest=None)
        return result


@dataclass(frozen=True, slots=True)
class _Listing:
    entries: tuple[tuple[str, bool], ...]
    more: bool


def _only_reads(tool: Tool) -> bool:
    operation, hints = operation_tool(tool), tool.annotations
    return operation.operation.hints.read_only if operation else bool(hints and hints.read_only_hint)


def _failed(result: ToolResult) -> OperationError:
    report = reported(result)
    told = (result.meta or {}).get(ERROR_META)
    message = report.message if isinstance(told, dict) else _text(result) or report.message
    return ToolFailedError(message, hint=report.hint)


def _details(result: ToolResult) -> JsonObject:
    found = (result.meta or {}).get(RESULT_META)
    return found if isinstance(found, dict) else result.structured_content or {}


def _text(result: ToolResult) -> str:
    """The text of a result, without the note behind it that tells a caller how to go on."""
    if result.structured_content is not None and isinstance(result.structured_content.get("text"), str):
        return str(result.structured_content["text"])
    if isinstance(result, SizedResult):
        return result.text
    return "\n".join(each.text for each in result.content if isinstance(each, TextContent))

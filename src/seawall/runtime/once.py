"""One call of one tool, as a local client makes it: through the protocol and through every guard."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from fastmcp import Client
from fastmcp.client import FastMCPTransport
from mcp.shared.exceptions import MCPError
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from seawall.runtime.pipeline.call import Report
from seawall.runtime.results import ERROR_META
from seawall.runtime.served import Served, started
from seawall.types import JsonObject

__all__ = ["BinaryPiece", "CallEnd", "LocalClient", "Piece", "TextPiece", "local_client"]


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of a result that is text."""

    text: str


@dataclass(frozen=True, slots=True)
class BinaryPiece:
    """A piece of a result that is bytes, with their media type."""

    data: bytes
    media_type: str


Piece: TypeAlias = TextPiece | BinaryPiece


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended.

    Attributes:
        error: why it was refused or failed; None when it succeeded.
        pieces: its content, in order.
        data: its structured content, or None.
        content: the content as the protocol has it, for programs.
    """

    error: Report | None
    pieces: tuple[Piece, ...]
    data: JsonObject | None
    content: tuple[JsonObject, ...]


class LocalClient:
    """A client of the server in the same process, with the scopes that `[stdio]` gives a local caller."""

    def __init__(self, client: Client[FastMCPTransport]) -> None:
        self._client = client

    async def tools(self) -> Sequence[JsonObject]:
        """The tools that a local caller sees, as the protocol lists them."""
        listed = await self._client.list_tools()
        return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed]

    async def call(self, name: str, arguments: JsonObject) -> CallEnd:
        """Call a tool. A refusal is a value, whichever form the protocol gives it."""
        try:
            result = await self._client.call_tool_mcp(name, arguments)
        except MCPError as error:
            return CallEnd(Report("protocol_error", str(error), None, retryable=False), (), None, ())
        return CallEnd(
            _error(result) if result.is_error else None,
            tuple(piece for block in result.content if (piece := _piece(block)) is not None),
            result.structured_content,
            tuple(
                block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in result.content
            ),
        )


@asynccontextmanager
async def local_client(served: Served) -> AsyncIterator[LocalClient]:
    """A client for the time of the block; the server and its toolsets run as long.

    Raises:
        StartError: the source of a toolset is not there.
    """
    async with started(served), Client(served.mcp) as client:
        yield LocalClient(client)


def _error(result: CallToolResult) -> Report:
    told = (result.meta or {}).get(ERROR_META)
    if not isinstance(told, dict):  # a tool's own words
        texts = [block.text for block in result.content if isinstance(block, TextContent)]
        return Report("tool_failed", "\n".join(texts) or "The tool failed.", None, retryable=False)
    return Report(
        code=str(told.get("code")),
        message=str(told.get("message")),
        hint=told.get("hint"),
        retryable=bool(told.get("retryable")),
        reference=told.get("reference"),
    )


def _piece(block: ContentBlock) -> Piece | None:
    match block:
        case TextContent(text=text) | EmbeddedResource(resource=TextResourceContents(text=text)):
            return TextPiece(text)
        case ImageContent(data=data, mime_type=kind) | AudioContent(data=data, mime_type=kind):
            return BinaryPiece(base64.b64decode(data), kind)
        case EmbeddedResource(resource=BlobResourceContents(blob=blob, mime_type=kind)):
            return BinaryPiece(base64.b64decode(blob), kind or "application/octet-stream")
        case ResourceLink(name=name, uri=uri):
            return TextPiece(f"{name}: {uri}")
    return None

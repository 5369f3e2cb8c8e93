"""FastMCP's own client, in both protocol modes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import anyio
from fastmcp import Client as FastMCPClient
from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport
from mcp.shared.exceptions import MCPError

from support.clients.interface import (
    Answer,
    Client,
    Endpoint,
    Era,
    Json,
    answer_from_result,
    tool_from_listing,
)

__all__ = ["connect"]


class _Connection:
    def __init__(self, client: FastMCPClient[ClientTransport]) -> None:
        self._client = client

    async def list_tools(self) -> list[Json]:
        tools = await self._client.list_tools()
        return [
            tool_from_listing(tool.model_dump(mode="json", by_alias=True, exclude_none=True))
            for tool in tools
        ]

    async def call(
        self, name: str, arguments: Json | None = None, *, cancel_after: float | None = None
    ) -> Answer:
        with anyio.move_on_after(cancel_after):
            try:
                result = await self._client.call_tool_mcp(name, arguments or {})
            except MCPError as error:
                return Answer("error", {"code": error.code, "message": error.message})
            raw = result.model_dump(mode="json", by_alias=True, exclude_none=True)
            # exclude_none would also reach into the data itself.
            return answer_from_result(raw | {"structuredContent": result.structured_content})
        return Answer("cancelled")


def _transport(endpoint: Endpoint) -> ClientTransport:
    if endpoint.url:
        return StreamableHttpTransport(endpoint.url)
    command, *arguments = endpoint.command
    return StdioTransport(
        command, arguments, env=dict(endpoint.environment), keep_alive=False, log_file=endpoint.log
    )


@contextlib.asynccontextmanager
async def connect(endpoint: Endpoint, era: Era) -> AsyncIterator[Client]:
    mode = "legacy" if era == "handshake" else "2026-07-28"
    async with FastMCPClient(_transport(endpoint), mode=mode) as client:
        yield _Connection(client)

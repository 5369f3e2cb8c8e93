"""FastMCP's own client, in both protocol modes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import anyio
from fastmcp import Client as FastMCPClient
from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference
from pydantic import BaseModel

from support.clients.interface import (
    Answer,
    Client,
    Endpoint,
    Era,
    Json,
    answer_from_result,
    offers_from_listings,
    text_of_contents,
    text_of_messages,
    tool_from_listing,
)

__all__ = ["connect"]


class _Connection:
    def __init__(self, client: FastMCPClient[ClientTransport]) -> None:
        self._client = client

    async def list_tools(self) -> list[Json]:
        tools = await self._client.list_tools()
        return [tool_from_listing(_wire(tool)) for tool in tools]

    async def call(
        self, name: str, arguments: Json | None = None, *, cancel_after: float | None = None
    ) -> Answer:
        with anyio.move_on_after(cancel_after):
            try:
                result = await self._client.call_tool_mcp(name, arguments or {})
            except MCPError as error:
                return Answer("error", {"code": error.code, "message": error.message})
            # Leaving None out would also reach into the data itself.
            return answer_from_result(_wire(result) | {"structuredContent": result.structured_content})
        return Answer("cancelled")

    async def list_offers(self) -> set[str]:
        return offers_from_listings(
            [_wire(each) for each in await self._client.list_prompts()],
            [_wire(each) for each in await self._client.list_resources()],
            [_wire(each) for each in await self._client.list_resource_templates()],
        )

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        return text_of_messages(_wire(await self._client.get_prompt_mcp(name, arguments)))

    async def read(self, uri: str) -> str:
        return text_of_contents(_wire(await self._client.read_resource_mcp(uri)))

    async def complete(self, reference: Json, argument: str, value: str) -> list[str]:
        kind = PromptReference if reference["type"] == "ref/prompt" else ResourceTemplateReference
        answer = await self._client.complete_mcp(
            kind.model_validate(reference), {"name": argument, "value": value}
        )
        return list(answer.completion.values)


def _wire(model: BaseModel) -> Json:
    raw: Json = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return raw


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

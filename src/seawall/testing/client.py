"""A client of a server in this process, without async: a test calls it line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastmcp import Client, FastMCP
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, TextContent, TextResourceContents, Tool

from seawall.runtime.results import ERROR_META
from seawall.testing.surface import Offers
from seawall.types import JsonObject, JsonValue

__all__ = ["ERAS", "Era", "Outcome", "ServerClient"]

Era: TypeAlias = Literal["legacy", "2026-07-28"]
"""How a client talks: with the handshake of 2025-11-25 and before, or without sessions."""

_NOT_FOUND: Final = frozenset({-32002, INVALID_PARAMS})  # of a resource, in both eras
ERAS: Final[tuple[Era, ...]] = get_args(Era)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool answered.

    Attributes:
        text: all text of the answer, for a model.
        data: the structured content, or None.
        code: the code of the error, such as `not_found`; None when the call succeeded. An error that carries
            none has the code `error`.
    """

    text: str
    data: JsonObject | None
    code: str | None

    def json(self) -> JsonValue:
        """The structured content, else the text as JSON.

        Raises:
            ValueError: there is no structured content, and the text is no JSON.
        """
        if self.data is not None:
            return self.data
        value: JsonValue = json.loads(self.text)
        return value


class ServerClient:
    """Talks to a server in this process; every call goes through all guards."""

    def __init__(self, portal: BlockingPortal, client: Client[Any], era: Era) -> None:
        self.era: Era = era
        self._portal = portal
        self._client = client

    @classmethod
    @contextmanager
    def of(cls, server: FastMCP[Any], era: Era) -> Iterator[ServerClient]:
        """A client for the time of the block; the server's toolsets are started and closed with it."""
        client = Client(server, mode=era)
        with start_blocking_portal("asyncio") as portal, portal.wrap_async_context_manager(client):
            yield cls(portal, client, era)

    def tools(self) -> tuple[Tool, ...]:
        """What `tools/list` gives, all pages of it."""
        return tuple(self._portal.call(self._client.list_tools))

    def offers(self) -> Offers:
        """Prompts, resources and templates, all pages of them."""
        return Offers(
            self._portal.call(self._client.list_prompts),
            self._portal.call(self._client.list_resources),
            self._portal.call(self._client.list_resource_templates),
        )

    def prompt(self, name: str, /, **arguments: str) -> Outcome:
        """Get a prompt; the text of all its messages. An error is an outcome too."""

        async def getting() -> Outcome:
            try:
                result = await self._client.get_prompt_mcp(name, dict(arguments))
            except MCPError as error:
                return _refused(error)
            contents = [each.content for each in result.messages]
            return Outcome(
                "\n".join(each.text for each in contents if isinstance(each, TextContent)), None, None
            )

        return self._portal.call(getting)

    def read(self, uri: str, /) -> Outcome:
        """Read a resource; its text, empty for one that is no text. An error is an outcome too."""

        async def reading() -> Outcome:
            try:
                result = await self._client.session.read_resource(uri)
            except MCPError as error:
                return _refused(error)
            texts = [each.text for each in result.contents if isinstance(each, TextResourceContents)]
            return Outcome("\n".join(texts), None, None)

        return self._portal.call(reading)

    def call(self, tool: str, /, **arguments: JsonValue) -> Outcome:
        """Call a tool. An error is an outcome too; nothing is raised for it."""
        return self.call_with(tool, arguments)

    def call_with(self, tool: str, arguments: Mapping[str, JsonValue]) -> Outcome:
        """The same, for arguments whose names Python does not take."""

        async def calling() -> Outcome:
            result = await self._client.call_tool(tool, dict(arguments), raise_on_error=False)
            text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
            if not result.is_error:
                return Outcome(text, result.structured_content, None)
            return Outcome(text, None, str((result.meta or {}).get(ERROR_META, {}).get("code", "error")))

        return self._portal.call(calling)


def _refused(error: MCPError) -> Outcome:
    data = error.error.data if isinstance(error.error.data, dict) else {}
    told = data.get(ERROR_META, {})
    missing = error.error.code in _NOT_FOUND and "uri" in data
    return Outcome(
        error.error.message, None, "resource_not_found" if missing else str(told.get("code", "error"))
    )

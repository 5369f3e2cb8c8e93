"""Servers with prompts and resources, as a person would write them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastmcp import Client, FastMCP
from mcp.shared.exceptions import MCPError
from mcp_types import ErrorData, GetPromptResult, TextContent

import seawall

__all__ = ["FILES", "made", "prompt_text", "refused_prompt", "refused_read", "server", "texts_of"]

FILES = '[[toolset]]\nkind = "filesystem"\nroots = "files"\n'
"""A toolset of files, for what prompts ask."""


def made(
    directory: Path,
    blueprint: str = "",
    *,
    prompts: Mapping[str, str] | None = None,
    files: Mapping[str, str | bytes] | None = None,
) -> Path:
    """Write a blueprint with its prompts (name to text) and other files (path to content); the blueprint's path."""
    table = ""
    if prompts is not None:
        table = '[prompts]\ndirectory = "prompts"\n'
        (directory / "prompts").mkdir(exist_ok=True)
        for name, text in prompts.items():
            (directory / "prompts" / f"{name}.md").write_text(text, encoding="utf-8", errors="surrogatepass")
    for path, content in (files or {}).items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    place = directory / "seawall.toml"
    place.write_text(
        f'[server]\nname = "offers"\npurpose = "Shows."\n\n{blueprint}\n{table}', encoding="utf-8"
    )
    return place


async def server(blueprint: Path) -> FastMCP[Any]:
    """The server, assembled where nothing that blocks is in the way of the loop."""
    return await asyncio.to_thread(seawall.assemble, blueprint)


def texts_of(result: GetPromptResult) -> list[str]:
    return [each.content.text for each in result.messages if isinstance(each.content, TextContent)]


async def prompt_text(
    client: Client[Any], name: str = "p", arguments: Mapping[str, str] | None = None
) -> str:
    """All text of a prompt."""
    return "\n".join(texts_of(await client.get_prompt_mcp(name, dict(arguments or {}))))


async def refused_prompt(
    client: Client[Any], name: str = "p", arguments: Mapping[str, str] | None = None
) -> ErrorData:
    """How getting a prompt is refused."""
    try:
        result = await client.get_prompt_mcp(name, dict(arguments or {}))
    except MCPError as error:
        return error.error
    raise AssertionError(f"it was made: {result}")


async def refused_read(client: Client[Any], uri: str) -> ErrorData:
    """How reading a resource is refused."""
    try:
        result = await client.session.read_resource(
            uri
        )  # as it is: FastMCP's own method makes it a URL first
    except MCPError as error:
        return error.error
    raise AssertionError(f"it was read: {result}")

"""The tool surface as text: what clients of a server rely on, written down so that a change of it is seen."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from fastmcp import FastMCP
from mcp_types import Tool

__all__ = ["changes", "surface_of", "surface_text"]

_MOST_LINES: Final = 200  # of a difference that is shown


def surface_text(tools: Iterable[Tool]) -> str:
    """Every tool with its schemas and hints, as JSON that reads well in a difference: sorted, one value a line."""
    listed = {
        tool.name: tool.model_dump(by_alias=True, exclude_none=True, exclude={"name", "meta"}, mode="json")
        for tool in tools
    }
    return json.dumps(listed, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


async def surface_of(server: FastMCP[Any]) -> str:
    """What a client of the server is given, without starting it: nothing that its toolsets work on has to be there."""
    return surface_text([tool.to_mcp_tool(name=tool.name) for tool in await server.list_tools()])


def changes(recorded: str, now: str, *, file: Path) -> str:
    """What changed, line by line, in the form of `diff -u`; empty when nothing did."""
    lines = list(
        difflib.unified_diff(
            recorded.splitlines(), now.splitlines(), f"{file} (recorded)", "the server now", lineterm="", n=5
        )
    )
    more = len(lines) - _MOST_LINES
    return "\n".join(lines[:_MOST_LINES] + ([f"... and {more} lines more"] if more > 0 else []))

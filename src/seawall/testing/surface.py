"""The tool surface as text: what clients of a server rely on, written down so that a change of it is seen."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastmcp import FastMCP
from mcp_types import Prompt, Resource, ResourceTemplate, Tool

__all__ = ["Offers", "changes", "surface_of", "surface_text"]

_MOST_LINES: Final = 200  # of a difference that is shown


@dataclass(frozen=True, slots=True)
class Offers:
    """What a server lists beside its tools."""

    prompts: Sequence[Prompt] = ()
    resources: Sequence[Resource] = ()
    templates: Sequence[ResourceTemplate] = ()


def surface_text(tools: Iterable[Tool], offers: Offers | None = None) -> str:
    """Every tool with its schemas and hints, as JSON that reads well in a difference: sorted, one value a line.

    Prompts, resources and templates stand beside the tools, under keys that no tool can have, such as `prompt: review`.
    What a file's size and age is today is no promise, and left out; so are the single files below a template, which
    promises them all: a page more is no change of the server.
    """
    offers = offers or Offers()
    below = tuple(filter(None, (_beginning(each.uri_template) for each in offers.templates)))
    listed = {tool.name: _listed(tool) for tool in tools}
    listed |= {f"prompt: {each.name}": _listed(each) for each in offers.prompts}
    single = [each for each in offers.resources if not str(each.uri).startswith(below)]
    listed |= {f"resource: {each.uri}": _listed(each, "uri") for each in single}
    listed |= {f"template: {each.uri_template}": _listed(each, "uri_template") for each in offers.templates}
    return json.dumps(listed, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


async def surface_of(server: FastMCP[Any]) -> str:
    """What a client of the server is given, without starting it: nothing that its toolsets work on has to be there."""
    return surface_text(
        [tool.to_mcp_tool(name=tool.name) for tool in await server.list_tools()],
        Offers(
            [each.to_mcp_prompt(name=each.name) for each in await server.list_prompts()],
            [each.to_mcp_resource(uri=str(each.uri)) for each in await server.list_resources()],
            [each.to_mcp_template() for each in await server.list_resource_templates()],
        ),
    )


def _beginning(template: str) -> str:
    """What every URI of a template begins with; empty when they may have any scheme."""
    plain = template.partition("{")[0]
    return plain if "://" in plain else ""


def _listed(component: Tool | Prompt | Resource | ResourceTemplate, key: str = "name") -> dict[str, Any]:
    changing = {"size": True, "annotations": {"last_modified"}} if isinstance(component, Resource) else {}
    left_out: Any = {key: True, "meta": True, **changing}
    dumped = component.model_dump(by_alias=True, exclude_none=True, exclude=left_out, mode="json")
    return {name: value for name, value in dumped.items() if value != {}}


def changes(recorded: str, now: str, *, file: Path) -> str:
    """What changed, line by line, in the form of `diff -u`; empty when nothing did."""
    lines = list(
        difflib.unified_diff(
            recorded.splitlines(), now.splitlines(), f"{file} (recorded)", "the server now", lineterm="", n=5
        )
    )
    more = len(lines) - _MOST_LINES
    return "\n".join(lines[:_MOST_LINES] + ([f"... and {more} lines more"] if more > 0 else []))

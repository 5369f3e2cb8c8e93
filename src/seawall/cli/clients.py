"""What connects an MCP client to a server: the client's own command or configuration, ready to copy.

Sources: Claude Code's `claude mcp add --help`; Cursor's documentation of `mcp.json`
(https://cursor.com/docs/context/mcp); VS Code's documentation of `--add-mcp` and of the server entry
(https://code.visualstudio.com/docs/copilot/reference/mcp-configuration).
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

from seawall.types import JsonObject

__all__ = ["Endpoint", "claude_code", "cursor", "safe_name", "vs_code"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a client finds the server: at a URL, or by starting a command.

    Attributes:
        name: under which the client lists the server.
        url: of the MCP endpoint, or None when the client starts the server itself.
        command: the program and its arguments, absolute, since a client starts it anywhere; empty with a URL.
    """

    name: str
    url: str | None = None
    command: tuple[str, ...] = ()


def claude_code(endpoint: Endpoint) -> str:
    """The shell command that adds the server to Claude Code."""
    name = safe_name(endpoint.name)
    if endpoint.url is not None:
        return shlex.join(["claude", "mcp", "add", "--transport", "http", name, endpoint.url])
    # `--` keeps Claude Code from reading the server's options as its own.
    return shlex.join(["claude", "mcp", "add", name, "--", *endpoint.command])


def cursor(endpoint: Endpoint) -> str:
    """The JSON for Cursor's `.cursor/mcp.json` (one project) or `~/.cursor/mcp.json` (all of them)."""
    return _json({"mcpServers": {safe_name(endpoint.name): _entry(endpoint)}})


def vs_code(endpoint: Endpoint) -> str:
    """The shell command that adds the server to VS Code's user profile."""
    kind: JsonObject = {"type": "stdio" if endpoint.url is None else "http"}
    return shlex.join(
        ["code", "--add-mcp", _json({"name": safe_name(endpoint.name)} | kind | _entry(endpoint))]
    )


def _entry(endpoint: Endpoint) -> JsonObject:
    if endpoint.url is not None:
        return {"url": endpoint.url}
    program, *arguments = endpoint.command
    return {"command": program, "args": list(arguments)}


def safe_name(name: str) -> str:
    """Claude Code takes letters, digits, `-` and `_` only; the others take those too."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "seawall"


def _json(value: JsonObject) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

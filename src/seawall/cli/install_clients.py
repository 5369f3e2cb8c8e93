"""Where each MCP client keeps its servers, in which form, and what it does with variables.

Sources: https://code.claude.com/docs/en/mcp (Claude Code; `CLAUDE_CONFIG_DIR`: /docs/en/env-vars),
https://modelcontextprotocol.io/docs/develop/connect-local-servers (Claude Desktop),
https://cursor.com/docs/context/mcp (Cursor), https://code.visualstudio.com/docs/copilot/reference/mcp-configuration
(VS Code) and https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md (Gemini CLI).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from seawall.errors import UsageError
from seawall.types import JsonObject

__all__ = ["CLIENTS", "Client", "Place", "Scope", "entry_of", "place_of"]

Scope: TypeAlias = Literal["user", "project"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One client.

    Attributes:
        title: for people.
        table: the member of its file that holds the servers.
        project: its file in a project; None when it has none.
        typed: whether an entry says its transport in `type`.
        url: the member that holds the URL of a server over HTTP; None when its file has no such servers.
        variable: how an entry names a variable of the client's own environment, `{}` for its name; None when it
            cannot, so that the server gets none of them.
        expands: what it replaces in commands and arguments; a path with that cannot be written there.
        comments: whether its file may have comments.
        commas: whether its file may have a comma before a closing bracket.
        names: characters that a name must not have, beside those that none may.
    """

    title: str
    table: str
    project: str | None
    url: str | None
    variable: str | None
    expands: re.Pattern[str] | None
    typed: bool = False
    comments: bool = False
    commas: bool = False
    names: str = ""


_BRACES: Final = re.compile(r"\$\{")

CLIENTS: Final[Mapping[str, Client]] = {
    "claude-code": Client(
        title="Claude Code",
        table="mcpServers",
        project=".mcp.json",
        typed=True,
        url="url",
        # An unset `${NAME}` stays as it is written, and would be taken for the value; `:-` makes it empty.
        variable="${{{}:-}}",
        expands=_BRACES,
    ),
    "claude-desktop": Client(
        title="Claude Desktop", table="mcpServers", project=None, url=None, variable=None, expands=None
    ),
    "cursor": Client(
        title="Cursor",
        table="mcpServers",
        project=".cursor/mcp.json",
        url="url",
        variable="${{env:{}}}",
        expands=_BRACES,
        comments=True,
        commas=True,
    ),
    "vscode": Client(
        title="VS Code",
        table="servers",
        project=".vscode/mcp.json",
        typed=True,
        url="url",
        variable="${{env:{}}}",
        expands=_BRACES,
        comments=True,
        commas=True,
    ),
    "gemini-cli": Client(
        title="Gemini CLI",
        table="mcpServers",
        project=".gemini/settings.json",
        url="httpUrl",
        variable="${}",
        expands=re.compile(r"\$|%[^%]+%"),
        comments=True,
        names="_",  # it parts the names of server and tool at the first one
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """The file to change, and the directory that the operator named or owns: links below it are not followed."""

    file: Path
    base: Path


def place_of(name: str, scope: Scope, environment: Mapping[str, str]) -> Place:
    """Where the client keeps its servers.

    Raises:
        UsageError: the client has no file of that scope, or there is no home directory.
    """
    client = CLIENTS[name]
    if scope == "project":
        if client.project is None:
            raise UsageError(f"{client.title} has no servers of a project.", hint="Leave out --scope.")
        return Place(Path.cwd() / client.project, Path.cwd())
    home = _home(environment)
    match name:
        case "claude-code":
            own = _absolute("CLAUDE_CONFIG_DIR", environment)
            return Place((own or home) / ".claude.json", own or home)
        case "claude-desktop":
            return _settings(home, environment, "Claude/claude_desktop_config.json")
        case "vscode":
            return _settings(home, environment, "Code/User/mcp.json")
        case "cursor":
            return Place(home / ".cursor" / "mcp.json", home)
    return Place(home / ".gemini" / "settings.json", home)


def entry_of(
    client: Client, *, command: Sequence[str] = (), url: str | None = None, variables: Sequence[str] = ()
) -> JsonObject:
    """The entry for a server: the command that starts it, with names of variables, or the URL where it is.

    Raises:
        UsageError: the client has no such servers, or would change what is written into the entry.
    """
    if url is not None:
        if client.url is None:
            raise UsageError(
                f"{client.title} keeps servers with a URL elsewhere.",
                hint="Add the URL in its settings, under Connectors.",
            )
        _refuse_expansion(client, (url,))
        return {"type": "http", client.url: url} if client.typed else {client.url: url}
    _refuse_expansion(client, command)
    entry: JsonObject = {"type": "stdio"} if client.typed else {}
    program, *arguments = command
    entry |= {"command": program, "args": list(arguments)}
    if variables and client.variable is not None:
        entry["env"] = {name: client.variable.format(name) for name in variables}
    return entry


def _refuse_expansion(client: Client, words: Sequence[str]) -> None:
    for word in words:
        if client.expands is not None and client.expands.search(word):
            raise UsageError(
                f"{client.title} would replace a part of {word!r} by a variable.",
                hint="Move it to a path without such characters.",
            )


def _home(environment: Mapping[str, str]) -> Path:
    given = environment.get("HOME")
    try:
        home = Path(given) if given else Path.home()
    except RuntimeError:
        home = Path()
    if not home.is_absolute() or not home.is_dir():
        raise UsageError(
            f"there is no home directory {str(home)!r}." if given else "there is no home directory.",
            hint="Set HOME to your own, or name the client's file with --file.",
        )
    return home


def _absolute(name: str, environment: Mapping[str, str]) -> Path | None:
    """A directory that a variable names; a relative one is ignored, as the XDG specification asks."""
    path = Path(environment.get(name, ""))
    return path if path.is_absolute() else None


def _settings(home: Path, environment: Mapping[str, str], path: str) -> Place:
    """Where programs of the desktop keep their settings."""
    if sys.platform == "darwin":
        return Place(home / "Library" / "Application Support" / path, home)
    own = _absolute("XDG_CONFIG_HOME", environment)
    return Place((own or home / ".config") / path, own or home)

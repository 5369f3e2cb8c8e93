"""What a person copies from the banner connects the client, whatever the names and paths are."""

from __future__ import annotations

import json
import shlex

import pytest

from seawall.cli.clients import Endpoint, claude_code, cursor, vs_code

URL = "http://127.0.0.1:8000/mcp"
HTTP = Endpoint("workspace", url=URL)
STDIO = Endpoint("workspace", command=("/opt/my tools/seawall", "serve", "/srv/it's/seawall.toml"))


def test_claude_code_is_given_the_url() -> None:
    assert claude_code(HTTP) == f"claude mcp add --transport http workspace {URL}"


def test_claude_code_is_given_the_command_behind_two_dashes() -> None:
    """Without `--` it would read the server's options as its own."""
    assert shlex.split(claude_code(STDIO)) == ["claude", "mcp", "add", "workspace", "--", *STDIO.command]


def test_cursor_is_given_the_url() -> None:
    assert json.loads(cursor(HTTP)) == {"mcpServers": {"workspace": {"url": URL}}}


def test_cursor_is_given_the_command() -> None:
    program, *arguments = STDIO.command
    assert json.loads(cursor(STDIO)) == {"mcpServers": {"workspace": {"command": program, "args": arguments}}}


def test_vs_code_is_given_the_url() -> None:
    program, option, entry = shlex.split(vs_code(HTTP))
    assert (program, option) == ("code", "--add-mcp")
    assert json.loads(entry) == {"name": "workspace", "type": "http", "url": URL}


def test_vs_code_is_given_the_command() -> None:
    entry = json.loads(shlex.split(vs_code(STDIO))[-1])
    program, *arguments = STDIO.command
    assert entry == {"name": "workspace", "type": "stdio", "command": program, "args": arguments}


@pytest.mark.parametrize("name", ["my server", "a/b", "$(reboot)", "-rf", "…"])
def test_a_name_that_a_client_would_refuse_is_made_fit(name: str) -> None:
    """Claude Code takes letters, digits, `-` and `_` only, and a leading `-` would be an option."""
    fit = shlex.split(claude_code(Endpoint(name, url=URL)))[5]
    assert fit.replace("-", "").replace("_", "").isalnum()
    assert not fit.startswith("-")

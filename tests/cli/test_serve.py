"""`seawall serve` says on a terminal what it serves and how to connect, and is quiet for programs."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.processes import GUARD, OnTerminal, Seawall, Terminal, environment
from seawall.security.sandbox import best_tier

pytestmark = pytest.mark.whole

BLUEPRINT = """\
[server]
name = "my.workspace"

[[toolset]]
kind = "filesystem"
roots = "./workspace"
access = "write"
"""


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    path = tmp_path / "seawall.toml"
    path.write_text(BLUEPRINT)
    return path


def interrupted(started: OnTerminal) -> int:
    """Press Ctrl-C; gives the exit status."""
    started.process.send_signal(signal.SIGINT)
    return started.finish()


def line_of(text: str, label: str) -> str:
    (line,) = (line for line in text.splitlines() if line.strip().startswith(label))
    return line


def test_the_banner_over_http_names_all_that_is_needed(terminal: Terminal, blueprint: Path) -> None:
    started = terminal("serve", "--transport", "http", "--port", "0", NO_COLOR="1")
    text = started.read_until("VS Code")
    assert interrupted(started) == 0
    url = line_of(text, "Listens").split()[1]
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/mcp")
    for words in ("my.workspace", "writes allowed", "write_file", "tokens", "Jail"):
        assert words in text
    assert line_of(text, "Claude Code").endswith(f"claude mcp add --transport http my-workspace {url}")
    assert line_of(text, "Cursor").endswith(f'{{"mcpServers":{{"my-workspace":{{"url":"{url}"}}}}}}')
    assert f'"url":"{url}"' in line_of(started.text, "VS Code")
    assert len(text.splitlines()) <= 20
    assert "\x1b" not in started.text


def test_the_banner_says_how_programs_are_held(terminal: Terminal, blueprint: Path) -> None:
    """Where there are commands; and nothing of it where there are none."""
    started = terminal("serve", "--transport", "http", "--port", "0", NO_COLOR="1")
    assert "Sandbox" not in started.read_until("VS Code")
    assert interrupted(started) == 0
    commands = '[[toolset]]\nkind = "command"\nroots = "./workspace"\ncommand = [{ name = "greet", argv = ["echo", "hello"] }]\n'
    blueprint.write_text(f"{BLUEPRINT}\n{commands}")
    started = terminal("serve", "--transport", "http", "--port", "0", NO_COLOR="1", COLUMNS="160")
    text = started.read_until("VS Code")
    assert interrupted(started) == 0
    assert line_of(text, "Sandbox").split()[1] == f"{best_tier()}:"


def test_the_banner_over_stdio_says_that_a_client_is_awaited(terminal: Terminal, blueprint: Path) -> None:
    started = terminal("serve")
    text = started.read_until("VS Code")
    assert interrupted(started) == 0
    for words in ("waits for an MCP client", "--transport http", "Ctrl-C"):
        assert words in text
    added = line_of(text, "Claude Code")
    command = shlex.split(added[added.index("claude") :])
    assert command[command.index("--") + 1 :] == [sys.executable, "-m", "seawall", "serve", str(blueprint)]


@pytest.mark.parametrize("by", ["flag", "variable"])
def test_a_profile_is_part_of_what_the_client_starts(terminal: Terminal, blueprint: Path, by: str) -> None:
    """The client has neither this call's flags nor this shell's variables."""
    with blueprint.open("a") as file:
        file.write('[profile.prod.server]\nname = "in-production"\n')
    started = (
        terminal("serve", "--profile", "prod") if by == "flag" else terminal("serve", SEAWALL_PROFILE="prod")
    )
    text = started.read_until("VS Code") if by == "flag" else started.read_until("Note: ")
    assert interrupted(started) == 0
    added = line_of(text, "Claude Code")
    assert added.endswith(
        f"add in-production -- {sys.executable} -m seawall serve {blueprint} --profile prod"
    )
    assert ("SEAWALL_PROFILE chose the profile prod." in started.text) == (by == "variable")


def test_what_the_banner_says_about_one_directory(terminal: Terminal, tmp_path: Path) -> None:
    started = terminal("serve", "--root", ".")
    text = started.read_until("VS Code")
    assert interrupted(started) == 0
    assert "read-only" in text
    assert f"serve --root {tmp_path}" in line_of(text, "Claude Code")


def test_one_directory_beside_a_blueprint_is_served_with_a_note(terminal: Terminal, blueprint: Path) -> None:
    """A command line means the same wherever it is started; the person is told what it does not use."""
    started = terminal("serve", "--root", "workspace")
    text = started.read_until("Note: ")
    assert interrupted(started) == 0
    assert "read-only" in text


@pytest.mark.parametrize("name", ["blueprint", "root"])
def test_a_failure_comes_without_a_banner(terminal: Terminal, blueprint: Path, name: str) -> None:
    if name == "root":
        (blueprint.parent / "workspace").rmdir()
    else:
        blueprint.write_text("[server]")
    started = terminal("serve")
    assert started.finish() == (1 if name == "root" else 2)
    assert "Connect" not in started.text
    assert "seawall: " in started.text


def test_quiet_is_quiet(terminal: Terminal, blueprint: Path) -> None:
    started = terminal("serve", "--quiet", "--transport", "http", "--port", "0", "--json")
    assert json.loads(started.read_until("\n"))["ready"]
    assert interrupted(started) == 0
    assert "Connect" not in started.text


@contextmanager
def serving(
    directory: Path, *arguments: str, settings: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """`seawall serve ARGUMENTS` between pipes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "seawall", "serve", *arguments],
        cwd=directory,
        env=environment(settings or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def first_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stderr is not None
    told: dict[str, Any] = json.loads(process.stderr.readline())
    return told


def test_readiness_over_http_is_one_line_of_json(blueprint: Path) -> None:
    arguments = ("--transport", "http", "--port", "0", "--json")
    with serving(blueprint.parent, *arguments) as process:
        told = first_line(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(GUARD) == 0
    assert told["ready"] is True
    assert (told["transport"], told["name"], told["access"]) == ("http", "my.workspace", "write")
    assert told["url"].startswith("http://127.0.0.1:")
    assert told["pid"] == process.pid
    assert {"name": "write_file"}.items() <= told["tools"][1].items()
    assert told["tokens"] == sum(tool["tokens"] for tool in told["tools"])


def test_readiness_over_stdio_is_one_line_of_json(blueprint: Path) -> None:
    with serving(blueprint.parent, "--json") as process:
        told = first_line(process)
        out, _ = process.communicate(timeout=GUARD)
    assert (told["ready"], told["transport"], told["url"]) == (True, "stdio", None)
    assert (process.returncode, out) == (0, b"")


def test_a_failure_is_one_line_of_json_for_those_who_asked(seawall: Seawall, blueprint: Path) -> None:
    (blueprint.parent / "workspace").rmdir()
    ended = seawall("serve", "--json")
    assert (ended.status, ended.out) == (1, "")
    told = json.loads(ended.err)
    assert told["ready"] is False
    assert told["error"]["code"] == "cannot_start"


def test_problems_are_one_line_of_json_for_those_who_asked(seawall: Seawall, blueprint: Path) -> None:
    blueprint.write_text("[server]\n")
    ended = seawall("serve", "--json")
    assert ended.status == 2
    (problem,) = json.loads(ended.err)["error"]["problems"]
    assert problem["key"] == "server.name"


def test_a_client_that_starts_it_gets_no_banner(blueprint: Path) -> None:
    """Standard output belongs to the protocol, and a client's log needs no advice for people."""
    with serving(blueprint.parent) as process:
        out, err = process.communicate(timeout=GUARD)
    assert (process.returncode, out) == (0, b"")
    assert b"Connect" not in err


@pytest.mark.parametrize("name", ["quote'\"s", "${HOME}", "-dash", "new\nline"])
def test_every_name_of_a_directory_can_be_served(tmp_path: Path, name: str) -> None:
    """The name is never read as TOML, as a variable or as an option."""
    root = tmp_path / name
    root.mkdir()
    with serving(tmp_path, "--root=" + name, "--json") as process:
        told = first_line(process)
        process.communicate(timeout=GUARD)
    assert told["ready"], told
    assert list(root.iterdir()) == []


def test_what_the_flags_say_of_one_directory_stands_above_the_environment(tmp_path: Path) -> None:
    """A variable that was meant for another server neither moves the root nor allows writing."""
    (tmp_path / "root").mkdir()
    settings = {
        "SEAWALL_TOOLSET__FILESYSTEM__ROOTS": "./absent",
        "seawall_toolset__filesystem__access": "write",
    }
    arguments = ("--root", "root", "--json")
    with serving(tmp_path, *arguments, settings=settings) as process:
        told = first_line(process)
        process.communicate(timeout=GUARD)
    assert told["ready"], told
    assert told["access"] == "read"

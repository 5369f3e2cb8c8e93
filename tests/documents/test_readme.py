"""The README's commands and files, run word for word. A block that nothing here runs fails the first test."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest

from documents.markdown import ROOT, blocks
from support.clients import Client, Endpoint, connect
from support.servers import GUARD, HttpServer, await_readiness, environment, free_port

README = ROOT / "README.md"
COMMANDS = [block.text.strip() for block in blocks(README, "sh")]
PROGRAMS = Path(sys.executable).parent

SERVE_EXAMPLE, RUN_TESTS, SET_PATH, NEW, CHECK, SERVE, SERVE_ROOT, SCHEMA, CONFIG, CLAUDE, CODE, DOCTOR = (
    COMMANDS
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new user's folder: the README's blueprint beside a folder `workspace`."""
    (tmp_path / "seawall.toml").write_text(blocks(README, "toml")[0].text)
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "notes.txt").write_text("the tide comes in\n")
    return tmp_path


def shell(line: str, folder: Path, extra: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a line of the README to its end, as a shell does."""
    return subprocess.run(
        ["bash", "-euc", line],
        cwd=folder,
        env=_with_path(extra or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2 * GUARD,
        check=False,
    )


def _with_path(extra: dict[str, str]) -> dict[str, str]:
    # The make that runs these tests has left its flags in the environment; a person's shell has none.
    inherited = {k: v for k, v in environment().items() if not k.startswith(("MAKE", "MFLAGS"))}
    return inherited | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"} | extra


@contextlib.contextmanager
def serving(line: str, folder: Path, port_variable: str, log: Path) -> Iterator[HttpServer]:
    """Run a line that serves over HTTP, on a free port, until the `with` ends."""
    port = free_port()
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            ["bash", "-euc", line],
            cwd=folder,
            env=_with_path({port_variable: str(port)}),
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            start_new_session=True,
        )
    server = HttpServer(process, "127.0.0.1", port, log)
    try:
        await_readiness(server)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(GUARD)


async def tools_of(client: Client) -> set[str]:
    return {tool["name"] for tool in await client.list_tools()}


READING = {"read_file", "list_directory", "search_files"}


@pytest.mark.anyio
async def test_make_serve_serves_the_example(tmp_path: Path) -> None:
    assert SERVE_EXAMPLE == "make serve"
    with serving(SERVE_EXAMPLE, ROOT, "PORT", tmp_path / "log") as server:
        async with connect("fastmcp-modern", server.endpoint) as client:
            listing = await client.call("list_directory")
    assert listing.data["entries"]


def test_make_test_runs_pytest() -> None:
    """Only what it would run: these tests are run by it already."""
    assert RUN_TESTS == "make test"
    assert "-m pytest" in shell(RUN_TESTS, ROOT, {"MAKEFLAGS": "n"}).stdout


def test_the_path_has_the_command_afterwards() -> None:
    ended = shell(f"{SET_PATH}\ncommand -v seawall", ROOT)
    assert ended.stdout.strip() == str(ROOT / ".venv" / "bin" / "seawall")


def test_from_nothing_to_a_tool_call(tmp_path: Path) -> None:
    """Word for word, port 8000 included: one run at a time on this machine."""
    with Path(tempfile.gettempdir(), "seawall-port-8000.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = shell(NEW, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "seawall.toml: sound" in ended.stdout
    assert "what lies here is what the assistant can reach" in ended.stdout
    assert (tmp_path / "harbour" / "compose.yaml").is_file()


def test_check_finds_the_smallest_blueprint_sound(folder: Path) -> None:
    ended = shell(CHECK, folder)
    assert ended.returncode == 0, ended.stderr
    assert "read_file" in ended.stdout


def test_the_fuller_blueprint_is_sound(folder: Path) -> None:
    (folder / "seawall.toml").write_text(blocks(README, "toml")[1].text)
    (folder / "handbook").mkdir()
    ended = shell(CHECK, folder)
    assert ended.returncode == 0, ended.stderr
    assert "write_file" in ended.stdout


@pytest.mark.anyio
@pytest.mark.parametrize("line", [SERVE, SERVE_ROOT])
async def test_it_is_served_over_http(line: str, folder: Path, tmp_path: Path) -> None:
    with serving(line, folder, "SEAWALL_HTTP__PORT", tmp_path / "log") as server:
        async with connect("fastmcp-handshake", server.endpoint) as client:
            assert await tools_of(client) == READING
            assert "the tide comes in" in (await client.call("read_file", {"path": "notes.txt"})).text


def test_the_schema_for_the_editor_accepts_the_blueprint(folder: Path) -> None:
    ended = shell(SCHEMA, folder)
    assert ended.returncode == 0, ended.stderr
    schema = json.loads((folder / "seawall.schema.json").read_text())
    jsonschema_rs.validate(schema, tomllib.loads((folder / "seawall.toml").read_text()))


def test_the_profile_changes_what_config_tells(folder: Path) -> None:
    with (folder / "seawall.toml").open("a") as file:
        file.write(next(block.text for block in blocks(README, "toml") if "[profile." in block.text))
    ended = shell(CONFIG, folder)
    assert ended.returncode == 0, ended.stderr
    (roots,) = (line.split() for line in ended.stdout.splitlines() if line.startswith("  roots "))
    assert roots[1:3] == ['"/srv/workspace"', "prod,"]


@pytest.mark.anyio
@pytest.mark.parametrize("line", [CLAUDE, CODE])
async def test_what_a_client_is_told_to_start_answers(line: str, folder: Path, tmp_path: Path) -> None:
    """The clients themselves are stand-ins that keep their arguments; the command they were told is then started."""
    stand_ins = tmp_path / "bin"
    stand_ins.mkdir()
    for name in ("claude", "code"):
        (stand_ins / name).write_text('#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done > "$ARGUMENTS"\n')
        (stand_ins / name).chmod(0o755)
    kept = tmp_path / "arguments"
    path = f"{stand_ins}:{PROGRAMS}:{os.environ['PATH']}"
    ended = shell(line, folder, {"PATH": path, "ARGUMENTS": str(kept)})
    assert ended.returncode == 0, ended.stderr
    words = kept.read_text().split("\0")[:-1]
    if line is CLAUDE:
        command = words[words.index("--") + 1 :]
    else:
        entry = json.loads(words[words.index("--add-mcp") + 1])
        command = [entry["command"], *entry["args"]]
    await _answers_over_stdio(command, tmp_path)


@pytest.mark.anyio
async def test_the_configuration_file_starts_a_server(folder: Path, tmp_path: Path) -> None:
    entry = json.loads(blocks(README, "json")[0].text)["mcpServers"]["workspace"]
    command = [entry["command"], *entry["args"]]
    command[-1] = command[-1].replace("/path/to", str(folder))
    await _answers_over_stdio(command, tmp_path)


async def _answers_over_stdio(command: list[str], tmp_path: Path) -> None:
    program = shutil.which(command[0], path=str(PROGRAMS))
    assert program is not None
    endpoint = Endpoint(log=tmp_path / "log", command=(program, *command[1:]), environment=environment())
    async with connect("fastmcp-modern", endpoint) as client:
        assert await tools_of(client) == READING


@pytest.mark.anyio
async def test_the_python_example_adds_a_tool_beside_the_guarded_ones(folder: Path, tmp_path: Path) -> None:
    (folder / "server.py").write_text(blocks(README, "python")[0].text)
    endpoint = Endpoint(
        log=tmp_path / "log",
        command=("bash", "-euc", f"cd '{folder}' && exec '{PROGRAMS}/fastmcp' run server.py --no-banner"),
        environment=environment(),
    )
    async with connect("fastmcp-modern", endpoint) as client:
        assert await tools_of(client) == READING | {"word_count"}
        assert (await client.call("word_count", {"text": "one two three"})).data == {"result": 3}


def test_fastmcp_inspects_the_python_example(folder: Path) -> None:
    (folder / "server.py").write_text(blocks(README, "python")[0].text)
    ended = shell("fastmcp inspect server.py --format mcp -o surface.json", folder)
    assert ended.returncode == 0, ended.stderr
    names = {tool["name"] for tool in json.loads((folder / "surface.json").read_text())["tools"]}
    assert names == READING | {"word_count"}


@pytest.mark.anyio
async def test_the_second_python_example_serves_an_existing_server_hardened(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "my_server.py").write_text(
        "from fastmcp import FastMCP\n\nmcp = FastMCP('mine')\n\n\n"
        "@mcp.tool\ndef half(number: int) -> float:\n    return 1 / number\n"
    )
    (folder / "server.py").write_text(blocks(README, "python")[1].text)
    endpoint = Endpoint(
        log=tmp_path / "log",
        command=("bash", "-euc", f"cd '{folder}' && exec '{sys.executable}' server.py"),
        environment=environment(),
    )
    async with connect("fastmcp-modern", endpoint) as client:
        assert (await client.call("half", {"number": 2})).data == {"result": 0.5}
        assert "invalid_arguments" in (await client.call("half", {"number": "2"})).text
        assert "internal_error" in (await client.call("half", {"number": 0})).text


def test_the_second_python_example_has_three_lines() -> None:
    assert len([line for line in blocks(README, "python")[1].text.splitlines() if line.strip()]) == 3


def test_doctor_reports(folder: Path) -> None:
    ended = shell(DOCTOR, folder)
    assert ended.returncode == 0, ended.stderr
    assert "openat2" in ended.stdout


def test_the_contributors_command_is_the_readmes(folder: Path) -> None:
    assert [block.text.strip() for block in blocks(ROOT / "CONTRIBUTING.md", "sh")] == [RUN_TESTS]

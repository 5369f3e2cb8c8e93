"""How a server starts, refuses to start, and ends: exit codes, one clear line, no traceback."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from support.blueprints import filesystem_blueprint
from support.clients.raw import request
from support.servers import GUARD, command, environment, run, serve_http

pytestmark = pytest.mark.whole


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.txt").write_text("a\n")
    return filesystem_blueprint(tmp_path, root)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_listening_beyond_loopback_is_refused(blueprint: Path, host: str) -> None:
    """Without authentication, the network must not reach the files."""
    ended = run("serve", blueprint, "--transport", "http", "--host", host, "--port", "0")
    assert ended.returncode == 3
    assert host in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_said_in_one_line(blueprint: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = run("serve", blueprint, "--transport", "http", "--port", port)
    assert ended.returncode == 1
    assert port in _only_line(ended)


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_a_missing_root_is_said_in_one_line(blueprint: Path, transport: str) -> None:
    blueprint.write_text(blueprint.read_text().replace(str(blueprint.parent / "root"), "./absent"))
    ended = run("serve", blueprint, "--transport", transport, "--port", "0")
    assert ended.returncode == 1
    assert "absent" in _only_line(ended)


def test_a_missing_blueprint_is_said_in_one_line(tmp_path: Path) -> None:
    ended = run("serve", tmp_path / "seawall.toml")
    assert ended.returncode == 1
    assert "seawall.toml" in _only_line(ended)


def test_all_problems_of_a_blueprint_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "seawall.toml"
    path.write_text(
        """\
[server]
nmae = "test"

[[toolset]]
kind = "filesystem"
roots = "."
acess = "read"

[http]
port = 123456
"""
    )
    ended = run("serve", path)
    assert ended.returncode == 2
    for place in ("seawall.toml:2:1", "seawall.toml:7:1", "seawall.toml:10:"):
        assert place in ended.stderr
    for word in ("nmae", "acess", "access", "port"):
        assert word in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not ended.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_listening_server_cleanly(blueprint: Path, number: signal.Signals) -> None:
    log = blueprint.with_name("log")
    with serve_http(log, blueprint) as running:
        running.process.send_signal(number)
        assert running.process.wait(GUARD) == 0
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_stdio_server_cleanly(blueprint: Path, number: signal.Signals) -> None:
    with _stdio(blueprint) as process:
        _ask_for_tools(process)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=GUARD)
    assert process.returncode == 0
    assert "Traceback" not in stderr


def test_the_end_of_input_ends_a_stdio_server(blueprint: Path) -> None:
    with _stdio(blueprint) as process:
        _ask_for_tools(process)
        _, stderr = process.communicate(timeout=GUARD)
    assert process.returncode == 0
    assert "Traceback" not in stderr


def test_stdout_carries_the_protocol_alone(blueprint: Path) -> None:
    """Also when the caller sends rubbish and calls fail: whatever is not a JSON-RPC message goes to stderr."""
    call = request("modern", 1, "tools/call", {"name": "read_file", "arguments": {"path": "absent"}})
    listing = request("modern", 2, "tools/list")
    lines = ["rubbish", "[1, 2]", "{}", json.dumps(call), json.dumps(listing)]
    with _stdio(blueprint) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(line + "\n" for line in lines))
        process.stdin.flush()
        seen: list[dict[str, object]] = []
        while not {1, 2} <= {message.get("id") for message in seen}:
            seen.append(json.loads(process.stdout.readline()))
        rest, _ = process.communicate(timeout=GUARD)
    messages = seen + [json.loads(line) for line in rest.splitlines()]
    assert {message["jsonrpc"] for message in messages} == {"2.0"}


def _only_line(ended: subprocess.CompletedProcess[str]) -> str:
    assert not ended.stdout
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0]


def _stdio(blueprint: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("serve", blueprint, "--transport", "stdio"),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ask_for_tools(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(request("modern", 1, "tools/list")) + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["result"]["tools"]

"""SIGHUP: a changed blueprint is taken into the running server, all of it or nothing, and no call is lost on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from seawall.runtime.wire.streams import IN_FLIGHT
from support.clients.raw import headers, request
from support.raw_http import exchange, message_bytes
from support.servers import GUARD, HttpServer, command, environment, log_records, serve_http, wait_for_record

BLUEPRINT = """
[server]
name = "reloaded"
[[toolset]]
kind = "python"
module = "reloaded_tools"
[limits]
concurrency = {concurrency}
queue = 2000
request_timeout = "{timeout}"
{limits}
[log]
level = "{level}"
format = "json"
[http]
connections = 1500
{http}
"""

TOOLS = '''
import asyncio
from pathlib import Path
import seawall

@seawall.operation(read_only=True)
async def wait(seconds: float, number: int = 0) -> int:
    """Wait, and tell the number."""
    await asyncio.sleep(seconds)
    return number

released = asyncio.Event()
held = set()

async def watch(path):
    while not path.exists():
        await asyncio.sleep(0.05)
    released.set()

@seawall.operation(read_only=True)
async def hold(number: int, leave: str) -> int:
    """Wait until the file is there, and tell the number."""
    if not held:
        held.add(asyncio.ensure_future(watch(Path(leave))))
    held.add(number)
    if len(held) > {most}:
        Path(leave).with_name("all").touch()
    await released.wait()
    return number

@seawall.operation(read_only=True)
async def under_way() -> int:
    """Tell how many wait."""
    return max(0, len(held) - 1)
'''

TOKENS = """
[http.auth]
kind = "token"
tokens = {{ {tokens} }}
"""


def write(directory: Path, **given: str) -> Path:
    values = {"concurrency": "1500", "timeout": "60s", "limits": "", "level": "info", "http": ""} | given
    (directory / "reloaded_tools.py").write_text(TOOLS.replace("{most}", str(IN_FLIGHT)))
    path = directory / "seawall.toml"
    path.write_text(BLUEPRINT.format(**values))
    return path


def call(number: int, seconds: float) -> dict[str, Any]:
    params = {"name": "wait", "arguments": {"seconds": seconds, "number": number}}
    return request("modern", number, "tools/call", params)


def _send(process: subprocess.Popen[bytes], tool: str, request_id: int, /, **arguments: object) -> None:
    message = request("modern", request_id, "tools/call", {"name": tool, "arguments": arguments})
    assert process.stdin is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()


def _received(process: subprocess.Popen[bytes]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def _answer(process: subprocess.Popen[bytes], tool: str, request_id: int, /, **arguments: object) -> Any:
    _send(process, tool, request_id, **arguments)
    return _received(process)


def post(server: HttpServer, message: dict[str, Any], token: str | None = None) -> Any:
    lines = {"Host": "127.0.0.1", **headers("modern", message)}
    lines |= {} if token is None else {"Authorization": f"Bearer {token}"}
    return exchange(server.port, message_bytes("POST", "/mcp", lines, json.dumps(message).encode()))


def hang_up(server: HttpServer, told: str) -> dict[str, Any]:
    """Send the signal, and return the record of what came of it."""
    before = len(log_records(server.log))
    os.kill(server.process.pid, signal.SIGHUP)
    end = time.monotonic() + GUARD
    while time.monotonic() < end:
        for record in log_records(server.log)[before:]:
            if record.get("event") == told:
                return record
        time.sleep(0.02)
    raise AssertionError(f"no {told!r} in:\n{server.log.read_text()}")


RELOADED, REFUSED = "reloaded", "reload refused: the settings stay as they are"


@contextmanager
def served(directory: Path, **given: str) -> Iterator[HttpServer]:
    path = write(directory, **given)
    with serve_http(
        directory / "log", path, extra={"PYTHONPATH": str(directory), "SEAWALL_LOG__FORMAT": "json"}
    ) as server:
        yield server


def test_calls_under_way_on_a_pipe_end_as_if_nothing_had_happened(tmp_path: Path) -> None:
    """As many as a pipe may have, while the places shrink to eight: who has one keeps it."""
    path = write(tmp_path)
    log = tmp_path / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command("serve", path),
            env=environment({"PYTHONPATH": str(tmp_path)}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    leave = tmp_path / "leave"
    with process:
        for number in range(1, IN_FLIGHT + 1):
            _send(process, "hold", number, number=number, leave=str(leave))
        while not (tmp_path / "all").exists():
            assert process.poll() is None
            time.sleep(0.05)
        write(tmp_path, concurrency="8", timeout="1s")
        process.send_signal(signal.SIGHUP)
        wait_for_record(log, event=RELOADED)
        leave.touch()
        received = [_received(process) for _ in range(IN_FLIGHT)]
        answers = {each["id"]: each["result"]["structuredContent"] for each in received}
        late = _answer(process, "wait", 6000, seconds=30.0)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(GUARD) == 0
    assert answers == {number: {"result": number} for number in range(1, IN_FLIGHT + 1)}
    assert "deadline_exceeded" in str(late)
    (told,) = [each for each in log_records(log) if each["event"] == RELOADED]
    assert told["changed"] == ["limits.request_timeout", "limits.concurrency"]


@pytest.mark.whole
def test_a_thousand_connections_with_a_call_under_way_end_as_if_nothing_had_happened(tmp_path: Path) -> None:
    answers: dict[int, int] = {}

    leave = tmp_path / "leave"

    async def one(port: int, number: int) -> None:
        params = {"name": "hold", "arguments": {"number": number, "leave": str(leave)}}
        message = request("modern", number, "tools/call", params)
        lines = {"Host": "127.0.0.1", "Connection": "close", **headers("modern", message)}
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(message_bytes("POST", "/mcp", lines, json.dumps(message).encode()))
            received = b""
            async for part in stream:
                received += part
        body = json.loads(received.partition(b"\r\n\r\n")[2])
        answers[body["id"]] = body["result"]["structuredContent"]["result"]

    def held(server: HttpServer) -> int:
        asked = request("modern", 5000, "tools/call", {"name": "under_way", "arguments": {}})
        found: int = post(server, asked).json["result"]["structuredContent"]["result"]
        return found

    async def all_of_them(server: HttpServer) -> None:
        async with anyio.create_task_group() as group:
            for number in range(1, 1001):
                group.start_soon(one, server.port, number)
            while await anyio.to_thread.run_sync(held, server) < 1000:  # noqa: ASYNC110  what a server does
                await anyio.sleep(0.1)
            write(tmp_path, concurrency="8", limits='rate = "1/h"')
            await anyio.to_thread.run_sync(hang_up, server, RELOADED)
            leave.touch()

    with served(tmp_path) as server:
        anyio.run(all_of_them, server)
    assert answers == {number: number for number in range(1, 1001)}


BAD = {
    "no TOML": ("[server", "seawall.toml:1:"),
    "an unknown setting": ("{good}\n[quota]\nx = 1\n", "unknown setting 'quota'"),
    "a wrong value": ("{good}", "request_timeout"),
    "nothing there": (None, "cannot be read"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_file_leaves_the_old_values_and_says_why(fault: str, tmp_path: Path) -> None:
    text, words = BAD[fault]
    with served(tmp_path, limits='rate = "2/h"') as server:
        path = tmp_path / "seawall.toml"
        good = BLUEPRINT.format(concurrency="9", timeout="60s", limits="", level="debug", http="")
        if fault == "a wrong value":
            path.write_text(good.replace('"60s"', '"soon"'))
        elif text is None:
            path.unlink()
        else:
            path.write_text(text.replace("{good}", good))
        told = hang_up(server, REFUSED)
        assert any(words in each for each in told["reasons"]), told
        assert told["level"] == "error"
        answers = [post(server, call(number, 0)).json for number in (1, 2, 3)]
        assert "rate_limited" in str(answers[2])
        assert "rate_limited" not in str(answers[:2])


def test_what_can_change_at_a_start_only_is_named_and_nothing_else_is_taken(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        write(
            tmp_path,
            limits='rate = "1/h"\nresponse_size = "2MiB"',
            http='[http.auth]\nkind = "token"\ntokens = { a = "env:A" }',
        )
        told = hang_up(server, REFUSED)
        assert "limits.response_size can change at a start only" in told["reasons"]
        assert "http.auth.kind can change at a start only" in told["reasons"]
        assert all("rate_limited" not in str(post(server, call(number, 0)).json) for number in (1, 2))


def test_a_rate_and_a_level_of_the_log_are_taken_over(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        write(tmp_path, limits='rate = "1/h"', level="warning")
        assert hang_up(server, RELOADED)["changed"] == ["limits.rate", "log.level"]
        assert "rate_limited" not in str(post(server, call(1, 0)).json)
        assert "rate_limited" in str(post(server, call(2, 0)).json)
        calls = [each for each in log_records(server.log) if each["event"] == "call"]
        assert calls == []


def test_tokens_are_read_anew_and_who_has_none_any_more_is_out(tmp_path: Path) -> None:
    """Also when only the secrets have changed and the blueprint has not."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "a").write_text("alice-0123456789abcdef")
    (secrets / "b").write_text("bob-0123456789abcdefgh")
    more = f'[secrets]\ndirectories = ["{secrets}"]\n'
    both = TOKENS.format(tokens='alice = "secret:a", bob = "secret:b"') + more
    with served(tmp_path, http=both) as server:
        assert post(server, call(1, 0), "bob-0123456789abcdefgh").status == 200
        (secrets / "b").write_text("new-bob-0123456789abcd")
        assert hang_up(server, RELOADED)["changed"] == []
        assert post(server, call(2, 0), "bob-0123456789abcdefgh").status == 401
        assert post(server, call(3, 0), "new-bob-0123456789abcd").status == 200
        write(tmp_path, http=TOKENS.format(tokens='alice = "secret:a"') + more)
        assert hang_up(server, RELOADED)["changed"] == ["http.auth.tokens"]
        assert post(server, call(4, 0), "new-bob-0123456789abcd").status == 401
        assert post(server, call(5, 0), "alice-0123456789abcdef").status == 200
        (secrets / "a").unlink()
        told = hang_up(server, REFUSED)
        assert any("secret:a" in each for each in told["reasons"])
        assert post(server, call(6, 0), "alice-0123456789abcdef").status == 200

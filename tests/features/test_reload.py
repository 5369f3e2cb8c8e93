"""SIGHUP: a changed blueprint is taken into the running server, all of it or nothing, and no call is lost on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from seawall.runtime.wire.streams import IN_FLIGHT
from support.clients.raw import headers, request
from support.raw_http import exchange, message_bytes
from support.servers import GUARD, HttpServer, command, environment, log_records, serve_http, wait_for_record

pytestmark = pytest.mark.whole

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


def _renamed(text: bytes, path: Path) -> None:
    """Another file in its place, as editors and configuration managers do."""
    fresh = path.with_name("fresh")
    fresh.write_bytes(text)
    fresh.replace(path)


def _enormous(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "half of it": (lambda path: path.write_bytes(path.read_bytes()[:40]), "seawall.toml:"),
    "empty": (lambda path: _renamed(b"", path), "seawall.toml"),
    "a pipe": (os.mkfifo, "is not a regular file"),
    "a directory": (lambda path: path.mkdir(), "is a directory"),
    "an endless device": (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    "a link to itself": (lambda path: path.symlink_to(path), "cannot be read"),
    "enormous": (_enormous, "too large"),
    "not UTF-8": (lambda path: path.write_bytes(b"\xff\xfe"), "UTF-8"),
    "nested without end": (lambda path: path.write_bytes(b"x = " + b"[" * 100_000), "seawall.toml"),
}


def test_whatever_is_in_the_place_of_the_file_the_server_goes_on_and_takes_the_next_good_one(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as server:
        path = tmp_path / "seawall.toml"
        good = path.read_bytes()
        for kind, (make, words) in ODD.items():
            if kind not in {"half of it", "empty"}:
                path.unlink()
            make(path)
            told = hang_up(server, REFUSED)
            assert any(words in each for each in told["reasons"]), (kind, told)
            assert "result" in post(server, call(1, 0)).json
            path.rmdir() if path.is_dir() else path.unlink()
            path.write_bytes(good)
        _renamed(good.replace(b'"info"', b'"warning"'), path)
        assert hang_up(server, RELOADED)["changed"] == ["log.level"]


def test_a_storm_of_signals_ends_with_what_is_there_at_last_and_no_queue_behind_it(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        for number in range(2000):
            if number % 500 == 0:
                write(tmp_path, limits=f'rate = "{number + 1000}/s"')
            os.kill(server.process.pid, signal.SIGHUP)
        write(tmp_path, limits='rate = "1/h"')
        hang_up(server, RELOADED)
        end = time.monotonic() + GUARD
        while "rate_limited" not in str(post(server, call(1, 0)).json):
            assert time.monotonic() < end
        told = [each for each in log_records(server.log) if each["event"] == RELOADED]
        assert len(told) < 500


def _catches_hang_ups(process: subprocess.Popen[bytes]) -> bool:
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) & 1 << signal.SIGHUP - 1)


def test_a_signal_during_the_start_or_the_end_ends_nothing_and_is_obeyed_when_it_can_be(
    tmp_path: Path,
) -> None:
    path, log = write(tmp_path), tmp_path / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command("serve", path),
            env=environment({"PYTHONPATH": str(tmp_path)}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    with process:
        while not _catches_hang_ups(process):
            assert process.poll() is None
        write(tmp_path, limits='rate = "1/h"')
        process.send_signal(signal.SIGHUP)
        answers = [str(_answer(process, "wait", number, seconds=0.0)) for number in (1, 2)]
        if "rate_limited" not in answers[1]:  # it was read before the signal, and is read again after it
            wait_for_record(log, event=RELOADED)
            answers += [str(_answer(process, "wait", number, seconds=0.0)) for number in (3, 4)]
        assert "rate_limited" in answers[-1]
        process.send_signal(signal.SIGTERM)
        while process.poll() is None:
            process.send_signal(signal.SIGHUP)
            time.sleep(0.001)
        assert process.returncode == 0


def test_prompts_that_changed_on_the_disk_are_said_to_need_a_start(tmp_path: Path) -> None:
    """They are no part of the file, so that the reload alone would look as if they had been taken over."""
    told = "prompts changed: they are read at a start only"
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    (prompts / "greet.md").write_text(PROMPT)
    more = f'[prompts]\ndirectory = "{prompts}"\n'
    with served(tmp_path, http=more) as server:
        write(tmp_path, http=more, limits='rate = "5/s"')
        hang_up(server, RELOADED)
        assert [each for each in log_records(server.log) if each["event"] == told] == []
        (prompts / "greet.md").write_text(PROMPT.replace("hello", "good evening"))
        assert hang_up(server, told)["level"] == "warning"


PROMPT = """---
description: Greets.
arguments:
  who:
    description: Whom.
---
Say hello to {{ who }}.
"""

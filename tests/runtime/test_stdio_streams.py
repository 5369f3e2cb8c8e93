"""What standard input and output may be: pipes, files, terminals, sockets, the null device, nothing at all."""

from __future__ import annotations

import json
import os
import pty
import select
import socket
import subprocess
import tty
from pathlib import Path
from typing import Any

import pytest

from runtime.processes import GUARD, command

pytestmark = pytest.mark.whole

LINES = b"".join(
    json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
    for message in (
        {
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": "t", "version": "1"},
            },
        },
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "greet", "arguments": {"name": "x"}}},
        {"id": 3, "method": "tools/call", "params": {"name": "letters", "arguments": {"count": 300_000}}},
    )
)


def check(output: bytes) -> None:
    """Every request was answered, and nothing else was written."""
    answers = {answer["id"]: answer for answer in map(json.loads, output.splitlines())}
    assert answers.keys() == {1, 2, 3}
    assert answers[2]["result"]["content"][0]["text"] == "Hello x"
    assert len(answers[3]["result"]["content"][0]["text"]) > 300_000


def start(tmp_path: Path, **streams: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command("stdio", tmp_path), stderr=subprocess.PIPE, **streams)


def finish(process: subprocess.Popen[bytes]) -> None:
    _, log = process.communicate(timeout=GUARD)
    assert process.returncode == 0, log.decode()
    assert b"Traceback" not in log


def test_both_are_pipes(tmp_path: Path) -> None:
    """`cat messages | seawall serve > …` gets every answer, though the input ends at once."""
    process = start(tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    output, log = process.communicate(LINES, timeout=GUARD)
    check(output)
    assert (process.returncode, b"Traceback" in log) == (0, False)


@pytest.mark.parametrize("append", [False, True], ids=["written", "appended"])
def test_both_are_files(tmp_path: Path, append: bool) -> None:
    """The output's place in its file is kept: what stood there before still does."""
    (tmp_path / "in").write_bytes(LINES)
    (tmp_path / "out").write_bytes(b"before\n")
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("ab" if append else "r+b") as sink:
        sink.seek(0, os.SEEK_END)
        finish(start(tmp_path, stdin=source, stdout=sink))
    before, _, output = (tmp_path / "out").read_bytes().partition(b"\n")
    assert before == b"before"
    check(output)


def test_both_are_one_socket(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = start(tmp_path, stdin=theirs, stdout=theirs)
        ours.sendall(LINES)
        ours.shutdown(socket.SHUT_WR)
        ours.settimeout(GUARD)
        check(b"".join(iter(lambda: ours.recv(1 << 16), b"")))
        finish(process)


def test_both_are_a_terminal(tmp_path: Path) -> None:
    """A raw one, as a person's would cut lines at 4,096 bytes. Hanging up is the end of input."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    process = start(tmp_path, stdin=theirs, stdout=theirs)
    os.close(theirs)
    os.write(ours, LINES)
    output = b""
    while output.count(b"\n") < 3:
        assert select.select([ours], [], [], GUARD)[0]
        output += os.read(ours, 1 << 16)
    check(output)
    os.close(ours)
    finish(process)


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR], ids=["input", "both"])
def test_the_null_device_is_an_empty_input(tmp_path: Path, flags: int) -> None:
    null = os.open(os.devnull, flags)
    process = start(tmp_path, stdin=null, stdout=null if flags == os.O_RDWR else subprocess.PIPE)
    os.close(null)
    finish(process)


def test_a_full_disk_ends_the_server_in_order(tmp_path: Path) -> None:
    """`/dev/full` refuses every write, as a full disk does; nobody can be answered any more."""
    with open("/dev/full", "wb", buffering=0) as sink:  # noqa: PTH123  no buffer of Python's
        process = start(tmp_path, stdin=subprocess.PIPE, stdout=sink)
    assert process.stdin is not None
    process.stdin.write(LINES)
    process.stdin.flush()
    assert process.wait(GUARD) == 0
    process.communicate()


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_a_closed_stream_is_one_line_and_status_1(tmp_path: Path, closed: str) -> None:
    line = " ".join(f"'{part}'" for part in command("stdio", tmp_path))
    done = subprocess.run(
        ["sh", "-c", f"{line} {closed}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_a_closed_standard_error_harms_nothing(tmp_path: Path) -> None:
    line = " ".join(f"'{part}'" for part in command("stdio", tmp_path))
    done = subprocess.run(
        ["sh", "-c", f"{line} 2>&-"], input=LINES, capture_output=True, timeout=GUARD, check=False
    )
    assert done.returncode == 0
    check(done.stdout)

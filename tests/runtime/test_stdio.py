"""Serving over standard input and output: real processes and pipes."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from runtime.processes import GUARD, command

pytestmark = [pytest.mark.anyio, pytest.mark.whole]


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


def client(tmp_path: Path, era: Any) -> Client[Any]:
    program, *arguments = command("stdio", tmp_path)
    return Client(StdioTransport(program, arguments, log_file=tmp_path / "log"), mode=era)


async def test_both_eras_are_served(tmp_path: Path, era: Any) -> None:
    async with client(tmp_path, era) as connected:
        result = await connected.call_tool("greet", {"name": "x"})
    assert result.content[0].text == "Hello x"


async def test_cancelling_a_call_cancels_the_operation(tmp_path: Path, era: Any) -> None:
    async with asyncio.timeout(GUARD), client(tmp_path, era) as connected:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await connected.call_tool("slow", {})
        while "cancelled" not in (tmp_path / "log").read_text():  # noqa: ASYNC110  another process's log
            await asyncio.sleep(0.05)
    (record,) = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert (record["name"], record["outcome"], record["principal"]) == ("slow", "cancelled", "local")


class Wire:
    """A client that speaks raw JSON lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def send(self, **message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


@contextmanager
def wired(tmp_path: Path, extra: str = "") -> Iterator[Wire]:
    """A server after its handshake."""
    process = subprocess.Popen(
        command("stdio", tmp_path, extra),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wire = Wire(process)
        wire.send(
            id=1,
            method="initialize",
            params={
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": "t", "version": "1"},
            },
        )
        assert wire.receive()["id"] == 1
        wire.send(method="notifications/initialized")
        yield wire
    finally:
        process.kill()
        process.wait(GUARD)
        for stream in (process.stdin, process.stdout, process.stderr):
            with suppress(BrokenPipeError):
                stream.close()  # type: ignore[union-attr]  # they are pipes


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
@pytest.mark.parametrize("how", ["eof", signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_status_0_and_without_a_traceback(tmp_path: Path, how: Any, busy: bool) -> None:
    with wired(tmp_path) as wire:
        if busy:
            for name in ("slow", "blocking"):
                wire.send(id=name, method="tools/call", params={"name": name, "arguments": {}})
            wire.send(id="last", method="ping")
            assert wire.receive()["id"] == "last"
        assert wire.process.stdin is not None
        if how == "eof":
            wire.process.stdin.close()
        else:
            wire.process.send_signal(how)
        assert wire.process.wait(GUARD) == 0
        assert wire.process.stdout is not None
        assert wire.process.stderr is not None
        assert all("jsonrpc" in json.loads(line) for line in wire.process.stdout.read().splitlines())
        assert "Traceback" not in wire.process.stderr.read()


def test_nothing_but_the_protocol_is_on_standard_output(tmp_path: Path) -> None:
    with wired(tmp_path) as wire:
        wire.send(id=2, method="tools/call", params={"name": "broken", "arguments": {}})
        wire.send(id=3, method="nonsense")
        wire.send(id=4, method="tools/call", params={"name": 5})
        wire.process.stdin.write("no json\n")  # type: ignore[union-attr]
        wire.send(id=5, method="ping")
        answers: list[Any] = []
        while not answers or answers[-1].get("id") != 5:
            answers.append(wire.receive())
        codes = {answer.get("id"): answer["error"]["code"] for answer in answers if "error" in answer}
        assert codes == {3: -32601, 4: -32602, None: -32700}


def test_a_missing_root_is_one_line_and_status_1(tmp_path: Path) -> None:
    done = subprocess.run(
        command("stdio", tmp_path, 'root = "missing"\n'),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_a_client_that_never_reads_the_log_is_served_all_the_same(tmp_path: Path) -> None:
    with wired(tmp_path) as wire:
        for number in range(2, 1002):  # ten times what a pipe holds
            wire.send(id=number, method="tools/call", params={"name": "x" * 500, "arguments": {}})
            assert wire.receive()["id"] == number
        assert wire.process.stdin is not None
        wire.process.stdin.close()
        assert wire.process.wait(GUARD) == 0

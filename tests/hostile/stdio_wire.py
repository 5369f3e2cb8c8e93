"""A client that writes bytes to a real `seawall serve` and reads what comes back, a line at a time."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.clients.raw import request
from support.servers import GUARD, command, environment

TOOLS = Path(__file__).with_name("stdio_tools.py")
ERAS = ("modern", "handshake")


def blueprint(directory: Path) -> Path:
    """A server of the tools beside this file."""
    path = directory / "seawall.toml"
    path.write_text(
        f"""
[server]
name = "hostile"

[[toolset]]
kind = "python"
module = "{TOOLS.stem}"
access = "write"
"""
    )
    (directory / TOOLS.name).write_text(TOOLS.read_text())
    return path


@dataclass
class Wire:
    """The client's ends of one server process.

    Attributes:
        process: the server; its three streams are pipes.
        era: how requests are put.
        number: of the last request.
        unwritten: what is left of a line that the server did not take.
    """

    process: subprocess.Popen[bytes]
    era: Any
    number: int = 1000
    unwritten: bytes = b""
    _waiting: bytearray = field(default_factory=bytearray)

    def send(self, data: bytes) -> None:
        """Write bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def waiting(self, seconds: float) -> bool:
        """Whether something can be read within that time."""
        assert self.process.stdout is not None
        return b"\n" in self._waiting or bool(select.select([self.process.stdout], [], [], seconds)[0])

    def line(self) -> Any:
        """The next line, as the JSON that it must be; None at the end."""
        assert self.process.stdout is not None
        while b"\n" not in self._waiting:
            ready, _, _ = select.select([self.process.stdout], [], [], GUARD)
            assert ready, "the server does not answer"
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                assert not self._waiting, self._waiting
                return None
            self._waiting += data
        line, _, rest = self._waiting.partition(b"\n")
        self._waiting = rest
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return message

    def line_of(self, tool: str, **arguments: Any) -> bytes:
        """The next call, as a line."""
        self.number += 1
        call = request(self.era, self.number, "tools/call", {"name": tool, "arguments": arguments})
        return json.dumps(call).encode() + b"\n"

    def begin(self, tool: str, **arguments: Any) -> int:
        """Call a tool without waiting; the id."""
        self.send(self.line_of(tool, **arguments))
        return self.number

    def until(self, number: int) -> list[Any]:
        """The messages up to the answer to this request, which is the last of them."""
        messages = [self.line()]
        while messages[-1] is not None and messages[-1].get("id") != number:
            messages.append(self.line())
        assert messages[-1] is not None, "the server ended"
        return messages

    def call(self, tool: str, **arguments: Any) -> str:
        """Call a tool; the text of its result."""
        *others, answer = self.until(self.begin(tool, **arguments))
        assert not others
        return str(answer["result"]["content"][0]["text"])

    def alive(self) -> list[Any]:
        """Have the next call answered; what came before its answer."""
        *others, answer = self.until(self.begin("echo", text="alive"))
        assert answer["result"]["content"][0]["text"] == "alive"
        return others

    def end(self) -> tuple[list[Any], str]:
        """Close the input and wait for the end, which must be a clean one; what came until then, and the log."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        messages = list(iter(self.line, None))
        assert self.process.stderr is not None
        log = self.process.stderr.read().decode()
        assert self.process.wait(GUARD) == 0, log
        assert "Traceback" not in log
        return messages, log


@contextlib.contextmanager
def serving(directory: Path, era: Any, version: str = "2025-11-25", **streams: Any) -> Iterator[Wire]:
    """A server that has answered once, which loads everything. `streams` replace the pipes."""
    process = subprocess.Popen(
        command("serve", blueprint(directory)),
        env=environment(),
        **{
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "bufsize": -1,
            **streams,
        },
    )
    wire = Wire(process, era)
    try:
        if process.stdin is not None and process.stdout is not None:
            handshake(wire, version)
            wire.alive()
        yield wire
    finally:
        process.kill()
        process.wait(GUARD)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def opening(era: str, version: str) -> list[Any]:
    """What a client of that era says before its first call."""
    if era == "modern":
        return []
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    return [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
    ]


def handshake(wire: Wire, version: str) -> None:
    """Open the connection as a client of its era does; the server must agree to its version."""
    messages = opening(wire.era, version)
    for message in messages:
        wire.send(json.dumps(message).encode() + b"\n")
    if messages:
        assert wire.line()["result"]["protocolVersion"] == version

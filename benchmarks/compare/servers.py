"""The two servers as processes, and what the kernel says of them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.compare.cases import BODIES, Body, Era, Side, Transport, check
from benchmarks.compare.wire import HttpWire, StdioWire, Wire

__all__ = ["Servable", "Server", "Site", "serving"]

_SERVED = Path(__file__).with_name("served")
_TOKEN = "0123456789abcdef" * 4  # opens nothing but a benchmark
_KILOBYTE = 1024
_TICKS = os.sysconf("SC_CLK_TCK")

_BLUEPRINT = """
[server]
name = "compare"

[[toolset]]
kind = "python"
module = "functions"
access = "write"

[limits]
rate = "1000000/s"

[http.auth]
kind = "token"
tokens = { client = "env:COMPARE_TOKEN" }
"""


class Servable(Protocol):
    """Something that both sides serve, each in its way.

    Attributes:
        directory: where the servers are started.
        first: the call by which it is known that one answers; None when it is enough that it listens.
    """

    directory: Path
    first: Body | None

    def command(self, side: Side, transport: Transport, port: int) -> list[str]:
        """The command line of a server."""

    def token(self, side: Side) -> str | None:
        """What a client shows to it."""


class Site:
    """A directory with what both servers serve."""

    first: Body | None = BODIES[0]

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for file in _SERVED.iterdir():
            if file.is_file():
                shutil.copy(file, directory)
        directory.joinpath("seawall.toml").write_text(_BLUEPRINT)

    def command(self, side: Side, transport: Transport, port: int) -> list[str]:
        """The command line of a server, as a client's settings would hold it."""
        if side == "bare":
            return [sys.executable, str(self.directory / "bare.py"), transport, str(port)]
        seawall = str(Path(sys.executable).with_name("seawall"))
        line = [seawall, "serve", str(self.directory / "seawall.toml"), "--transport", transport]
        return line if transport == "stdio" else [*line, "--port", str(port)]

    def token(self, side: Side) -> str | None:
        """Bare has no authentication."""
        return None if side == "bare" else _TOKEN


@dataclass
class Server:
    """A server that answered once.

    Attributes:
        process: it.
        wire: the client's end.
        to_first_answer: seconds from its start to that answer.
        start_cpu: seconds of processor time in that time.
        calls: how many it answered.
    """

    process: subprocess.Popen[bytes]
    wire: Wire
    to_first_answer: float = 0.0
    start_cpu: float = 0.0
    calls: int = 0

    def call(self, body: Body, count: int, width: int) -> tuple[float, float]:
        """Call a tool: seconds, and the server's seconds of processor time."""
        numbers = list(range(self.calls + 1, self.calls + count + 1))
        requests = self.wire.prepared(numbers, body)
        self.wire.open(min(width, count))
        cpu, begun = self.cpu(), time.perf_counter()
        answers = self.wire.exchange(requests, width)
        seconds, cpu = time.perf_counter() - begun, self.cpu() - cpu
        self.calls += count
        check(self.wire.messages(answers), numbers, body)
        return seconds, cpu

    def list(self) -> tuple[float, float, int]:
        """Ask an HTTP server for all of its tools, page by page: seconds, its seconds of processor time, how many tools."""
        seconds, cpu, tools = 0.0, 0.0, 0
        cursor: str | None = None
        while True:
            taken, used, result = self._page(cursor)
            seconds, cpu, tools = seconds + taken, cpu + used, tools + len(result["tools"])
            cursor = result.get("nextCursor")
            if cursor is None:
                return seconds, cpu, tools

    def _page(self, cursor: str | None) -> tuple[float, float, dict[str, Any]]:
        if not isinstance(self.wire, HttpWire):
            raise TypeError("lists are measured over HTTP")
        self.calls += 1
        request = self.wire.list_request(self.calls, cursor)
        self.wire.open(1)
        cpu, begun = self.cpu(), time.perf_counter()
        answers = self.wire.exchange([request], 1)
        seconds, cpu = time.perf_counter() - begun, self.cpu() - cpu
        (answer,) = self.wire.messages(answers)
        result: dict[str, Any] = json.loads(answer)["result"]
        return seconds, cpu, result

    def cpu(self) -> float:
        """Seconds of processor time of the process, its ended threads included, and of its children."""
        return _cpu(self.process.pid)

    def memory(self) -> tuple[float, float]:
        """Bytes that are resident: all of them, and with shared ones divided among those who share them."""
        sizes = {}
        for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, size, _unit = line.split()
            sizes[name] = int(size) * _KILOBYTE
        return sizes["Rss:"], sizes["Pss:"]


@contextlib.contextmanager
def serving(site: Servable, side: Side, transport: Transport, era: Era) -> Iterator[Server]:
    """Start a server, have it answer once, and end it after the block."""
    port = _free_port()
    with (site.directory / f"{side}.log").open("ab") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(
            site.command(side, transport, port),
            bufsize=0,
            stdin=subprocess.PIPE if transport == "stdio" else subprocess.DEVNULL,
            stdout=subprocess.PIPE if transport == "stdio" else log,
            stderr=log,
            cwd=site.directory,
            env=_environment(),
        )
    wire: Wire = (
        StdioWire(process, era) if transport == "stdio" else HttpWire(port, era, token=site.token(side))
    )
    server = Server(process, wire)
    try:
        wire.begin()
        if site.first is not None:
            server.call(site.first, 1, 1)
        server.to_first_answer = time.perf_counter() - begun
        server.start_cpu = server.cpu()
        yield server
    finally:
        wire.close()
        if transport == "http":
            process.terminate()
        _ended(process)


def _cpu(pid: int) -> float:
    own = time.clock_gettime(
        (~pid << 3) | 2
    )  # the clock of another process, as clock_getcpuclockid(3) makes it
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    gone = (int(fields[13]) + int(fields[14])) / _TICKS  # children that were waited for
    lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return own + gone + sum(_cpu(int(child)) for child in " ".join(lists).split())


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _environment() -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("SEAWALL_", "FASTMCP_"))
    }
    return inherited | {"COMPARE_TOKEN": _TOKEN}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""The fixture as real processes, each ended by its own process id."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hostile.runtime_serve import ALICE, BOB
from hostile.runtime_world import Era, Server, Servers, Stdio, Which
from hostile.stdio_wire import Wire, handshake
from support.raw_http import connected
from support.servers import GUARD, environment, free_port

__all__ = ["alone_on_http", "alone_on_stdio", "servers"]


@contextlib.contextmanager
def servers(which: Which, directory: Path, issuer: str) -> Iterator[Servers]:
    """The server with tokens, the one with an issuer, and one on stdio an era, until the end of the block."""
    with contextlib.ExitStack() as stack:
        # All are begun before the first is waited for.
        words = ("token", "token", issuer)
        http = [stack.enter_context(_begun(which, directory, word, free_port())) for word in words]
        eras: tuple[Era, ...] = ("modern", "handshake")
        piped = [stack.enter_context(_begun(which, directory, era)) for era in eras]
        stdio = {era: _shaken(server, era) for era, server in zip(eras, piped, strict=True)}
        for server in http:
            _await(server)
        for line in (http[0].http("modern"), http[1].http("modern"), *stdio.values()):
            line.call("block", text="x")
            assert line.server.idle_threads
        yield Servers(http[0], http[1], http[2], stdio, issuer, directory)


@contextlib.contextmanager
def alone_on_http(which: Which, directory: Path) -> Iterator[Server]:
    """One server more, with tokens, for a row that ends it."""
    with _begun(which, directory, "token", free_port()) as server:
        _await(server)
        yield server


@contextlib.contextmanager
def alone_on_stdio(which: Which, directory: Path, era: Era) -> Iterator[Stdio]:
    """One server more, with its client, for a row that ends it."""
    with _begun(which, directory, era) as server:
        yield _shaken(server, era)


@contextlib.contextmanager
def _begun(which: Which, directory: Path, word: str, port: int = 0) -> Iterator[Server]:
    """A process: over HTTP with a port, where `word` is its authentication, else on stdio, where it is the era."""
    words = ("http", str(port), word) if port else ("stdio",)
    name = f"{which}-{'jwt' if word.startswith('http') else word}-{port}-{time.monotonic_ns()}"
    more = {
        "HOSTILE_RECORD": str(directory / f"{name}.record"),
        "ALICE": ALICE,
        "BOB": BOB,
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    pipe = subprocess.DEVNULL if port else subprocess.PIPE
    streams: Mapping[str, Any] = {"stdin": pipe, "stdout": pipe}
    log = directory / f"{name}.log"
    command = [sys.executable, "-m", "hostile.runtime_serve", which, *words]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stderr=stderr, env=environment(more), **streams)
    try:
        yield Server(which, process, port, log, Path(more["HOSTILE_RECORD"]))
    finally:
        process.kill()
        process.wait(GUARD)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def _shaken(server: Server, era: Era) -> Stdio:
    wire = Wire(server.process, era)
    handshake(wire, "2025-11-25")
    wire.alive()
    return Stdio(server, era, wire)


def _await(server: Server) -> None:
    end = time.monotonic() + GUARD
    while time.monotonic() < end:
        assert server.process.poll() is None, server.log.read_text()
        with contextlib.suppress(OSError), connected(server.port):
            return
        time.sleep(0.05)
    raise AssertionError("the server does not listen")

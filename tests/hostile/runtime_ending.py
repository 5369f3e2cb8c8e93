"""Rows: the end of the server while a coroutine runs that does not stop."""

from __future__ import annotations

import signal
import subprocess
from typing import Final

from hostile.runtime_cases import NEW, STDIO, Case, Play
from hostile.runtime_plays import begun, label_of, patient, waiting_time
from hostile.runtime_processes import alone_on_http, alone_on_stdio
from hostile.runtime_world import Era, Line, Server, Servers, call

__all__ = ["ENDING"]


def _stuck(line: Line) -> None:
    """Have a coroutine run that does not stop, and wait until its deadline has passed."""
    label = label_of("deaf")
    patient(line, call(line.era, "deaf", label=label))
    begun(line.server, label)


def _end(server: Server) -> str:
    try:
        server.process.wait(2 * waiting_time(server))
    except subprocess.TimeoutExpired:
        return "it goes on"
    return "it ends"


def _by_signal(servers: Servers) -> str:
    with alone_on_http(servers.token.which, servers.directory) as server:
        _stuck(server.http("modern"))
        server.process.send_signal(signal.SIGTERM)
        return _end(server)


def _by_closing(era: Era) -> Play:
    def play(servers: Servers) -> str:
        with alone_on_stdio(servers.token.which, servers.directory, era) as line:
            _stuck(line)
            assert line.wire.process.stdin is not None
            line.wire.process.stdin.close()
            return _end(line.server)

    return play


_ERAS: Final[tuple[Era, ...]] = ("modern", "handshake")
_SENT = "a coroutine does not stop, and then "
_PROMISE = "SECURITY.md: nothing that a tool does keeps the server from ending"

ENDING: Final[tuple[Case, ...]] = (
    *(Case(f"{_SENT}SIGTERM", _PROMISE, wire, _by_signal, "it ends", "it ends") for wire in NEW),
    *(
        Case(f"{_SENT}the end of input", _PROMISE, wire, _by_closing(era), "it ends", "it goes on")
        for wire, era in zip(STDIO, _ERAS, strict=True)
    ),
)

"""Bytes in and bytes out of the scoped server, over both transports and in both protocol eras."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features import scoped_server
from support.clients.interface import Era
from support.clients.raw import HANDSHAKE_VERSION, headers, request
from support.raw_http import Reply, exchange, message_bytes

GUARD = 60.0
SCRIPT = Path(__file__).with_name("scoped_server.py")
TOKENS = {"alice": "alice-0123456789abcdef", "bob": "bob-0123456789abcdefgh"}
ERAS: tuple[Era, ...] = ("handshake", "modern")


@dataclass
class Http:
    """The server on HTTP; each caller of the handshake era has a session of their own."""

    port: int
    log: Path
    sessions: dict[str, str] = field(default_factory=dict)
    pid: int = 0

    def post(self, caller: str, era: Era, message: Mapping[str, Any], more: dict[str, str]) -> Reply:
        params = message["params"]
        named = {"Mcp-Name": str(params.get("name") or params.get("uri"))}
        sent = {
            "Host": "127.0.0.1",
            "Authorization": f"Bearer {TOKENS[caller]}",
            **headers(era, dict(message)),
        }
        if era == "modern" and message["method"] in {"prompts/get", "resources/read", "tools/call"}:
            sent |= named
        return exchange(self.port, message_bytes("POST", "/mcp", sent | more, json.dumps(message).encode()))

    def session(self, caller: str) -> dict[str, str]:
        if caller not in self.sessions:
            params = {
                "protocolVersion": HANDSHAKE_VERSION,
                "capabilities": {},
                "clientInfo": {"name": "raw", "version": "1"},
            }
            opened = self.post(caller, "handshake", request("handshake", 1, "initialize", params), {})
            self.sessions[caller] = str(opened.headers["mcp-session-id"])
            known = {"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}}
            assert (
                self.post(caller, "handshake", known, {"Mcp-Session-Id": self.sessions[caller]}).status == 202
            )
        return {"Mcp-Session-Id": self.sessions[caller]}

    def reply(self, caller: str, era: Era, method: str, params: Mapping[str, Any]) -> Reply:
        more = self.session(caller) if era == "handshake" else {}
        return self.post(caller, era, request(era, 7, method, dict(params)), more)

    def ask(self, caller: str, era: Era, method: str, params: Mapping[str, Any]) -> bytes:
        return self.reply(caller, era, method, params).body


@dataclass
class Stdio:
    """One process for each era: on stdio there is one caller."""

    processes: Mapping[Era, subprocess.Popen[bytes]]

    def ask(self, caller: str, era: Era, method: str, params: Mapping[str, Any]) -> bytes:
        del caller
        return self._line(era, request(era, 7, method, dict(params)))

    def begin(self) -> None:
        params = {
            "protocolVersion": HANDSHAKE_VERSION,
            "capabilities": {},
            "clientInfo": {"name": "raw", "version": "1"},
        }
        self._line("handshake", request("handshake", 1, "initialize", params))
        self._write("handshake", {"jsonrpc": "2.0", "method": "notifications/initialized"})

    def _write(self, era: Era, message: Mapping[str, Any]) -> None:
        stdin = self.processes[era].stdin
        assert stdin is not None
        stdin.write(json.dumps(message).encode() + b"\n")
        stdin.flush()

    def _line(self, era: Era, message: Mapping[str, Any]) -> bytes:
        self._write(era, message)
        stdout = self.processes[era].stdout
        assert stdout is not None
        while True:
            line = stdout.readline()
            assert line, "the server ended"
            if json.loads(line).get("id") == message["id"]:
                return line


def parsed(answer: bytes) -> Any:
    """The message in an answer: a line, a body, or the last event of a stream."""
    lines = [line.removeprefix(b"data:") for line in answer.splitlines() if line.startswith((b"data:", b"{"))]
    return json.loads([line for line in lines if line.strip()][-1])


@contextlib.contextmanager
def over_http(directory: Path, **settings: str) -> Iterator[Http]:
    """The server on a free port of loopback."""
    scoped_server.write(directory, **settings)
    log = directory / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(_command("http", directory), env=_environment(), stderr=stderr)
    try:
        with log.open() as file:
            url = ""
            while not url.endswith("\n"):
                assert process.poll() is None, log.read_text()
                url += file.readline()
                while url.startswith("{") and url.endswith("\n"):
                    url = file.readline()
        yield Http(int(url.split(":")[2].split("/")[0]), log, pid=process.pid)
    finally:
        process.terminate()
        process.wait(GUARD)


@contextlib.contextmanager
def over_stdio(directory: Path, **settings: str) -> Iterator[Stdio]:
    """A server for each era on pipes."""
    scoped_server.write(directory, **settings)
    with (directory / "log").open("w") as stderr, contextlib.ExitStack() as stack:
        processes = {
            era: stack.enter_context(
                subprocess.Popen(
                    _command("stdio", directory),
                    env=_environment(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                )
            )
            for era in ERAS
        }
        wire = Stdio(processes)
        wire.begin()
        yield wire
        for process in processes.values():
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(GUARD) == 0


def _command(transport: str, directory: Path) -> list[str]:
    return [sys.executable, str(SCRIPT), transport, str(directory)]


def _environment() -> dict[str, str]:
    return dict(os.environ) | {"ALICE": TOKENS["alice"], "BOB": TOKENS["bob"]}

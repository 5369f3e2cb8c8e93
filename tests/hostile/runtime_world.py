"""The fixture as its clients see it: bare and guarded, over HTTP and stdio, in both protocol eras."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from hostile.runtime_serve import ALICE
from hostile.stdio_wire import Wire
from support.clients.interface import Json
from support.clients.raw import headers, request
from support.raw_http import Reply, connected, message_bytes, read_reply
from support.servers import GUARD

__all__ = ["Era", "Heard", "Http", "Line", "Server", "Servers", "Stdio", "Which", "call", "messages_of"]

Era = Literal["modern", "handshake"]
Which = Literal["guarded", "bare"]

_INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "hostile", "version": "1"},
}


def call(era: Era, name: str, request_id: Any = 1, **arguments: Any) -> Json:
    """A call of a tool."""
    return request(era, request_id, "tools/call", {"name": name, "arguments": arguments})


@dataclass(frozen=True)
class Heard:
    """What came back: the status (None on stdio, 0 for no answer) and the messages."""

    status: int | None
    messages: tuple[Json, ...]
    reply: Reply | None = None

    @property
    def text(self) -> str:
        """Everything, as text."""
        more = (
            "" if self.reply is None else self.reply.body.decode(errors="replace") + str(self.reply.headers)
        )
        return json.dumps(self.messages) + more


def messages_of(reply: Reply) -> tuple[Json, ...]:
    """The JSON-RPC messages of a response, in JSON or as events."""
    kind = reply.headers.get("content-type", "")
    if kind.startswith("text/event-stream"):
        lines = reply.body.decode().splitlines()
        return tuple(json.loads(line[5:]) for line in lines if line.startswith("data:") and line[5:].strip())
    if kind.startswith("application/json") and reply.body:
        value = json.loads(reply.body)
        return (value,) if isinstance(value, dict) and "jsonrpc" in value else ()
    return ()


class Line:
    """One client of a server."""

    era: Era
    server: Server

    def ask(self, body: bytes | Json, like: Json | None = None, **headers: str) -> Heard:
        """Send a message and hear what comes back for it.

        Args:
            body: the bytes, or the message.
            like: the message that the headers of HTTP describe, when `body` is none.
            headers: other headers of HTTP.
        """
        raise NotImplementedError

    def call(self, name: str, **arguments: Any) -> Heard:
        """Call a tool."""
        return self.ask(call(self.era, name, **arguments))


@dataclass(frozen=True)
class Http(Line):
    """A client over HTTP: one connection a request."""

    server: Server
    era: Era
    token: str = ALICE

    def bytes_of(self, body: bytes | Json, like: Json | None = None, **changed: str) -> bytes:
        """The request as bytes; a changed header that is empty is left out."""
        like = like or (body if isinstance(body, dict) else call(self.era, "echo", text="x"))
        usual = {"Host": f"127.0.0.1:{self.server.port}", "Authorization": f"Bearer {self.token}"}
        if self.era == "handshake" and like["method"] != "initialize":
            usual["Mcp-Session-Id"] = self.session
        if self.era == "modern" and (named := {"name", "uri"} & like.get("params", {}).keys()):
            usual["Mcp-Name"] = str(like["params"][named.pop()])
        given = {name.replace("_", "-"): value for name, value in changed.items()}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return message_bytes("POST", "/mcp", headers(self.era, like) | usual | given, data)

    @cached_property
    def session(self) -> str:
        """The session of this client (2025-11-25)."""
        opened = self.ask(request("handshake", 0, "initialize", _INITIALIZE))
        assert opened.reply is not None
        return str(opened.reply.headers["mcp-session-id"])

    def ask(self, body: bytes | Json, like: Json | None = None, **headers: str) -> Heard:
        return self.send(self.bytes_of(body, like, **headers))

    def send(self, data: bytes, seconds: float = GUARD) -> Heard:
        """Send bytes and hear one answer, if it comes in that time."""
        with connected(self.server.port) as connection:
            connection.settimeout(seconds)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(data)
            try:
                reply = read_reply(connection)
            except TimeoutError:
                return Heard(0, ())
            return Heard(reply.status, messages_of(reply), reply)


@dataclass
class Stdio(Line):
    """A client over stdio, which started its own server."""

    server: Server
    era: Era
    wire: Wire

    def ask(self, body: bytes | Json, like: Json | None = None, **headers: str) -> Heard:
        del like, headers
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.wire.send(data if data.endswith(b"\n") else data + b"\n")
        wanted = body.get("id") if isinstance(body, dict) else None
        if wanted is not None:
            heard = [self.wire.line()]
            while heard[-1].get("id") != wanted:
                heard.append(self.wire.line())
            return Heard(None, tuple(each for each in heard if "method" in each or each["id"] == wanted))
        return Heard(None, (*self.wire.alive(), *self.wire.alive()))


@dataclass(frozen=True, eq=False)
class Server:
    """One running server.

    Attributes:
        which: bare or guarded.
        process: it.
        port: where it listens; 0 on stdio.
        log: its standard error.
        record: where its tools say what happened to them.
    """

    which: Which
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    record: Path
    _wires: dict[str, Line] = field(default_factory=dict)

    def recorded(self, label: str) -> list[str]:
        """What the tools said under this label."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [line.partition(" ")[2] for line in lines if line.partition(" ")[0] == label]

    def http(self, era: Era, token: str = ALICE) -> Http:
        """A client; the same one for the same words, so that it keeps its session."""
        made = self._wires.setdefault(f"{era} {token}", Http(self, era, token))
        assert isinstance(made, Http)
        return made

    @contextlib.contextmanager
    def gate(self) -> Iterator[None]:
        """Whatever hangs may end, for the length of the block."""
        gate = self.record.with_suffix(".gate")
        gate.touch()
        yield
        gate.touch()
        gate.rename(self.record.with_suffix(".closed"))

    @cached_property
    def idle_threads(self) -> int:
        """Threads that it had when this was first asked: after its first call of a sync function."""
        return self.threads()

    def threads(self) -> int:
        """Threads of the process (proc(5))."""
        return int(self.status("Threads").split()[0])

    def status(self, name: str) -> str:
        """A line of its `/proc/PID/status`."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return line.partition(":")[2].strip()
        raise AssertionError(f"no {name}")

    def processor_seconds(self) -> float:
        """User and system time so far: fields 14 and 15 of `/proc/PID/stat`, in ticks."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Servers:
    """All processes of one kind, bare or guarded.

    Attributes:
        token: over HTTP, for callers with tokens.
        sessions: the same once more, for the rows of 2025-11-25, so that both eras can be played at the same time.
        jwt: over HTTP, for callers with tokens of an issuer.
        stdio: one an era.
        issuer: the issuer's URL.
        directory: for logs and records.
    """

    token: Server
    sessions: Server
    jwt: Server
    stdio: Mapping[Era, Stdio]
    issuer: str
    directory: Path

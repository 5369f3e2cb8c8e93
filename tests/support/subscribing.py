"""Clients that subscribe to resources, as bytes: over HTTP and over pipes, in both protocol eras."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, Self

import uvicorn

from support.clients.interface import Era, Json
from support.clients.raw import HANDSHAKE_VERSION, headers, request
from support.servers import command, environment

__all__ = ["Http", "Pipe", "Stream", "Watcher", "close_streams", "piped", "serving", "watcher"]

GUARD = 60.0
_LISTEN = 900
_opened: list[Stream] = []
_numbers = itertools.count(100_000)  # no id is used twice in a session


def close_streams() -> None:
    """Close all that a test opened."""
    while _opened:
        _opened.pop().close()


class Stream:
    """An answer over HTTP that is read message by message."""

    def __init__(self, port: int, method: str, sent: Mapping[str, str], body: Json | None = None) -> None:
        self.last = ""
        _opened.append(self)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GUARD)
        self._connection.request(method, "/mcp", json.dumps(body) if body else None, dict(sent))
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self.headers = self._response.headers

    def message(self) -> Any:
        """The next one; None at the end."""
        if self.headers["content-type"] == "application/json":
            return json.loads(self._response.read() or "null")
        while line := self._response.readline():
            if line.startswith(b"id:"):
                self.last = line.removeprefix(b"id:").strip().decode()
            if line.startswith(b"data:") and line.strip() != b"data:":
                return json.loads(line.removeprefix(b"data:"))
        return None

    def close(self) -> None:
        self._response.close()
        self._connection.close()


class Http:
    """A server over HTTP, used with one token; a session in the handshake era."""

    def __init__(self, port: int, token: str | None = None, *, session: str | None = None) -> None:
        self._port = port
        self._token = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.session = session

    def begin(self) -> Self:
        params = {
            "protocolVersion": HANDSHAKE_VERSION,
            "capabilities": {},
            "clientInfo": {"name": "raw", "version": "1"},
        }
        opened = self.stream("handshake", request("handshake", 1, "initialize", params))
        self.capabilities = opened.message()["result"]["capabilities"]
        self.session = opened.headers["mcp-session-id"]
        known = {"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}}
        assert self.stream("handshake", known).status == 202
        return self

    def _headers(self, era: Era, message: Json) -> dict[str, str]:
        session = {"Mcp-Session-Id": self.session} if era == "handshake" and self.session else {}
        return headers(era, message) | self._token | session

    def stream(self, era: Era, message: Json) -> Stream:
        return Stream(self._port, "POST", self._headers(era, message), message)

    def ask(self, era: Era, method: str, params: Json) -> Any:
        """The answer to one request."""
        number = next(_numbers)
        stream = self.stream(era, request(era, number, method, params))
        try:
            while (message := stream.message()) is not None and "id" not in message:
                pass
        finally:
            stream.close()
        return message

    def listening(self, after: str = "") -> Stream:
        """The stream of the session; the one in which an event was, behind that."""
        sent = {"Accept": "text/event-stream", "MCP-Protocol-Version": HANDSHAKE_VERSION}
        sent |= {"Last-Event-ID": after} if after else {}
        return Stream(self._port, "GET", sent | self._token | {"Mcp-Session-Id": self.session or ""})

    def listen(self, *uris: str, number: int = _LISTEN, **more: Any) -> Stream:
        """A stream of its own, of version 2026-07-28."""
        wanted = {"resourceSubscriptions": list(uris), **more}
        return self.stream(
            "modern", request("modern", number, "subscriptions/listen", {"notifications": wanted})
        )


class Pipe:
    """A server on pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def begin(self) -> Self:
        params = {
            "protocolVersion": HANDSHAKE_VERSION,
            "capabilities": {},
            "clientInfo": {"name": "raw", "version": "1"},
        }
        self.capabilities = self.ask("handshake", "initialize", params)["result"]["capabilities"]
        self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self

    def write(self, message: Json) -> None:
        stdin = self.process.stdin
        assert stdin is not None
        stdin.write(json.dumps(message).encode() + b"\n")
        stdin.flush()

    def message(self) -> Any:
        stdout = self.process.stdout
        assert stdout is not None
        line = stdout.readline()
        return json.loads(line) if line else None

    def ask(self, era: Era, method: str, params: Json) -> Any:
        number = next(_numbers)
        self.write(request(era, number, method, params))
        while (message := self.message()) is not None and message.get("id") != number:
            pass
        return message

    def listen(self, *uris: str, number: int = _LISTEN) -> Pipe:
        wanted = {"notifications": {"resourceSubscriptions": list(uris)}}
        self.write(request("modern", number, "subscriptions/listen", wanted))
        return self


@contextlib.contextmanager
def piped(log: Path, *arguments: str | Path, extra: Mapping[str, str] | None = None) -> Iterator[Pipe]:
    """A server on pipes for the length of a `with`."""
    line = command("serve", *arguments, "--transport", "stdio")
    with (
        log.open("ab") as stderr,
        subprocess.Popen(
            line,
            env=environment(extra),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        ) as process,
    ):
        try:
            yield Pipe(process)
        finally:
            if process.stdin is not None and not process.stdin.closed:
                process.stdin.close()
            assert process.wait(GUARD) == 0, log.read_text()


class Watcher(Protocol):
    """Subscribed to some URIs; gives each that is said to have changed."""

    def changed(self) -> str:
        """The URI of the next notice."""


class _Noticed:
    def __init__(self, source: Any, subscription: object = None) -> None:
        self._source = source
        self._subscription = subscription

    def changed(self) -> str:
        message = self._source.message()
        assert message["method"] == "notifications/resources/updated", message
        meta = message["params"].get("_meta", {})
        assert meta.get("io.modelcontextprotocol/subscriptionId") == self._subscription
        return str(message["params"]["uri"])


def watcher(client: Http | Pipe, era: Era, *uris: str) -> Watcher:
    """Subscribe in the way of the era; all of them must be granted."""
    if era == "modern":
        stream = client.listen(*uris)
        said = stream.message()
        assert said["method"] == "notifications/subscriptions/acknowledged", said
        assert said["params"]["notifications"] == {"resourceSubscriptions": list(uris)}
        return _Noticed(stream, _LISTEN)
    client.begin()
    source = client.listening() if isinstance(client, Http) else client
    for uri in uris:
        assert client.ask("handshake", "resources/subscribe", {"uri": uri})["result"] == {}
    return _Noticed(source)


@contextlib.contextmanager
def serving(app: Any) -> Iterator[int]:
    """The port of an ASGI application that is served in this process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            close_streams()
            server.should_exit = True
            thread.join(60)

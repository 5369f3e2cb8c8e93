"""Two clients that are bytes and little else, so that their own cost does not hide the server's.

Requests are made beforehand, answers are read afterwards; in between the clients write, and look for ends.
"""

from __future__ import annotations

import selectors
import socket
import subprocess
import time
from collections import deque
from typing import Protocol

from benchmarks.compare import cases
from benchmarks.compare.cases import HANDSHAKE, Body, Era

__all__ = ["HttpWire", "StdioWire", "Wire"]

_CHUNK = 1024 * 1024
_IDLE = 2.0  # seconds
_GUARD = 60.0  # seconds without any byte, or until a server listens


class Wire(Protocol):
    """A connection, or several, with one server."""

    def begin(self) -> None:
        """Say what the era wants to be said first; wait until the server listens."""

    def prepared(self, numbers: list[int], body: Body) -> list[bytes]:
        """The requests, ready to be sent."""

    def open(self, width: int) -> None:
        """Be ready for `width` requests at a time."""

    def exchange(self, requests: list[bytes], width: int) -> list[bytes]:
        """Send them all, at most `width` unanswered at a time; what came back, as it came."""

    def messages(self, answers: list[bytes]) -> list[bytes]:
        """The JSON in what came back."""

    def close(self) -> None:
        """Let go."""


class StdioWire:
    """The pipes of a process."""

    def __init__(self, process: subprocess.Popen[bytes], era: Era) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._input, self._output = process.stdin, process.stdout
        self._era = era

    def begin(self) -> None:
        """The handshake, if the era has one."""
        if self._era == HANDSHAKE:
            self.exchange([cases.initialize() + b"\n"], 1)
            self._input.write(cases.initialized() + b"\n")

    def prepared(self, numbers: list[int], body: Body) -> list[bytes]:
        """One line a request."""
        return [cases.call(self._era, number, body) + b"\n" for number in numbers]

    def open(self, width: int) -> None:
        """Nothing: one pipe carries them all."""

    def exchange(self, requests: list[bytes], width: int) -> list[bytes]:
        """As many lines back as there are requests."""
        chunks: list[bytes] = []
        answered, sent, count = 0, min(width, len(requests)), len(requests)
        self._input.write(b"".join(requests[:sent]))
        while answered < count:
            chunk = self._output.read(_CHUNK)  # what is there: the pipe has no buffer of Python's
            if not chunk:
                raise SystemExit("the server ended")
            chunks.append(chunk)
            answered += chunk.count(b"\n")
            if sent < min(answered + width, count):
                self._input.write(b"".join(requests[sent : answered + width]))
                sent = min(answered + width, count)
        return chunks

    def messages(self, answers: list[bytes]) -> list[bytes]:
        """The lines."""
        return b"".join(answers).splitlines()

    def close(self) -> None:
        """End the server's input, by which it ends."""
        self._input.close()


class HttpWire:
    """Connections that are kept alive, one request at a time on each."""

    def __init__(self, port: int, era: Era, *, token: str | None) -> None:
        self._port = port
        self._era = era
        lines = [
            "POST /mcp HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Accept: application/json, text/event-stream",
        ]
        lines += ["Content-Type: application/json", f"MCP-Protocol-Version: {era}"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        self._head = "".join(f"{line}\r\n" for line in lines)
        self._sockets: list[socket.socket] = []
        self._used = 0.0  # when, by the monotonic clock

    def begin(self) -> None:
        """Connect as soon as the server listens, then the handshake, if the era has one."""
        give_up = time.monotonic() + _GUARD
        while not self._sockets:
            try:
                self._connect()
            except ConnectionRefusedError:
                if time.monotonic() > give_up:
                    raise SystemExit("the server does not listen") from None
                time.sleep(0.002)
        if self._era == HANDSHAKE:
            head = self.exchange([self._request(cases.initialize())], 1)[0].partition(b"\r\n\r\n")[0]
            session = [line for line in head.split(b"\r\n") if line.lower().startswith(b"mcp-session-id:")]
            self._head += f"{session[0].decode()}\r\n" if session else ""
            self.exchange([self._request(cases.initialized())], 1)

    def prepared(self, numbers: list[int], body: Body) -> list[bytes]:
        """One POST a request."""
        named = "" if self._era == HANDSHAKE else f"Mcp-Method: tools/call\r\nMcp-Name: {body.tool}\r\n"
        return [self._request(cases.call(self._era, number, body), named) for number in numbers]

    def list_request(self, number: int, cursor: str | None = None) -> bytes:
        """A request for the list of tools, or for its page at the cursor."""
        named = "" if self._era == HANDSHAKE else "Mcp-Method: tools/list\r\n"
        return self._request(cases.listing(self._era, number, cursor), named)

    def open(self, width: int) -> None:
        """Connect, and anew after a pause: servers close connections that are idle for a few seconds."""
        if time.monotonic() - self._used > _IDLE:
            self.close()
        while len(self._sockets) > width:  # else they would be idle, and closed when they are needed again
            self._sockets.pop().close()
        while len(self._sockets) < width:
            self._connect()

    def exchange(self, requests: list[bytes], width: int) -> list[bytes]:
        """Each connection sends its next request when it has its answer."""
        waiting = deque(requests)
        answers: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            for connection in self._sockets[: min(width, len(requests))]:
                selector.register(connection, selectors.EVENT_READ, (connection, _Response()))
                connection.sendall(waiting.popleft())
            while len(answers) < len(requests):
                ready = selector.select(_GUARD)
                if not ready:
                    raise SystemExit("the server does not answer")
                for key, _ in ready:
                    connection, response = key.data
                    if not response.feed(connection.recv(_CHUNK)):
                        continue
                    answers.append(response.whole())
                    if waiting:
                        connection.sendall(waiting.popleft())
        self._used = time.monotonic()
        return answers

    def messages(self, answers: list[bytes]) -> list[bytes]:
        """The JSON of each: the body, or the data of its only event."""
        return [_message(answer) for answer in answers]

    def close(self) -> None:
        """Close every connection."""
        for connection in self._sockets:
            connection.close()
        self._sockets.clear()

    def _connect(self) -> None:
        connection = socket.create_connection(("127.0.0.1", self._port), _GUARD)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets.append(connection)

    def _request(self, body: bytes, named: str = "") -> bytes:
        return f"{self._head}{named}Content-Length: {len(body)}\r\n\r\n".encode() + body


class _Response:
    """One response as it comes; after `whole` the next one of the connection."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._end = 0  # where it ends, when it says so beforehand; -1 when it comes in chunks

    def feed(self, data: bytes) -> bool:
        """Take what came; whether the response is whole."""
        if not data:
            raise SystemExit(f"the server closed the connection: {bytes(self._data)[:500]!r}")
        self._data += data
        if self._end == 0:
            self._end = self._found_end()
        if self._end == -1:
            return self._data.endswith(b"\r\n0\r\n\r\n")
        return 0 < self._end <= len(self._data)

    def whole(self) -> bytes:
        """The response."""
        data, self._data, self._end = bytes(self._data), bytearray(), 0
        return data

    def _found_end(self) -> int:
        close = self._data.find(b"\r\n\r\n")
        if close < 0:
            return 0
        for line in self._data[:close].lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return close + 4 + int(line[15:])
        return -1


def _message(response: bytes) -> bytes:
    head, _, body = response.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise SystemExit(f"the server refused: {response[:500]!r}")
    if b"transfer-encoding: chunked" in head.lower():
        body = _unchunked(body)
    if b"text/event-stream" not in head:
        return body
    data = [line[5:] for line in body.splitlines() if line.startswith(b"data:") and line != b"data: "]
    return data[-1]


def _unchunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    while True:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return b"".join(parts)
        parts.append(body[:length])
        body = body[length + 2 :]

"""HTTP/1.1 by hand: every byte of a request is the test's, also those that no client library would send."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from typing import Any

__all__ = ["Reply", "connected", "exchange", "message_bytes", "read_reply"]

_GUARD = 60.0


@dataclass(frozen=True)
class Reply:
    """What came back; status 0 when the connection ended without an answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def connected(port: int, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((host, port), timeout=_GUARD)


def exchange(port: int, sent: bytes, *, host: str = "127.0.0.1") -> Reply:
    """Send the bytes and read one answer, or the end."""
    with connected(port, host) as connection:
        # When the server had enough, its answer may wait all the same.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        return read_reply(connection)


def read_reply(connection: socket.socket) -> Reply:
    """One answer with a length or in chunks; what stands there when the server closes first."""
    with connection.makefile("rb") as file:
        try:
            line = file.readline()
            while line.startswith(b"HTTP/1.1 1"):
                file.readline()
                line = file.readline()
            head = b""
            while (each := file.readline()) not in {b"\r\n", b""}:
                head += each
        except ConnectionResetError:
            return Reply(0, Message(), b"")
        if not line:
            return Reply(0, Message(), b"")
        headers = BytesParser().parsebytes(head)
        if headers["transfer-encoding"] == "chunked":
            body = b""
            while size := int(file.readline() or b"0", 16):
                body += file.read(size)
                file.readline()
        else:
            body = file.read(int(headers["content-length"] or 0))
        return Reply(int(line.split()[1]), headers, body)


def message_bytes(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A well-formed request; headers with an empty value are left out."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value)]
    if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

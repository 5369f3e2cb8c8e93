"""The last look at a message that leaves: no known secret goes out, whatever made the message.

Results and errors of calls are clean when they come here. What a tool tells its client meanwhile (log messages,
progress, questions) and what describes the server (lists, instructions, the status of a task) never passes the pipeline.
"""

from __future__ import annotations

import json
from typing import Final

from starlette.types import Message, Send

from seawall.security.redact import KNOWN_SECRETS

__all__ = ["CLEAN", "CleanResponse", "without_secrets"]

CLEAN: Final = "seawall.clean"
"""In a message of ASGI with a body: that no secret is in it, by who made it (searched.py)."""

_CONTENT: Final = ("params", "result", "error")  # and not the id, which is the other side's


def without_secrets(message: bytes) -> bytes:
    """One JSON-RPC message without secrets in its content; the very same bytes when there are none in it."""
    if KNOWN_SECRETS.empty or KNOWN_SECRETS.data(message) is message:
        return message
    value = json.loads(message)
    if not isinstance(value, dict):
        return message
    clean = {name: KNOWN_SECRETS.value(value[name]) if name in _CONTENT else value[name] for name in value}
    return json.dumps(clean, separators=(",", ":")).encode() + (b"\n" if message.endswith(b"\n") else b"")


class CleanResponse:
    """Passes a response of the MCP path on, its messages without secrets: one as JSON, or one for each event."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None  # held back until it is known how long the JSON is
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take one message of ASGI."""
        if message["type"] == "http.response.start" and _is_json(message):
            self._start = message
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif self._start is not None and message.get(CLEAN):  # then every piece of this body is
            start, self._start = self._start, None
            await self._send(start)
            await self._send(message)
        elif self._start is None:
            body = message.get("body", b"")
            await self._send(message if message.get(CLEAN) else {**message, "body": _events(body)})
        elif self._body or message.get("more_body", False):
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._json(self._start, bytes(self._body))
        else:  # nearly always: all of it at once
            await self._json(self._start, message.get("body", b""))

    async def _json(self, start: Message, body: bytes) -> None:
        start, body = _cleaned(start, body)
        self._start = None
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def _cleaned(start: Message, body: bytes) -> tuple[Message, bytes]:
    clean = without_secrets(body)
    if clean is body:
        return start, body
    length = (b"content-length", str(len(clean)).encode())
    headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
    return {**start, "headers": [*headers, length]}, clean


def _is_json(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"application/json")
        for name, value in start.get("headers", ())
    )


def _events(chunk: bytes) -> bytes:
    """Server-sent events; the SDK sends each in one piece, its message on one line."""
    if KNOWN_SECRETS.empty or KNOWN_SECRETS.data(chunk) is chunk:
        return chunk
    return b"\n".join(_line(line) for line in chunk.split(b"\n"))


def _line(line: bytes) -> bytes:
    name, colon, value = line.partition(b":")
    message = value.strip()
    if name != b"data" or not message.startswith(b"{"):
        return line
    clean = without_secrets(message)
    return (
        line if clean is message else name + colon + b" " + clean + (b"\r" if line.endswith(b"\r") else b"")
    )

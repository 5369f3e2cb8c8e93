"""What is measured: the tools, the eras of the protocol, the ways to call; and the bytes of every request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["BODIES", "ERAS", "MODES", "TRANSPORTS", "Body", "Era", "Mode", "Side", "Transport"]

Era: TypeAlias = Literal["2025-11-25", "2026-07-28"]
Mode: TypeAlias = Literal["one by one", "together"]
Side: TypeAlias = Literal["bare", "seawall"]
Transport: TypeAlias = Literal["stdio", "http"]

ERAS: tuple[Era, ...] = ("2025-11-25", "2026-07-28")
MODES: tuple[Mode, ...] = ("one by one", "together")
TRANSPORTS: tuple[Transport, ...] = ("stdio", "http")
HANDSHAKE: Era = "2025-11-25"
"""The version with an `initialize` handshake; in the other each request says all that a server needs to know."""

_CLIENT = {"name": "lean", "version": "1"}
_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": _CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}


@dataclass(frozen=True)
class Body:
    """A tool, how it is called, and what must stand in its answer."""

    label: str
    tool: str
    answer: str
    arguments: dict[str, Any] = field(default_factory=dict)


BODIES = (
    Body("`def add(a, b)`", "add", "5", {"a": 2, "b": 3}),
    Body("`async def add(a, b)`", "add_async", "5", {"a": 2, "b": 3}),
    Body("read a small file (`def`)", "read_note", "20  The tide comes in"),
    Body("64 KiB of text (`async def`)", "long_text", "The tide comes in"),
)


def call(era: Era, number: int, body: Body) -> bytes:
    """A `tools/call`."""
    return _request(era, number, "tools/call", {"name": body.tool, "arguments": body.arguments})


def listing(era: Era, number: int, cursor: str | None = None) -> bytes:
    """A `tools/list`, or one for the page at the cursor."""
    return _request(era, number, "tools/list", {} if cursor is None else {"cursor": cursor})


def _request(era: Era, number: int, method: str, params: dict[str, Any]) -> bytes:
    if era != HANDSHAKE:
        params = {**params, "_meta": _META}
    return encoded({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def initialize() -> bytes:
    """The handshake's request."""
    params = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": _CLIENT}
    return encoded({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})


def initialized() -> bytes:
    """The handshake's end."""
    return encoded({"jsonrpc": "2.0", "method": "notifications/initialized"})


def encoded(message: dict[str, Any]) -> bytes:
    """The message as bytes without a newline."""
    return json.dumps(message, separators=(",", ":")).encode()


def check(answers: list[bytes], numbers: list[int], body: Body) -> None:
    """Read every answer: a server that answers wrongly is not fast.

    Raises:
        SystemExit: one is missing, is an error, or says something else.
    """
    parsed = [json.loads(answer) for answer in answers]
    if sorted(message.get("id") for message in parsed) != numbers:
        raise SystemExit(f"{body.tool}: {len(answers)} answers to {len(numbers)} requests, or to others")
    for message in parsed:
        result = message.get("result")
        if result is None or result.get("isError") or body.answer not in result["content"][0]["text"]:
            raise SystemExit(f"{body.tool}: a wrong answer: {str(message)[:500]}")

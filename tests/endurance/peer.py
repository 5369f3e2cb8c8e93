"""One MCP client of the soak: a principal, an era, a connection; and the tally of what happened to it."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from endurance.http_client import Connection, Response
from support.clients import Era
from support.clients.raw import HANDSHAKE_VERSION, headers, request
from support.raw_http import message_bytes

__all__ = ["POLITE", "BrokenPromiseError", "Peer", "RefusedError", "SessionGoneError", "Tally", "code"]

_MOST_FAULTS = 50
POLITE = frozenset({"rate_limited", "overloaded"})
"""Codes of errors that ask the caller to come again."""


class BrokenPromiseError(Exception):
    """The server did what it must not do."""


class SessionGoneError(BrokenPromiseError):
    """The session has ended, which only those may see who have many."""


class RefusedError(Exception):
    """The server asked politely to come again."""


@dataclass
class Tally:
    """What happened to the clients of one process.

    Attributes:
        counts: by kind of happening.
        statuses: of HTTP answers.
        faults: broken promises, in words; the first of them.
    """

    counts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def fault(self, words: str) -> None:
        """A promise is broken."""
        self.counts["faults"] += 1
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(words)


class Peer:
    """Speaks MCP for one principal, every message checked for being the answer to the question."""

    def __init__(self, port: int, name: str, token: str, *, era: Era, tally: Tally) -> None:
        self.port = port
        self.name = name
        self.era: Era = era
        self.tally = tally
        self.connection = Connection(port)
        self.session = ""
        self._token = token
        self._numbers = itertools.count(1)  # every client uses the same ones

    async def open(self) -> None:
        """Shake hands, where the era does so."""
        if self.era == "modern":
            return
        identity = {"name": "soak", "version": "1"}
        opening = {"protocolVersion": HANDSHAKE_VERSION, "capabilities": {}, "clientInfo": identity}
        self.session = ""
        response = await self.ask(request("handshake", next(self._numbers), "initialize", opening))
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RefusedError("sessions")
        if response.status != HTTPStatus.OK or "mcp-session-id" not in response.headers:
            raise BrokenPromiseError(f"no session was opened: {response}")
        self.session = response.headers["mcp-session-id"]
        accepted = await self.ask({"jsonrpc": "2.0", "method": "notifications/initialized"})
        self.expect(accepted, HTTPStatus.ACCEPTED)

    async def close(self) -> None:
        """End the session and the connection."""
        if self.session:
            await self.connection.exchange(self.bytes(None, method="DELETE"))
        await self.connection.close()

    def request(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The next request."""
        return request(self.era, next(self._numbers), method, params)

    def bytes(
        self,
        message: object,
        *,
        method: str = "POST",
        body: bytes | None = None,
        lines: dict[str, str] | None = None,
    ) -> bytes:
        """The message as it goes over the wire; `body` and `lines` replace what would be good ones."""
        usual = {"Host": "127.0.0.1", "Authorization": f"Bearer {self._token}"}
        if self.session:
            usual["Mcp-Session-Id"] = self.session
        known = message if isinstance(message, dict) and "method" in message else {"method": ""}
        if self.era == "modern" and "params" not in known:
            usual |= {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
            usual |= {"MCP-Protocol-Version": "2026-07-28"}
        else:
            usual |= headers(self.era, known)
        content = body if body is not None else b"" if message is None else json.dumps(message).encode()
        return message_bytes(method, "/mcp", usual | (lines or {}), content)

    async def ask(self, message: object, **changed: Any) -> Response:
        """Send it and take the answer, whatever it is; `changed` as for `bytes`."""
        return self.counted(await self.connection.exchange(self.bytes(message, **changed)))

    def counted(self, response: Response) -> Response:
        """Count an answer by its status: none may be the server's fault."""
        self.tally.statuses[response.status] += 1
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.tally.fault(f"{self.name}: {response.status} {response.body[:300]!r}")
        return response

    def expect(self, response: Response, status: int) -> Response:
        """The response, when it has that status."""
        if response.status != status:
            if response.status == HTTPStatus.NOT_FOUND and self.session:
                raise SessionGoneError(f"{self.name}: the session has ended")
            raise BrokenPromiseError(f"{response.status} instead of {status}: {response.body[:300]!r}")
        return response

    async def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """The result of a tool.

        Raises:
            RefusedError: the caller is asked to come again.
            BrokenPromiseError: the answer is none.
        """
        message = self.request("tools/call", {"name": tool, "arguments": arguments})
        return self.result(await self.ask(message), message)

    def result(self, response: Response, message: dict[str, Any]) -> dict[str, Any]:
        """The result in a response to that message; errors as for `call`."""
        self.expect(response, HTTPStatus.OK)
        try:
            answer = response.answer(message["id"])
        except (LookupError, ValueError) as error:
            raise BrokenPromiseError(str(error)) from error
        if "result" not in answer:
            raise BrokenPromiseError(f"{message['params']} got {answer}")
        result: dict[str, Any] = answer["result"]
        reason = code(result)
        if reason in POLITE:
            raise RefusedError(reason)
        return result


def code(result: dict[str, Any]) -> str | None:
    """The code of an error result."""
    if not result.get("isError"):
        return None
    found: str = ((result.get("_meta") or {}).get("io.github.seawall/error") or {}).get("code", "unknown")
    return found

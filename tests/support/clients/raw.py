"""A client that is nothing but JSON lines, written from the specification: every byte on the wire is visible here.

Specification: https://modelcontextprotocol.io/specification, versions 2025-11-25 (handshake) and 2026-07-28 (modern).
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

import anyio
import httpx2
from anyio.abc import ByteReceiveStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream

from support.clients.interface import (
    Answer,
    Client,
    Endpoint,
    Era,
    Json,
    answer_from_result,
    offers_from_listings,
    text_of_contents,
    text_of_messages,
    tool_from_listing,
)

__all__ = ["HANDSHAKE_VERSION", "MODERN_VERSION", "connect", "headers", "request"]

HANDSHAKE_VERSION = "2025-11-25"
MODERN_VERSION = "2026-07-28"
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The parameter that the header Mcp-Name repeats."""
_IDENTITY = {"name": "raw", "version": "1"}
_LONGEST_LINE = 64 * 2**20
_GUARD = 300.0


def request(era: Era, number: int, method: str, params: Json | None = None) -> Json:
    """One JSON-RPC request; a modern one says in `_meta` what a handshake would have said once."""
    params = dict(params or {})
    if era == "modern":
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
            "io.modelcontextprotocol/clientInfo": _IDENTITY,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def headers(era: Era, message: Json) -> dict[str, str]:
    """The HTTP headers that go with a message."""
    common = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    if era == "handshake":
        return common | (
            {} if message["method"] == "initialize" else {"MCP-Protocol-Version": HANDSHAKE_VERSION}
        )
    key = _NAMED.get(message["method"])
    named = {"Mcp-Name": message["params"][key]} if key else {}
    return common | {"MCP-Protocol-Version": MODERN_VERSION, "Mcp-Method": message["method"]} | named


class _Wire(Protocol):
    """Carries messages. Closing the generator that `ask` returns drops the rest of the exchange."""

    def ask(self, message: Json) -> AsyncGenerator[Json, None]:
        """Send a request and give what arrives for it, up to and including its response."""

    async def tell(self, message: Json) -> None:
        """Send a notification."""


class _Stdio:
    def __init__(self, process: Process, stdout: ByteReceiveStream) -> None:
        self._process = process
        self._lines = BufferedByteReceiveStream(stdout)

    async def tell(self, message: Json) -> None:
        assert self._process.stdin is not None
        await self._process.stdin.send(json.dumps(message).encode() + b"\n")

    async def ask(self, message: Json) -> AsyncGenerator[Json, None]:
        await self.tell(message)
        while True:
            received = json.loads(await self._lines.receive_until(b"\n", _LONGEST_LINE))
            yield received
            if received.get("id") == message["id"]:
                return


class _Http:
    def __init__(self, client: httpx2.AsyncClient, url: str, era: Era) -> None:
        self._client = client
        self._url = url
        self._era = era
        self._session: dict[str, str] = {}

    async def tell(self, message: Json) -> None:
        response = await self._client.post(
            self._url, json=message, headers=headers(self._era, message) | self._session
        )
        assert response.status_code == 202, response.text

    async def ask(self, message: Json) -> AsyncGenerator[Json, None]:
        sent = headers(self._era, message) | self._session
        async with self._client.stream("POST", self._url, json=message, headers=sent) as response:
            if "mcp-session-id" in response.headers:
                self._session = {"Mcp-Session-Id": response.headers["mcp-session-id"]}
            if response.headers["content-type"].startswith("application/json"):
                yield json.loads(await response.aread())
                return
            async for line in response.aiter_lines():
                if line.startswith("data:") and line != "data:":
                    yield json.loads(line.removeprefix("data:"))


class _Connection:
    def __init__(self, wire: _Wire, era: Era, *, cancels_by_closing: bool) -> None:
        self._wire = wire
        self._era = era
        self._cancels_by_closing = cancels_by_closing
        self._numbers = itertools.count(1)

    async def initialize(self) -> None:
        params = {"protocolVersion": HANDSHAKE_VERSION, "capabilities": {}, "clientInfo": _IDENTITY}
        response = await self._response(request("handshake", next(self._numbers), "initialize", params))
        assert response["result"]["protocolVersion"] == HANDSHAKE_VERSION
        await self._wire.tell({"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def _response(self, message: Json) -> Json:
        async with contextlib.aclosing(self._wire.ask(message)) as messages:
            async for received in messages:
                if received.get("id") == message["id"]:
                    return received
        raise AssertionError(f"the exchange ended without a response to {message}")

    async def list_tools(self) -> list[Json]:
        return [tool_from_listing(tool) for tool in await self._pages("tools/list", "tools")]

    async def list_offers(self) -> set[str]:
        return offers_from_listings(
            await self._pages("prompts/list", "prompts"),
            await self._pages("resources/list", "resources"),
            await self._pages("resources/templates/list", "resourceTemplates"),
        )

    async def prompt(self, name: str, arguments: dict[str, str]) -> str:
        return text_of_messages(await self._result("prompts/get", {"name": name, "arguments": arguments}))

    async def read(self, uri: str) -> str:
        return text_of_contents(await self._result("resources/read", {"uri": uri}))

    async def complete(self, reference: Json, argument: str, value: str) -> list[str]:
        params = {"ref": reference, "argument": {"name": argument, "value": value}}
        values: list[str] = (await self._result("completion/complete", params))["completion"]["values"]
        return values

    async def _result(self, method: str, params: Json) -> Json:
        response = await self._response(request(self._era, next(self._numbers), method, params))
        assert "result" in response, response
        result: Json = response["result"]
        return result

    async def _pages(self, method: str, key: str) -> list[Json]:
        found: list[Json] = []
        params: Json = {}
        while True:
            result = await self._result(method, params)
            found += result[key]
            if "nextCursor" not in result:
                return found
            params = {"cursor": result["nextCursor"]}

    async def call(
        self, name: str, arguments: Json | None = None, *, cancel_after: float | None = None
    ) -> Answer:
        params = {"name": name, "arguments": arguments or {}}
        message = request(self._era, next(self._numbers), "tools/call", params)
        if cancel_after is None:
            return _answer(await self._response(message))
        return await self._cancelled_call(message, cancel_after)

    async def _cancelled_call(self, message: Json, after: float) -> Answer:
        """Cancel as the specification says: a notification, but over modern HTTP by closing the response stream."""
        if self._cancels_by_closing:
            with anyio.move_on_after(after):
                return _answer(await self._response(message))
            return Answer("cancelled")
        answers: list[Answer] = []

        async def ask() -> None:
            answers.append(_answer(await self._response(message)))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await anyio.sleep(after)
            if answers:
                return answers[0]
            notice = {"requestId": message["id"], "reason": "the test asks for it"}
            await self._wire.tell({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": notice})
            # A server need not answer a cancelled request, so this client stops waiting for it.
            group.cancel_scope.cancel()
        return Answer("cancelled")


def _answer(response: Json) -> Answer:
    if "error" in response:
        return Answer("error", {"code": response["error"]["code"], "message": response["error"]["message"]})
    return answer_from_result(response["result"])


@contextlib.asynccontextmanager
async def connect(endpoint: Endpoint, era: Era) -> AsyncIterator[Client]:
    async with _wire(endpoint, era) as wire:
        connection = _Connection(wire, era, cancels_by_closing=era == "modern" and bool(endpoint.url))
        if era == "handshake":
            await connection.initialize()
        yield connection


@contextlib.asynccontextmanager
async def _wire(endpoint: Endpoint, era: Era) -> AsyncIterator[_Wire]:
    if endpoint.url:
        async with httpx2.AsyncClient(timeout=_GUARD) as client:
            yield _Http(client, endpoint.url, era)
        return
    with endpoint.log.open("ab") as log:
        process = await anyio.open_process(endpoint.command, stderr=log, env=dict(endpoint.environment))
    async with process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield _Stdio(process, process.stdout)
        await process.stdin.aclose()
        with anyio.fail_after(_GUARD):
            assert await process.wait() == 0

"""The direct lane answers as the SDK does, refuses what it refuses, and ends a call when its client goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.event_store import EventStore
from fastmcp.server.http import FastMCPStreamableHTTPSessionManager, StreamableHTTPASGIApp
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.server.transport_security import TransportSecuritySettings

from seawall.runtime.http import events
from seawall.runtime.http.lane import DirectLane
from seawall.runtime.http.request_message import MESSAGE
from seawall.runtime.wire.messages import Fault, parse
from support.clients.raw import headers, request

pytestmark = pytest.mark.anyio

GUARD = 20
Headers = list[tuple[bytes, bytes]]


@dataclass
class World:
    """A server, asked through the lane and past it."""

    endpoint: StreamableHTTPASGIApp
    lane: DirectLane
    started: asyncio.Event = field(default_factory=asyncio.Event)
    ended: list[str] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, app: Any, sent: Headers, body: bytes, gone: asyncio.Event | None = None) -> list[Any]:
        """What it sends to a client that stays, or goes when it is told to."""
        messages: list[Any] = []
        whole = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if whole:
                return whole.pop()
            await (gone or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            messages.append(message)

        scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": "/mcp",
            "headers": sent,
            "query_string": b"",
            "server": ("127.0.0.1", 1),
            "client": ("127.0.0.1", 2),
        }
        if not isinstance(parsed := parse(body), Fault):
            scope[MESSAGE] = parsed
        async with asyncio.timeout(GUARD):
            await app(scope, receive, send)
        task = asyncio.current_task()
        assert task is not None
        assert not task.cancelling()  # the server goes on with this task
        return messages


@asynccontextmanager
async def world(store: EventStore | None = None) -> AsyncIterator[World]:
    """A server with tools that do what a server may do to its client."""
    mcp = FastMCP("x", mask_error_details=True)

    @mcp.tool
    async def data(given: str | None = None) -> dict[str, Any]:
        return {"given": given, "none": None, "text": "gr\u00fcn \u2028"}

    @mcp.tool
    async def fails(word: str) -> str:
        raise ToolError(word)

    @mcp.tool
    async def tells(ctx: Context) -> str:
        await ctx.report_progress(1, 2, "half")
        await ctx.info("so far, so good")
        return "told"

    @mcp.tool
    async def holds() -> str:
        here.started.set()
        try:
            await here.go_on.wait()
        except asyncio.CancelledError:
            here.ended.append("cancelled")
            raise
        here.ended.append("went on")
        here.over.set()
        return "held"

    manager = FastMCPStreamableHTTPSessionManager(
        app=mcp._mcp_server,
        event_store=store,
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    mcp._mcp_server.get_tool_input_schema = lambda _name: None  # as on a server where nothing is mirrored
    endpoint = StreamableHTTPASGIApp(manager)
    here = World(endpoint, DirectLane(endpoint, lambda: endpoint.session_manager, single=True))
    async with manager.run():
        yield here


def asking(method: str, **params: object) -> tuple[Headers, bytes]:
    """A request that stands alone: its headers and its body."""
    message = request("modern", 7, method, params)
    if method == "tools/call":
        message["params"]["_meta"]["progressToken"] = "p"
    named = headers("modern", message)
    return [(name.lower().encode(), value.encode()) for name, value in named.items()], json.dumps(
        message
    ).encode()


def call(tool: str, **arguments: object) -> tuple[Headers, bytes]:
    return asking("tools/call", name=tool, arguments=arguments)


def said(messages: list[Any]) -> tuple[int, str, list[Any]]:
    """Status, media type and the messages of an answer."""
    start, *parts = messages
    assert [part.get("more_body", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    body = b"".join(part.get("body", b"") for part in parts)
    kind = dict(start["headers"]).get(b"content-type", b"").decode()
    if kind.startswith("text/event-stream"):
        lines = [line for line in body.split(b"\r\n") if line.startswith(b"data:")]
        return start["status"], kind.partition(";")[0], [json.loads(line[5:]) for line in lines]
    return start["status"], kind, [json.loads(body)] if kind == "application/json" else [body]


OF_CALL, CALL = call("data", given="x")


def without(name: bytes, *, value: bytes | None = None) -> Headers:
    changed = [each for each in OF_CALL if each[0] != name]
    return changed if value is None else [*changed, (name, value)]


def changed(**parts: object) -> bytes:
    return json.dumps(json.loads(CALL) | parts).encode()


CASES = {
    "a result": (OF_CALL, CALL),
    "nothing given": call("data"),
    "an error of the tool": call("fails", word="so"),
    "arguments that do not fit": call("fails", word=1),
    "an unknown tool": call("nobody"),
    "what is told meanwhile": call("tells"),
    "a list": asking("tools/list"),
    "a list from somewhere": asking("tools/list", cursor="x"),
    "another method": asking("prompts/list"),
    "no such method": asking("tools/nothing"),
    "no name": (without(b"mcp-name"), CALL),
    "another name": (without(b"mcp-name", value=b"fails"), CALL),
    "another method in the header": (without(b"mcp-method", value=b"tools/list"), CALL),
    "a name twice": ([*OF_CALL, (b"mcp-name", b"data")], CALL),
    "a version twice": ([*OF_CALL, (b"mcp-protocol-version", b"2025-11-25")], CALL),
    "another version inside": (OF_CALL, CALL.replace(b"2026-07-28", b"2026-07-29")),
    "a version that nobody knows": (without(b"mcp-protocol-version", value=b"2099-01-01"), CALL),
    "only JSON accepted": (without(b"accept", value=b"application/json"), CALL),
    "only events accepted": (without(b"accept", value=b"text/event-stream"), CALL),
    "another media type": (without(b"content-type", value=b"text/plain"), CALL),
    "no envelope": (OF_CALL, changed(params={"name": "data", "arguments": {}})),
    "no parameters": (OF_CALL, changed(params=None)),
    "arguments that are no object": (
        OF_CALL,
        changed(params=json.loads(CALL)["params"] | {"arguments": [1]}),
    ),
    "too large": call("data", given="x" * 5_000_000),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_lane_answers_as_the_sdk_does(case: str) -> None:
    sent, body = CASES[case]
    async with world() as here:
        assert said(await here.ask(here.lane, sent, body)) == said(await here.ask(here.endpoint, sent, body))


async def test_a_call_ends_when_its_client_goes() -> None:
    """Closing the stream is how a client of this version cancels (specification 2026-07-28, Cancellation)."""
    async with world() as here:
        gone = asyncio.Event()
        answer = asyncio.ensure_future(here.ask(here.lane, *call("holds"), gone))
        await here.started.wait()
        gone.set()
        assert await answer == []
        assert here.ended == ["cancelled"]


async def test_who_ends_the_server_ends_the_call() -> None:
    async with world() as here:
        answer = asyncio.ensure_future(here.ask(here.lane, *call("holds")))
        await here.started.wait()
        answer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answer
        assert here.ended == ["cancelled"]


async def test_a_long_call_becomes_a_stream_that_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_SILENCE", 0.02)
    async with world() as here:
        answer = asyncio.ensure_future(here.ask(here.lane, *call("holds")))
        await here.started.wait()
        await asyncio.sleep(0.1)
        here.go_on.set()
        messages = await answer
        assert b": ping\r\n\r\n" in {part.get("body") for part in messages}
        status, kind, [told] = said(messages)
        assert (status, kind, told["result"]["content"][0]["text"]) == (200, "text/event-stream", "held")


async def test_the_body_can_still_be_read_by_who_has_the_request() -> None:
    """Tools get the request from their context, as they do from the SDK."""
    mcp = FastMCP("x")

    @mcp.tool
    async def size(ctx: Context) -> int:
        assert ctx.request_context is not None
        assert ctx.request_context.request is not None
        return len(await ctx.request_context.request.body())

    async with world() as here:
        manager = FastMCPStreamableHTTPSessionManager(
            app=mcp._mcp_server,
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        endpoint = StreamableHTTPASGIApp(manager)
        lane = DirectLane(endpoint, lambda: endpoint.session_manager, single=True)
        async with manager.run():
            sent, body = call("size")
            *_, [answer] = said(await here.ask(lane, sent, body))
            assert answer["result"]["structuredContent"] == {"result": len(body)}


@asynccontextmanager
async def session(here: World) -> AsyncIterator[tuple[Headers, StreamableHTTPServerTransport]]:
    """The headers of a session that is open, and the SDK's side of it."""
    params = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    }
    opening = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}).encode()
    plain: Headers = [
        (b"accept", b"application/json, text/event-stream"),
        (b"content-type", b"application/json"),
    ]
    start, *_ = await here.ask(here.endpoint, plain, opening)
    key = dict(start["headers"])[b"mcp-session-id"]
    inside: Headers = [*plain, (b"mcp-session-id", key), (b"mcp-protocol-version", b"2025-11-25")]
    ready = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode()
    await here.ask(here.endpoint, inside, ready)
    manager = here.endpoint.session_manager
    assert manager is not None
    yield inside, manager._server_instances[key.decode()]


def in_session(tool: str, **arguments: object) -> bytes:
    params: dict[str, Any] = {"name": tool, "arguments": arguments, "_meta": {"progressToken": "p"}}
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).encode()


SESSION_CASES = {
    "a result": in_session("data", given="x"),
    "an error of the tool": in_session("fails", word="so"),
    "arguments that do not fit": in_session("fails", word=1),
    "an unknown tool": in_session("nobody"),
    "what is told meanwhile": in_session("tells"),
    "a list": json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode(),
    "another method": json.dumps({"jsonrpc": "2.0", "id": 1, "method": "prompts/list"}).encode(),
    "no such method": json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/nothing"}).encode(),
    "no parameters": json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call"}).encode(),
}


@pytest.mark.parametrize("case", SESSION_CASES)
async def test_the_lane_of_sessions_answers_as_the_sdk_does(case: str) -> None:
    body = SESSION_CASES[case]
    async with world() as here, session(here) as (inside, transport):
        by_sdk = await here.ask(here.endpoint, inside, body)
        by_lane = await here.ask(here.lane, inside, body)
        assert said(by_lane) == said(by_sdk)
        names = [b"cache-control", b"connection", b"content-type", b"mcp-session-id", b"x-accel-buffering"]
        heads = [dict(messages[0]["headers"]) for messages in (by_lane, by_sdk)]
        mine, theirs = ([head[name].partition(b";")[0] for name in names if name in head] for head in heads)
        assert mine == theirs
        assert not transport._request_streams


@pytest.mark.parametrize(
    "wrong",
    [(b"accept", b"application/json"), (b"content-type", b"text/plain"), (b"mcp-session-id", b"0" * 32)],
)
async def test_what_the_sdk_refuses_in_a_session_it_refuses_itself(wrong: tuple[bytes, bytes]) -> None:
    body = in_session("data")
    async with world() as here, session(here) as (inside, _):
        sent = [each for each in inside if each[0] != wrong[0]] + [wrong]
        await here.ask(here.lane, inside, body)  # the lane is open
        by_lane, by_sdk = [await here.ask(app, sent, body) for app in (here.lane, here.endpoint)]
        assert said(by_lane) == said(by_sdk)
        assert by_lane[0]["status"] >= 400


async def test_a_call_of_a_session_goes_on_when_its_client_goes() -> None:
    """There a client says that it cancels (specification 2025-11-25, Transports)."""
    async with world() as here, session(here) as (inside, transport):
        gone = asyncio.Event()
        answer = asyncio.ensure_future(here.ask(here.lane, inside, in_session("holds"), gone))
        await here.started.wait()
        gone.set()
        await answer
        assert not transport._request_streams
        here.go_on.set()
        async with asyncio.timeout(GUARD):
            await here.over.wait()
        assert here.ended == ["went on"]
        assert said(await here.ask(here.lane, inside, in_session("data")))[0] == 200


async def test_a_cancelled_call_of_a_session_gets_its_answer() -> None:
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
    async with world() as here, session(here) as (inside, _):
        answer = asyncio.ensure_future(here.ask(here.lane, inside, in_session("holds")))
        await here.started.wait()
        await here.ask(here.lane, inside, json.dumps(cancel).encode())
        *_, [told] = said(await answer)
        assert told["error"]["message"] == "Request cancelled"
        assert here.ended == ["cancelled"]


async def test_the_end_of_a_session_ends_its_streams() -> None:
    async with world() as here, session(here) as (inside, transport):
        answer = asyncio.ensure_future(here.ask(here.lane, inside, in_session("holds")))
        await here.started.wait()
        await transport.terminate()
        start, end = await answer
        assert (start["status"], end["body"], end["more_body"]) == (200, b"", False)


async def test_a_stream_that_can_be_taken_up_again_stays_with_the_sdk() -> None:
    """Its events have ids, under which they are kept."""
    async with world(EventStore()) as here, session(here) as (inside, _):
        _, first, *_ = await here.ask(here.lane, inside, in_session("data"))
        assert first["body"].startswith(b"id: ")

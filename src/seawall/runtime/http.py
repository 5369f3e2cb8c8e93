"""Serving over HTTP: FastMCP's application behind a door of our own, on sockets that were bound beforehand."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seawall.errors import UnsafeError
from seawall.runtime.addresses import loopback_listener, require_loopback
from seawall.runtime.health import PATHS, Health
from seawall.runtime.served import Served, started
from seawall.runtime.signals import on_end_signals

__all__ = ["MCP_PATH", "HttpApp", "http_app", "require_loopback", "serve_http"]

MCP_PATH = "/mcp"

_LONGEST_GOODBYE = 30.0  # seconds that calls under way have to end after a signal


class HttpApp:
    """The outer ASGI application: health paths, and FastMCP for all else, its lifespan included.

    When the server closes, streams that a client holds open to listen (GET) are ended at once; calls under way
    (POST) go on. Without that, one listening client would hold the shutdown up to its limit.
    """

    def __init__(self, inner: ASGIApp, health: Health, *, allowed_origins: Iterable[str] = ()) -> None:
        self._inner = inner
        self._health = health
        self._allowed_origins = frozenset(origin.rstrip("/").lower() for origin in allowed_origins)
        self._listening: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Be not ready any more, and end the streams that only listen."""
        self._health.closing = True
        for task in self._listening:
            task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event of ASGI 3."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
        elif scope["path"] in PATHS:
            await self._health(scope, receive, send)
        elif not self._own_origin(scope):
            await PlainTextResponse("Forbidden Origin", status_code=403)(scope, receive, send)
        elif scope["method"] == "GET":
            await self._listen(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    def _own_origin(self, scope: Scope) -> bool:
        """Whether the request comes from no web page, from one of this very server, or from an allowed one.

        FastMCP's own check lets pages of every other port of this machine in; by RFC 6454 those are foreign.
        """
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        own = f"{scope['scheme']}://{headers.get('host', '')}".lower()
        return all(origin.lower() == own or origin.lower() in self._allowed_origins for origin in origins)

    async def _listen(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a GET in a task of its own, which `close` can end without harm to the connection's task."""
        task = asyncio.ensure_future(self._serve(scope, receive, send))
        self._listening.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._listening.discard(task)
            task.cancel()
        if not task.cancelled():
            task.result()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and when the shutdown cancels it, complete the response that was begun."""
        response = _Response(send)
        try:
            await self._inner(scope, receive, response.send)
        except asyncio.CancelledError:
            if not self._health.closing:
                raise
            await response.complete()


class _Response:
    """Keeps count of how far a response is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False
        self._complete = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
        elif message["type"] == "http.response.body":
            self._complete = not message.get("more_body", False)
        await self._send(message)

    async def complete(self) -> None:
        """End it, so that the client sees an end and not a broken connection."""
        if self._complete:
            return
        if not self._begun:
            await self._send({"type": "http.response.start", "status": 503, "headers": []})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def http_app(served: Served) -> HttpApp:
    """The server as an ASGI application: MCP at `/mcp`, and `/livez` and `/readyz` for those who run it.

    Requests to all other paths than those two must name a host and an origin that the blueprint allows: without
    that, any web page could reach a server on loopback by DNS rebinding. Loopback names are always allowed.

    Raises:
        UnsafeError: `http.allowed_hosts` or `http.allowed_origins` allows everything.
    """
    settings = served.http
    if "*" in {*settings.allowed_hosts, *settings.allowed_origins}:
        raise UnsafeError(
            'http.allowed_hosts and http.allowed_origins must not hold "*": any web page could then call the tools.',
            hint="Name the hosts and origins.",
        )
    inner = served.mcp.http_app(
        path=MCP_PATH,
        transport="http",
        stateless_http=False,
        json_response=False,
        host_origin_protection=True,
        allowed_hosts=[*settings.allowed_hosts, settings.host],
        allowed_origins=list(settings.allowed_origins),
        event_store=settings.event_store,
        retry_interval=settings.retry_interval,
    )
    return HttpApp(inner, Health(served.toolsets), allowed_origins=settings.allowed_origins)


async def serve_http(served: Served, *, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        served: the server.
        ready: called with the URL of the MCP path once it answers.

    Raises:
        UnsafeError: `http.host` is not loopback.
        StartError: the port cannot be had, or a toolset cannot start.
    """
    listener = await loopback_listener(served.http.host, served.http.port)
    try:
        async with started(served):
            app = http_app(served)
            config = uvicorn.Config(
                app,
                lifespan="on",
                ws="none",
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=math.ceil(min(_LONGEST_GOODBYE, served.request_timeout)),
            )
            server = _Server(config, ended=app.close, ready=lambda: ready(f"{listener.origin}{MCP_PATH}"))
            await server.serve(sockets=listener.sockets)
    finally:
        listener.close()


class _Server(uvicorn.Server):
    """uvicorn, but for signals: its own handling sends the signal once more after an orderly end."""

    def __init__(
        self, config: uvicorn.Config, *, ended: Callable[[], None], ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ended = ended
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in order at the first signal."""
        with on_end_signals(self._end):
            yield

    def _end(self) -> None:
        self.should_exit = True
        self._ended()

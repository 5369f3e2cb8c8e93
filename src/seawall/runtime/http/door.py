"""What every HTTP request passes before FastMCP sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seawall.blueprint.auth import host_is_loopback
from seawall.blueprint.http import HttpSection
from seawall.runtime.http.closing import CLOSING, Work, begins_work
from seawall.runtime.http.crowd import CROWDED
from seawall.runtime.http.health import PATHS, Health
from seawall.runtime.http.hosts import is_well_formed
from seawall.runtime.http.refusals import Refusal, refuse
from seawall.runtime.http.request_limits import BoundedBody, head_refusal
from seawall.runtime.http.request_message import MessageBody, NotAMessageError, UsedIds
from seawall.runtime.http.scrape import Scrape, from_this_machine
from seawall.runtime.metrics import PATH as METRICS_PATH
from seawall.runtime.metrics import Metrics, Refused
from seawall.runtime.wire.farewell import CleanResponse
from seawall.security.redact import KNOWN_SECRETS

__all__ = ["MCP_PATH", "HttpApp"]

MCP_PATH: Final = "/mcp"

_CROWDED: Final = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections. Try again in a moment.", retry_after=1, close=True
)
_NO_HOST: Final = Refusal(HTTPStatus.BAD_REQUEST, "The Host header names no host.", close=True)
_FOREIGN_ORIGIN: Final = Refusal(HTTPStatus.FORBIDDEN, "Forbidden Origin")
_REASONS: Final[dict[int, Refused]] = {401: "unauthenticated", 403: "insufficient_scope", 421: "host"}


class HttpApp:
    """The outer ASGI application: health paths, metrics, limits, and FastMCP for all else, its lifespan included.

    When the server closes, streams that a client holds open to listen (GET) are ended at once; calls under way
    (POST) go on, and new ones are told to come again. Without that, one listening client would hold the shutdown
    up to its limit.

    Attributes:
        work: the requests under way.
    """

    def __init__(
        self,
        inner: ASGIApp,
        health: Health,
        *,
        settings: HttpSection,
        metrics: Metrics,
        origins: Iterable[str] = (),
        realm: str = "mcp",
    ) -> None:
        self.work = Work()
        self._inner = inner
        self._health = health
        self._settings = settings
        self._metrics = metrics
        self._scrape: Scrape | None = None
        self._origins = frozenset(origins)
        self._realm = _quotable(realm)
        self._when_closing: list[Callable[[], None]] = []
        self._listening: set[asyncio.Task[None]] = set()
        self._used: UsedIds = set()

    def serve_metrics(self, *, on_main: bool) -> None:
        """Say whether `/metrics` is served beside the MCP path, to this machine alone."""
        self._scrape = Scrape(self._metrics) if on_main else None

    def when_closing(self, callback: Callable[[], None]) -> None:
        """Have it called when the server begins to close: calls that wait for something else would hold that up."""
        self._when_closing.append(callback)

    def close(self) -> None:
        """Be not ready any more, and end the streams that only listen."""
        self._health.closing = True
        for callback in self._when_closing:
            callback()
        for task in self._listening:
            task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event of ASGI 3."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
        elif refused := self._refusal(scope):
            self._metrics.refused(refused[1])
            await refuse(send, refused[0])
        elif scope["path"] in PATHS:
            await self._health(scope, receive, send)
        elif self._scrape is not None and _scraped(scope):
            await self._scrape(scope, receive, send)
        else:
            with _gone():
                await self._bounded(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[Refusal, Refused] | None:
        if found := head_refusal(scope, self._settings.header_limit):
            return found
        if scope["path"] in PATHS:
            return None
        if scope.get(CROWDED):
            return _CROWDED, "connections"
        if not is_well_formed(_host(scope)):
            return _NO_HOST, "host"
        if not self._own_origin(scope):
            return _FOREIGN_ORIGIN, "origin"
        return (CLOSING, "closing") if self._health.closing and scope["method"] == "GET" else None

    def _own_origin(self, scope: Scope) -> bool:
        """Whether the request comes from no web page, from one of this very server, or from an allowed one.

        FastMCP's own check lets pages of every other port of this machine in; by RFC 6454 those are foreign.
        """
        if not any(name == b"origin" for name, _ in scope["headers"]):  # most callers are no web pages
            return True
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        own = f"{scope['scheme']}://{headers.get('host', '')}".lower()
        return all(origin.lower() == own or origin.lower() in self._origins for origin in origins)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve within the limit on the body, unless the server closes and this would be new work."""
        if scope["path"] == MCP_PATH and not KNOWN_SECRETS.empty:
            send = CleanResponse(send).send
        body = BoundedBody(receive, send, limit=self._settings.body_limit, metrics=self._metrics)
        if not await body.declared(scope):
            return
        receive = body.receive
        if self._health.closing:
            new, receive = await begins_work(scope, receive)
            if new:
                self._metrics.refused("closing")
                await refuse(body.send, CLOSING)
                return
        if scope["method"] == "GET":
            await self._listen(scope, receive, body.send)
            return
        with self.work.one() as whole:
            body.when_whole(whole)
            if scope["method"] == "POST" and scope["path"] == MCP_PATH:
                await self._message(scope, receive, body.send)
            else:
                await self._serve(scope, receive, body.send)

    async def _message(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a POST whose body is a message; what is none never gets past its reading."""
        message = MessageBody(receive, send, scope=scope, used=self._used, metrics=self._metrics)
        try:
            await self._serve(scope, message.receive, message.send)
        except NotAMessageError:
            return
        finally:
            message.close()

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
        """Serve, and when the shutdown cancels it, complete the response that was begun.

        Raises:
            ClientDisconnect: the client does not take what was sent, so that nothing can follow.
        """
        response = _Response(send, self._metrics, self._realm)
        try:
            await self._inner(scope, receive, response.send)
        except asyncio.CancelledError:
            if not self._health.closing:
                raise
            await response.complete()


def _host(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")


@contextmanager
def _gone() -> Iterator[None]:
    """Let a request whose client has gone end quietly: nobody is there to be answered, and nothing is wrong."""
    try:
        yield
    except* ClientDisconnect:
        pass


class _Response:
    """Keeps count of how far a response is, and completes what FastMCP says to callers without a valid token."""

    def __init__(self, send: Send, metrics: Metrics, realm: bytes) -> None:
        self._send = send
        self._metrics = metrics
        self._realm = realm
        self._begun = False
        self._complete = False
        self._waits = False

    async def send(self, message: Message) -> None:
        """Pass on one message."""
        if message["type"] == "http.response.start":
            self._begun = True
            if reason := _REASONS.get(message["status"]):
                self._metrics.refused(reason)
                message["headers"] = [self._challenge(*each) for each in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            self._complete = not message.get("more_body", False)
        self._waits = True
        await self._send(message)
        self._waits = False

    def _challenge(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """The challenge with a realm: a scheme needs one parameter at least (RFC 6750, section 3)."""
        if name.lower() != b"www-authenticate" or not value.startswith(b"Bearer"):
            return name, value
        rest = value.removeprefix(b"Bearer").strip()
        return name, b'Bearer realm="' + self._realm + b'"' + (b", " + rest if rest else b"")

    async def complete(self) -> None:
        """End it, so that the client sees an end and not a broken connection.

        Raises:
            ClientDisconnect: the client does not even take what came before.
        """
        if self._waits:
            raise ClientDisconnect
        if self._complete:
            return
        if not self._begun:
            await refuse(self._send, CLOSING)
            return
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _scraped(scope: Scope) -> bool:
    """Whether it asks for the metrics, from this machine, by a name of this machine: no web page can."""
    if scope["path"] != METRICS_PATH or not from_this_machine(scope):
        return False
    try:
        host = urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname
    except ValueError:
        return False
    return host_is_loopback(host or "")


def _quotable(text: str) -> bytes:
    """The text as it may stand in a quoted string of a header."""
    return "".join(
        each for each in text if each.isascii() and each.isprintable() and each not in '"\\'
    ).encode()

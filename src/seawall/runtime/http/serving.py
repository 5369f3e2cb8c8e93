"""Serving over HTTP: FastMCP's application behind a door of our own, on sockets that were bound beforehand."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any, Final

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth import AccessToken
from fastmcp.server.auth.middleware import RequireAuthMiddleware
from fastmcp.server.http import HostOriginGuardMiddleware, StreamableHTTPASGIApp
from mcp.server.streamable_http import EventStore
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from seawall.blueprint.http import HttpSection
from seawall.runtime.bridge import enforcement_of
from seawall.runtime.caller import bearer
from seawall.runtime.enforcement import Enforcement
from seawall.runtime.http.addresses import Listener, addresses_of, is_loopback, listen, permitted
from seawall.runtime.http.auth import authentication
from seawall.runtime.http.challenge import Challenge, Lacking
from seawall.runtime.http.connection import ConnectionLimits, protocol
from seawall.runtime.http.door import MCP_PATH, HttpApp
from seawall.runtime.http.health import Health
from seawall.runtime.http.hosts import Hosts
from seawall.runtime.http.known_hosts import KnownHosts
from seawall.runtime.http.lane import DirectLane
from seawall.runtime.http.replay import JudgedReplay
from seawall.runtime.http.scrape import Scrape
from seawall.runtime.http.sessions import BoundedSessions, SessionTable
from seawall.runtime.metrics import Metrics
from seawall.runtime.pipeline.audit import record_denied
from seawall.runtime.pipeline.call import Call
from seawall.runtime.reload import Reloader, reloading
from seawall.runtime.request import new_request_id
from seawall.runtime.served import Resumption, Served, started
from seawall.runtime.server import AssembledServer
from seawall.runtime.signals import on_end_signals
from seawall.security.audit import AuditLog
from seawall.security.budget import Deadline
from seawall.types import JsonValue

__all__ = ["MCP_PATH", "HttpApp", "http_app", "serve_http"]

_log = logging.getLogger("seawall.access")

_MIRROR: Final = "x-mcp-header"
_LAST_SECONDS: Final = 2  # for uvicorn, after the grace, to cancel what is still under way


def http_app(served: Served) -> HttpApp:
    """The server as an ASGI application: MCP at `/mcp`, and `/livez` and `/readyz` for those who run it.

    Requests to all other paths than those two must name a host and an origin that the blueprint allows: without
    that, any web page could reach a server on loopback by DNS rebinding. Loopback names are always allowed.

    Raises:
        UnsafeError: `http.allowed_hosts` or `http.allowed_origins` allows everything.
        StartError: a token or key of `[http.auth]` cannot be used.
    """
    settings = served.http
    hosts = Hosts.of(settings)
    if settings.auth is not None:
        served.mcp.auth = authentication(settings, directory=served.directory)
    nothing_mirrored = served.parameters is not None and not any(map(_mirrors, served.parameters))
    if nothing_mirrored:
        served.mcp._mcp_server.get_tool_input_schema = _nothing_to_compare  # noqa: SLF001  the SDK's own parameter
    resumption, enforcement = served.resumption or Resumption(), enforcement_of(served.mcp)
    table = SessionTable(settings.sessions, settings.session_idle_timeout)
    served.metrics.sessions = table.__len__
    inner = served.mcp.http_app(
        path=MCP_PATH,
        transport="http",
        stateless_http=settings.stateless,
        json_response=False,
        host_origin_protection=True,
        allowed_hosts=list(hosts.allowed),
        allowed_origins=list(hosts.origins),
        event_store=_judged(resumption.event_store, enforcement),
        retry_interval=resumption.retry_interval,
        session_idle_timeout=settings.session_idle_timeout,
        middleware=[Middleware(BoundedSessions, table=table, metrics=served.metrics)],
    )
    _open_lane(inner, single=nothing_mirrored)
    _challenge(inner, served.mcp)
    _remember_hosts(inner)
    subscriptions = served.mcp.subscriptions if isinstance(served.mcp, AssembledServer) else None
    app = HttpApp(
        inner,
        Health(served.toolsets, None if enforcement is None else enforcement.audit),
        settings=settings,
        origins=hosts.origins,
        metrics=served.metrics,
        realm=served.mcp.name,
    )
    if subscriptions is not None:
        subscriptions.listeners.streams = table.listening
        app.when_closing(subscriptions.end)
    return app


def _judged(events: EventStore | None, enforcement: Enforcement | None) -> EventStore | None:
    """The store with what each caller may hear of it."""
    if events is None or enforcement is None:
        return events
    return JudgedReplay(events, enforcement.rules.needed_to_read)


def _open_lane(inner: Starlette, *, single: bool) -> None:
    """Put the direct lane before FastMCP's endpoint, behind what asks for a token."""
    route = next(each for each in inner.routes if isinstance(each, Route) and each.path == MCP_PATH)
    guard = route.app if isinstance(route.app, RequireAuthMiddleware) else None
    endpoint = route.app if guard is None else guard.app
    if not isinstance(endpoint, StreamableHTTPASGIApp):
        return
    lane = DirectLane(endpoint, lambda: endpoint.session_manager, single=single)
    if guard is None:
        route.app = lane
    else:
        guard.app = lane


def _challenge(inner: Starlette, mcp: FastMCP) -> None:
    """Tell callers with a token what they lack, where the policy says so."""
    enforcement = enforcement_of(mcp)
    route = next(each for each in inner.routes if isinstance(each, Route) and each.path == MCP_PATH)
    guard = route.app
    if (
        enforcement is None
        or enforcement.policy.on_missing_scope != "challenge"
        or not isinstance(guard, RequireAuthMiddleware)
    ):
        return
    metadata = guard.resource_metadata_url
    guard.app = Challenge(
        guard.app,
        enforcement.rules,
        metadata_url=None if metadata is None else str(metadata),
        redirected=mcp.meant if isinstance(mcp, AssembledServer) else _as_named,
        told=partial(_tell_of_challenge, enforcement.audit),
    )


def _as_named(name: str, arguments: Mapping[str, object]) -> None:
    del name, arguments


def _tell_of_challenge(audit: AuditLog | None, lacking: Lacking) -> None:
    token = lacking.user.access_token
    principal = bearer(token) if isinstance(token, AccessToken) else token.client_id
    call = Call(
        principal=principal,
        request_id=new_request_id(),
        kind=lacking.kind,
        name=lacking.name,
        arguments=dict(lacking.arguments),
        deadline=Deadline.never(),
        rpc_id=str(lacking.rpc_id),
    )
    scopes = sorted(lacking.needed)
    fields = {"request_id": call.request_id, "principal": principal, "kind": call.kind, "name": call.name}
    _log.info("challenge", extra={"seawall": {**fields, "scopes": scopes}})
    if audit is not None:
        record_denied(audit, call, f"scopes {' '.join(scopes)}")


def _remember_hosts(inner: Starlette) -> None:
    """Put our own guard of hosts in the place of FastMCP's, which it asks."""
    asked: object = HostOriginGuardMiddleware
    inner.user_middleware = [
        Middleware(KnownHosts, **dict[str, Any](each.kwargs)) if each.cls is asked else each
        for each in inner.user_middleware
    ]


def _mirrors(schema: JsonValue) -> bool:
    """Whether a property of the schema is mirrored in a header (`x-mcp-header`, specification 2026-07-28)."""
    if isinstance(schema, dict):
        return _MIRROR in schema or any(map(_mirrors, schema.values()))
    return isinstance(schema, list) and any(map(_mirrors, schema))


def _nothing_to_compare(name: str) -> None:
    """What the SDK is told instead of a tool's schema, when no tool has anything that stands in a header, too.

    Otherwise it lists all tools at every call, to compare headers with arguments: a third of a small call (measured).
    """
    del name


async def serve_http(served: Served, *, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        served: the server.
        ready: called with the URL of the MCP path once it answers.

    Raises:
        UnsafeError: anybody could call the tools, and the blueprint does not say that they may.
        StartError: the port cannot be had, a secret is missing, or a toolset cannot start.
    """
    settings = served.http
    app = http_app(served)
    addresses = await permitted(settings, authenticated=served.mcp.auth is not None)
    listener = await listen(addresses, settings.port, host=settings.host)
    try:
        app.serve_metrics(on_main=_is_alone(settings, listener))
        async with started(served), _metrics_server(settings, served.metrics):
            server = _Server(
                _config(app, settings, served.metrics),
                app=app,
                grace=settings.shutdown_grace,
                ready=lambda: ready(f"{listener.origin}{MCP_PATH}"),
                reloader=served.reloader,
            )
            await server.serve(sockets=listener.sockets)
    finally:
        listener.close()


def _is_alone(settings: HttpSection, listener: Listener) -> bool:
    """Whether only this machine reaches the main port, also by way of a proxy, and metrics have no other port."""
    if settings.metrics_port is not None or settings.public_url is not None or settings.trusted_proxies:
        return False
    return all(is_loopback(str(item.getsockname()[0])) for item in listener.sockets)


@asynccontextmanager
async def _metrics_server(settings: HttpSection, metrics: Metrics) -> AsyncIterator[None]:
    """`/metrics` on a port of its own, when there is one; nothing else is served there."""
    if settings.metrics_port is None:
        yield
        return
    listener: Listener = await listen(
        await addresses_of(settings.metrics_host, "http.metrics_host"),
        settings.metrics_port,
        host=settings.metrics_host,
        setting="http.metrics_port",
    )
    server = _QuietServer(_config(Scrape(metrics), settings, Metrics(), lifespan="off"))
    serving = asyncio.ensure_future(server.serve(sockets=listener.sockets))
    try:
        yield
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await serving
        listener.close()


def _config(app: ASGIApp, settings: HttpSection, metrics: Metrics, *, lifespan: str = "on") -> uvicorn.Config:
    if settings.trusted_proxies:
        app = ProxyHeadersMiddleware(app, trusted_hosts=list(settings.trusted_proxies))  # type: ignore[assignment, arg-type]
    limits = ConnectionLimits(
        read_timeout=settings.read_timeout,
        keep_alive_timeout=settings.keep_alive_timeout,
        connections=settings.connections,
        proxies=settings.trusted_proxies,
    )
    return uvicorn.Config(
        app,
        http=protocol(limits, metrics),
        h11_max_incomplete_event_size=settings.header_limit,
        lifespan="on" if lifespan == "on" else "off",
        ws="none",
        log_config=None,
        server_header=False,
        proxy_headers=False,  # ours is above: uvicorn's own would trust loopback
        timeout_graceful_shutdown=_LAST_SECONDS,
    )


class _QuietServer(uvicorn.Server):
    """uvicorn without its handling of signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


class _Server(uvicorn.Server):
    """uvicorn, but for its end.

    Its own handling sends the signal once more after an orderly end, and stops to listen at once, so that nobody
    would be told that the server is closing.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        app: HttpApp,
        grace: float,
        ready: Callable[[], None],
        reloader: Reloader | None = None,
    ) -> None:
        super().__init__(config)
        self._app = app
        self._grace = grace
        self._ready = ready
        self._reloader = reloader
        self._ending: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in order at the first signal."""
        with on_end_signals(self._end), reloading(self._reloader, self._end):
            yield

    def _end(self) -> None:
        self._app.close()
        self._ending = asyncio.ensure_future(self._finish())

    async def _finish(self) -> None:
        await self._app.work.done(self._grace)
        self.should_exit = True

"""The direct lane: calls and lists of tools of version 2026-07-28 over HTTP, without the SDK's machinery around them.

Such a request stands alone: one POST in, one answer out. The SDK serves it with a group of tasks, a stream in memory and
two clocks, for the few calls that tell their client something meanwhile. Here a call runs in the task of its request, and
what it tells goes straight to the connection.

The SDK also copies each answer twice and writes it with a slow encoder, which is most of the time of a long list.

The lane takes only what the SDK's own judges accept, function by function in the SDK's order. Everything else goes to the
SDK, which words the refusal; so there is one authority over what is a request.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

import anyio
from mcp.server.connection import Connection
from mcp.server.runner import modern_error_data, serve_one
from mcp.server.streamable_http import StreamableHTTPServerTransport, check_accept_headers
from mcp.server.transport_security import TransportSecurityMiddleware
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    InboundModernRoute,
    classify_inbound_request,
    find_duplicated_routing_header,
)
from mcp.shared.jsonrpc_dispatcher import progress_token_from_params
from mcp.shared.message import MessageMetadata, ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import JSONRPCError, JSONRPCRequest, ProgressToken, RequestId
from pydantic_core import PydanticSerializationError, to_json
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seawall.runtime.http.bodies import send_body
from seawall.runtime.http.events import Events
from seawall.runtime.http.request_message import MESSAGE
from seawall.runtime.http.session_lane import LANE_METHODS, open_session_lane
from seawall.runtime.searched import searching
from seawall.runtime.written import response_pieces

__all__ = ["DirectLane"]

_VERSION: Final = (b"mcp-protocol-version", b"2026-07-28")
_SESSION: Final = b"mcp-session-id"

_Reply: TypeAlias = dict[str, Any] | JSONRPCError  # the result of a call, or the error in its place


class _Manager(Protocol):
    """As much of the SDK's session manager as is needed here."""

    app: Any
    json_response: bool
    max_request_body_size: int
    security_settings: Any
    _lifespan_state: Any
    _server_instances: dict[str, StreamableHTTPServerTransport]
    _task_group: Any


_OF_MANAGER: Final = (
    "_lifespan_state",
    "_server_instances",
    "_task_group",
)  # without these the SDK serves all


class DirectLane:
    """ASGI application in front of FastMCP's endpoint, behind authentication and all else."""

    def __init__(self, endpoint: ASGIApp, manager: Callable[[], _Manager | None], *, single: bool) -> None:
        """Make it.

        Args:
            endpoint: FastMCP's own.
            manager: the session manager; None as long as nothing is served.
            single: serve requests that stand alone, too. No tool may have arguments that are mirrored in headers.
        """
        self._endpoint = endpoint
        self._manager = manager
        self._single = single

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request here, or hand it on as it came."""
        manager = self._manager() if scope["type"] == "http" and scope["method"] == "POST" else None
        if manager is not None and all(hasattr(manager, name) for name in _OF_MANAGER):
            if self._single and _VERSION in scope["headers"] and _is_serving(manager):
                await self._alone(manager, scope, receive, send)
                return
            if (transport := manager._server_instances.get(_session(scope))) is not None:  # noqa: SLF001  see above
                open_session_lane(transport)
        await self._endpoint(scope, receive, send)

    async def _alone(self, manager: _Manager, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that may be a call that stands alone."""
        first = await receive()
        replay = _again(first, receive)
        request, message = Request(scope, replay), scope.get(MESSAGE)
        small = len(first.get("body", b"")) <= manager.max_request_body_size
        if small and isinstance(message, JSONRPCRequest):
            route = await _accepted(request, message, manager)
            if route is not None:
                await _Call(request, message, route, manager, send).serve(receive)
                return
        await self._endpoint(scope, replay, send)


def _session(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == _SESSION), "")


def _is_serving(manager: _Manager) -> bool:
    """Whether it runs, and answers with streams where one is needed."""
    return not manager.json_response and manager._task_group is not None  # noqa: SLF001  the SDK asks the same


def _again(first: Message, receive: Receive) -> Receive:
    waiting = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


async def _accepted(
    request: Request, message: JSONRPCRequest, manager: _Manager
) -> InboundModernRoute | None:
    """What the SDK makes of a call or list of tools; None for what it refuses, and for every other method."""
    if message.method not in LANE_METHODS:
        return None
    security = TransportSecurityMiddleware(manager.security_settings)
    if await security.validate_request(request, is_post=True) is not None:
        return None
    if check_accept_headers(request) != (True, True):
        return None
    headers = request.headers.items()
    if find_duplicated_routing_header(headers) is not None:
        return None
    body = {"method": message.method, "params": message.params}
    route = classify_inbound_request(body, headers=dict(headers))  # by pairs: faster, and none stands twice
    return route if isinstance(route, InboundModernRoute) else None


@dataclass
class _Exchange:
    """The SDK's `DispatchContext` of one request: nothing can be asked of the client, and what is told goes to `tell`."""

    transport: TransportContext
    request_id: RequestId
    message_metadata: MessageMetadata
    progress_token: ProgressToken | None
    tell: Callable[[bytes], Awaitable[None]]
    cancel_requested: anyio.Event = field(default_factory=anyio.Event)
    can_send_request: bool = field(default=False, init=False)

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        """Nothing: this version has no requests of a server."""
        del params, opts
        raise NoBackChannelError(method)

    async def notify(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> None:
        """Tell the client something before the answer."""
        del opts
        told: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            told["params"] = dict(params)
        await self.tell(_encoded(told))

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Tell how far the call is, if the client asked."""
        if self.progress_token is None:
            return
        params: dict[str, Any] = {"progressToken": self.progress_token, "progress": progress}
        params |= {} if total is None else {"total": total}
        params |= {} if message is None else {"message": message}
        await self.notify("notifications/progress", params)


class _Call:
    """One call, in the task of its request."""

    def __init__(
        self,
        request: Request,
        message: JSONRPCRequest,
        route: InboundModernRoute,
        manager: _Manager,
        send: Send,
    ) -> None:
        self._request = request
        self._message = message
        self._route = route
        self._manager = manager
        self._send = send
        self._events = Events(send)
        self._ended = False
        self._gone = False

    async def serve(self, receive: Receive) -> None:
        """Carry it out and answer. When the client goes, the call is cancelled."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is served by a task")
        watch = asyncio.get_running_loop().create_task(self._watch(receive, task))
        try:
            with self._events, searching() as searched:
                reply = await self._reply()
                self._ended = True
                await self._answer(reply, clean=searched.covers(reply))
        except asyncio.CancelledError:
            if not self._gone or task.uncancel():
                raise  # somebody else ends it: the server
        finally:
            self._ended = True
            watch.cancel()

    async def _watch(self, receive: Receive, task: asyncio.Task[Any]) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        if not self._ended:
            self._gone = True
            task.cancel()

    async def _reply(self) -> _Reply:
        message, route, manager = self._message, self._route, self._manager
        exchange = _Exchange(
            TransportContext(kind="streamable-http", can_send_request=False, headers=self._request.headers),
            message.id,
            ServerMessageMetadata(request_context=self._request),
            progress_token_from_params(message.params),
            self._events.tell,
        )
        connection = Connection.from_envelope(
            route.protocol_version, route.client_info, route.client_capabilities
        )
        state = manager._lifespan_state  # noqa: SLF001  what the SDK hands on, too
        try:
            return await serve_one(
                manager.app,
                exchange,
                message.method,
                message.params,
                connection=connection,
                lifespan_state=state,
            )
        except Exception as error:  # noqa: BLE001  boundary: the SDK's own, which masks
            return JSONRPCError(jsonrpc="2.0", id=message.id, error=modern_error_data(error))

    async def _answer(self, reply: _Reply, *, clean: bool) -> None:
        """As JSON, unless something was told before: then it is the last event."""
        body = _reply_pieces(self._message.id, reply)
        if not await self._events.silent():
            await self._events.end(body, clean=clean)
            return
        status = ERROR_CODE_HTTP_STATUS.get(reply.error.code, 200) if isinstance(reply, JSONRPCError) else 200
        headers = [(b"content-length", b"%d" % sum(map(len, body))), (b"content-type", b"application/json")]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await send_body(self._send, body, clean=clean)


def _reply_pieces(request_id: RequestId, reply: _Reply) -> list[bytes]:
    if isinstance(reply, JSONRPCError):
        return [_encoded(reply.model_dump(mode="json", by_alias=True, exclude_none=True))]
    try:
        return response_pieces(request_id, reply)
    except (PydanticSerializationError, ValueError):
        return [_encoded({"jsonrpc": "2.0", "id": request_id, "result": reply})]


def _encoded(message: dict[str, Any]) -> bytes:
    try:
        return to_json(message, inf_nan_mode="null")
    except (PydanticSerializationError, ValueError):  # a lone surrogate: it leaves as an escape
        return json.dumps(message, separators=(",", ":")).encode()

"""The direct lane of sessions: calls and lists of tools of clients of the handshake era, with the stream of each written directly.

The SDK answers each POST of a session with six tasks and two streams in memory. Only that is replaced here: the session
itself, its loop, who may use it and when it ends stay the SDK's.
"""

from __future__ import annotations

import asyncio
import json
from types import MethodType
from typing import Any, Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.streamable_http import (
    REQUEST_STREAM_BUFFER_SIZE,
    EventMessage,
    StreamableHTTPServerTransport,
    check_accept_headers,
)
from mcp_types import JSONRPCError, JSONRPCMessage, JSONRPCRequest, JSONRPCResponse
from pydantic_core import PydanticSerializationError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from seawall.runtime.http.events import EVENT_STREAM, Events
from seawall.runtime.http.request_message import MESSAGE
from seawall.runtime.searched import searching
from seawall.runtime.wire.messages import pieces_of

__all__ = ["LANE_METHODS", "open_session_lane"]

LANE_METHODS: Final = frozenset({"tools/call", "tools/list"})
"""What is served in the lanes."""

_SESSION: Final = "mcp-session-id"
_VERSION: Final = "mcp-protocol-version"
_LANE: Final = "_seawall_lane"
_NEEDED: Final = (
    "_check_content_type",
    "_clean_up_memory_streams",
    "_create_session_message",
    "_event_store",
    "_handle_post_request",
    "_read_stream_writer",
    "_request_streams",
)

_Answer = JSONRPCResponse | JSONRPCError
_Streams = tuple[MemoryObjectSendStream[EventMessage], MemoryObjectReceiveStream[EventMessage]]


def open_session_lane(transport: StreamableHTTPServerTransport) -> None:
    """Have calls and lists of tools in this session answered here. A transport that is built differently is left alone."""
    if _LANE in vars(transport) or not all(hasattr(transport, name) for name in _NEEDED):
        return
    setattr(transport, _LANE, transport._handle_post_request)  # noqa: SLF001  the SDK has no door here
    transport._handle_post_request = MethodType(_post, transport)  # type: ignore[method-assign]  # noqa: SLF001


async def _post(
    transport: StreamableHTTPServerTransport, scope: Scope, request: Request, receive: Receive, send: Send
) -> None:
    """In the place of the SDK's own: all that is no call or list of tools, and all that it would refuse, goes there."""
    message = scope.get(MESSAGE)
    if not isinstance(message, JSONRPCRequest) or not _is_call(transport, message, request):
        await getattr(transport, _LANE)(scope, request, receive, send)
        return
    await request.body()
    key = str(message.id)
    streams: _Streams = anyio.create_memory_object_stream[EventMessage](REQUEST_STREAM_BUFFER_SIZE)
    transport._request_streams[key] = streams  # noqa: SLF001  where its router looks for us
    events = Events(send, (*EVENT_STREAM, (_SESSION.encode(), (transport.mcp_session_id or "").encode())))
    watch = asyncio.get_running_loop().create_task(_until_gone(receive, streams))
    try:
        with events, searching() as searched:
            await events.begin()
            await _hand_over(transport, message, request)
            answer = await _answer(streams[1], events)
            clean = isinstance(answer, JSONRPCResponse) and searched.covers(answer.result)
            await events.end(() if answer is None else pieces_of(answer), clean=clean)
    except (anyio.ClosedResourceError, anyio.BrokenResourceError):  # the session ends
        await events.end()
    finally:
        watch.cancel()
        await transport._clean_up_memory_streams(key)  # noqa: SLF001  as the SDK does at this point


def _is_call(transport: StreamableHTTPServerTransport, message: JSONRPCRequest, request: Request) -> bool:
    """Whether it is a call or list of tools that the SDK would accept, to be answered with a stream that is kept nowhere."""
    return (
        message.method in LANE_METHODS
        and not transport.is_json_response_enabled
        and transport._event_store is None  # noqa: SLF001  the lane keeps no events
        and transport._read_stream_writer is not None  # noqa: SLF001  it is connected
        and transport.mcp_session_id is not None
        and request.headers.get(_SESSION) == transport.mcp_session_id
        and check_accept_headers(request) == (True, True)
        and transport._check_content_type(request)  # noqa: SLF001  the SDK's own judge
    )


async def _hand_over(
    transport: StreamableHTTPServerTransport, message: JSONRPCRequest, request: Request
) -> None:
    """Give the message to the session's loop."""
    writer: Any = transport._read_stream_writer  # noqa: SLF001  the way in
    version = request.headers.get(_VERSION, "")
    await writer.send(transport._create_session_message(message, request, str(message.id), version))  # noqa: SLF001


async def _answer(stream: MemoryObjectReceiveStream[EventMessage], events: Events) -> _Answer | None:
    """Tell what comes before the answer, and return that; None when there will be none."""
    async for item in stream:
        if isinstance(item.message, JSONRPCResponse | JSONRPCError):
            return item.message
        await events.tell(_encoded(item.message))
    return None


def _encoded(message: JSONRPCMessage) -> bytes:
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode()
    except PydanticSerializationError:  # a lone surrogate: it leaves as an escape
        return json.dumps(
            message.model_dump(by_alias=True, exclude_unset=True), separators=(",", ":")
        ).encode()


async def _until_gone(receive: Receive, streams: _Streams) -> None:
    """Wait for the client to go; nobody reads its stream then. The call goes on (specification 2025-11-25)."""
    while (await receive())["type"] != "http.disconnect":
        pass
    streams[0].close()

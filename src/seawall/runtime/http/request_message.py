"""The body of a POST to the MCP path: one message, judged by the parser of stdio before FastMCP reads it."""

from __future__ import annotations

from collections import deque
from http import HTTPStatus
from typing import Final

from mcp.server.streamable_http import GET_STREAM_KEY
from mcp_types import INVALID_REQUEST, JSONRPCRequest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from seawall.runtime.http.refusals import Refusal, refuse
from seawall.runtime.metrics import Metrics
from seawall.runtime.wire.messages import Fault, parse

__all__ = ["MESSAGE", "MessageBody", "NotAMessageError", "UsedIds"]

MESSAGE: Final = "seawall.message"
"""In the scope of a request: the message that was read, once its body was."""

_SESSION: Final = "mcp-session-id"

UsedIds = set[tuple[str, str]]
"""The requests under way in sessions: session and id, as text, since the SDK tells them apart by that."""


class NotAMessageError(Exception):
    """The body was refused, and the answer is sent. Raised through FastMCP, so that nothing of the request begins."""


class MessageBody:
    """Reads the message whole when the application asks for it, which is after it has accepted the caller's token.

    The transports of the SDK differ in what they take for a message: by era, a request whose id is null or a fraction
    is acknowledged like a notification and never answered, and names that stand twice, NaN and lone surrogates go
    through. What is refused here is refused on stdio, too. A request whose id is in use in its session is refused as
    well (specification 2025-11-25, Requests): the answers of both would be mixed up.
    """

    def __init__(
        self, receive: Receive, send: Send, *, scope: Scope, used: UsedIds, metrics: Metrics
    ) -> None:
        self._receive = receive
        self._send = send
        self._scope = scope
        self._session = Headers(scope=scope).get(_SESSION)
        self._used = used
        self._metrics = metrics
        self._read: deque[Message] | None = None
        self._own: tuple[str, str] | None = None
        self._refused = False

    async def receive(self) -> Message:
        """The body in one piece, then what comes after it.

        Raises:
            NotAMessageError: it is no message.
        """
        if self._read is None:
            self._read = deque(await self._whole())
        return self._read.popleft() if self._read else await self._receive()

    async def send(self, message: Message) -> None:
        """Pass on what the application answers, unless the body was refused."""
        if not self._refused:
            await self._send(message)

    def close(self) -> None:
        """The request has ended: its id may be used again."""
        if self._own is not None:
            self._used.discard(self._own)

    async def _whole(self) -> list[Message]:
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] != "http.request":  # the client has gone, or was sent away
                return [{"type": "http.request", "body": bytes(body), "more_body": True}, message]
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        if (fault := self._fault(bytes(body))) is not None:
            await self._refuse(fault)
        return [{"type": "http.request", "body": bytes(body), "more_body": False}]

    def _fault(self, body: bytes) -> Fault | None:
        message = parse(body)
        if isinstance(message, Fault):
            return message
        self._scope[MESSAGE] = message
        if self._session is None or not isinstance(message, JSONRPCRequest):
            return None
        own = (self._session, str(message.id))
        if own[1] == GET_STREAM_KEY:  # it would be taken for the stream on which the session listens
            return Fault(INVALID_REQUEST, "Invalid request: no request may have this `id`.", message.id)
        if own in self._used:
            return Fault(
                INVALID_REQUEST, "Invalid request: a request with this `id` is under way.", message.id
            )
        self._used.add(own)
        self._own = own
        return None

    async def _refuse(self, fault: Fault) -> None:
        self._refused = True
        self._metrics.refused("malformed")
        refusal = Refusal(HTTPStatus.BAD_REQUEST, fault.reason, code=fault.code, request_id=fault.request_id)
        await refuse(self._send, refusal)
        raise NotAMessageError

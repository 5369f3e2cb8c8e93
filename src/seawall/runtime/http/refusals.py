"""How a request is turned away that never becomes a call."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import Send

__all__ = ["Refusal", "refuse"]

_SERVER_ERROR = -32000  # JSON-RPC 2.0, section 5.1: for errors of the implementation


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in place of the application's.

    Attributes:
        status: of HTTP.
        words: one sentence for the person who reads the client's log.
        retry_after: seconds after which it is worth another attempt, or None.
        close: whether the connection ends with the answer.
        code: of the JSON-RPC error.
        request_id: that of the request, where the refusal is about one.
    """

    status: HTTPStatus
    words: str
    retry_after: int | None = None
    close: bool = False
    code: int = _SERVER_ERROR
    request_id: str | int | None = None


async def refuse(send: Send, refusal: Refusal) -> None:
    """Send the answer; its body is an error of JSON-RPC, mostly without id, as the transport's specification allows."""
    error = {"code": refusal.code, "message": refusal.words}
    body = json.dumps({"jsonrpc": "2.0", "id": refusal.request_id, "error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.retry_after is not None:
        headers.append((b"retry-after", str(refusal.retry_after).encode()))
    if refusal.close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refusal.status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})

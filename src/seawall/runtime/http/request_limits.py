"""Limits on one request, where all of its headers are known: their size and number, and the size of the body."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from seawall.runtime.http.refusals import Refusal, refuse
from seawall.runtime.metrics import Metrics, Refused

__all__ = ["BoundedBody", "head_refusal"]

_MOST_HEADERS: Final = 100
_LONGEST_TARGET: Final = 8 * 1024  # RFC 9110, section 4.1, asks for at least 8000
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})  # without one there is no body
_ONCE: Final = frozenset({b"authorization", b"content-type", b"host", b"origin"})


def head_refusal(scope: Scope, header_limit: int) -> tuple[Refusal, Refused] | None:
    """Why the request must not go on, by its target and headers alone; None when it may."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > _LONGEST_TARGET:
        return Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "The URL is too long."), "headers"
    size = sum(
        len(name) + len(value) + 4 for name, value in headers
    )  # as on the wire: colon, space, line end
    if len(headers) > _MOST_HEADERS or size > header_limit:
        words = f"At most {_MOST_HEADERS} headers of {header_limit} bytes together."
        return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, words), "headers"
    names = [name for name, _ in headers if name in _ONCE]
    if len(names) != len(set(names)):  # two readers could each believe another one of them
        return Refusal(HTTPStatus.BAD_REQUEST, "A header that may stand once stands twice."), "malformed"
    if {name for name, _ in headers} >= _FRAMING:  # RFC 9112, section 6.1
        return Refusal(
            HTTPStatus.BAD_REQUEST, "Two ways to say how long the body is.", close=True
        ), "malformed"
    return None


def _nothing() -> None:
    pass


class BoundedBody:
    """Passes a request's body on while it is within the limit; answers 413 itself when it is not.

    The application behind then sees a client that went away, and what it still sends is dropped.

    A client that goes before its request is whole is told as `ClientDisconnect` right here, where nothing has been
    done for it yet: the SDK would take it for a fault of its own, and log it as one.
    """

    def __init__(self, receive: Receive, send: Send, *, limit: int, metrics: Metrics) -> None:
        self._receive = receive
        self._send = send
        self._limit = limit
        self._metrics = metrics
        self._size = 0
        self._begun = False
        self._refused = False
        self._whole = False
        self._bodiless = False
        self._on_whole: Callable[[], None] = _nothing

    def when_whole(self, act: Callable[[], None]) -> None:
        """Do that once the whole body has come; now, when it has."""
        self._on_whole = act
        if self._whole or self._bodiless:
            act()

    async def declared(self, scope: Scope) -> bool:
        """Whether the declared length is within the limit; if not, it is refused."""
        self._bodiless = not _FRAMING & {name for name, _ in scope["headers"]}
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if declared.isdigit() and int(declared[:20]) > self._limit:  # h11 lets digits through only
            await self._refuse()
        return not self._refused

    async def receive(self) -> Message:
        """The next piece; after the last one, a disconnect.

        Raises:
            ClientDisconnect: there will be no next piece, because the client has gone or was refused.
        """
        if self._refused:
            raise ClientDisconnect
        message = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if not message.get("more_body", False):
                self._whole = True
                self._on_whole()
            if self._size > self._limit:
                await self._refuse()
                raise ClientDisconnect
        elif not self._whole:
            raise ClientDisconnect
        return message

    async def send(self, message: Message) -> None:
        """Pass on what the application answers, unless the request was refused."""
        if not self._refused:
            self._begun = True
            await self._send(message)

    async def _refuse(self) -> None:
        self._refused = True
        self._metrics.refused("body")
        if not self._begun:
            words = f"The body of a request may have {self._limit} bytes."
            await refuse(self._send, Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words))

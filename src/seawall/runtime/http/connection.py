"""One connection: uvicorn's HTTP/1.1 on h11, with limits on what a client that is slow or rude may hold.

h11 and not httptools, since only h11 bounds the bytes of a header that is not complete (httptools takes any
number), tells 431 from 400, and refuses what parsers read differently. It costs nothing that can be measured here.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import h11
from starlette.types import Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from seawall.runtime.http.crowd import CROWDED, Crowd
from seawall.runtime.http.framing import BoundedFraming
from seawall.runtime.http.gathered import GatheredWrites
from seawall.runtime.http.lingering import LingeringTransport
from seawall.runtime.metrics import Metrics, Refused

__all__ = ["ConnectionLimits", "protocol"]

_READ: Final = 16 * 1024  # bytes at a time: what one client sent at once does not hold up the others for long
_MOMENT: Final = 0.005  # seconds that a part of an answer may wait for the next part; its end never waits
_CLOSE: Final = (b"connection", b"close")
_REASONS: Final[dict[int, Refused]] = {413: "body", 431: "headers"}


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What connections may hold.

    Attributes:
        read_timeout: seconds for the headers of a request, and again for its body; also for a client to take
            what it was sent.
        keep_alive_timeout: seconds for the next request to begin.
        connections: how many there may be; see `Crowd`.
        proxies: networks of proxies, which may have all of them.
    """

    read_timeout: float
    keep_alive_timeout: float
    connections: int
    proxies: tuple[str, ...] = ()


def protocol(limits: ConnectionLimits, metrics: Metrics) -> type[asyncio.Protocol]:
    """The protocol class for uvicorn's `http` setting."""

    class LimitedProtocol(_Connection):
        limits_of_server = limits
        metrics_of_server = metrics
        crowd = Crowd(limits.connections, proxies=limits.proxies)

    return LimitedProtocol


class _Connection(H11Protocol, asyncio.BufferedProtocol):
    """uvicorn's own protocol; it gets a clock for each thing that it waits for.

    At any time it is the client that waits for the server, or a clock runs: for headers, for a body, for the next
    request, for what was written to be taken.
    """

    limits_of_server: ConnectionLimits
    metrics_of_server: Metrics
    crowd: Crowd

    _gathered: GatheredWrites
    address = ""
    _since = 0.0
    _clock: asyncio.TimerHandle | None = None
    _clock_for: object = None
    _write_clock: asyncio.TimerHandle | None = None
    _is_spare = False

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """As uvicorn makes it."""
        super().__init__(config, server_state, app_state, _loop)
        self.conn = BoundedFraming(self.config.h11_max_incomplete_event_size or _READ)
        self._application = self.app
        self.app = self._serve
        self._room = bytearray()

    @property
    def is_new(self) -> bool:
        """Whether no request came yet; uvicorn's annotation does not say that there may be none."""
        return getattr(self, "cycle", None) is None

    @property
    def waiting_since(self) -> float | None:
        """When we began to wait for the client; None while it waits for us."""
        waiting = self._clock or self._write_clock or self._lingering.is_closing()
        return self._since if waiting else None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Begin; refuse when there are far too many."""
        transport.set_write_buffer_limits(high=0)  # whatever is not taken at once has a clock
        self._gathered = GatheredWrites(transport, self.loop, moment=_MOMENT)
        self._lingering = LingeringTransport(self._gathered, unread=self._has_unread)
        super().connection_made(cast("asyncio.Transport", self._lingering))
        self.address = self.client[0] if self.client else ""
        self._since = time.monotonic()
        may_ask = self.crowd.enter(self)
        self._is_spare = not self.crowd.has_place(self)
        self.metrics_of_server.connections = len(self.crowd)
        if may_ask:
            self._watch()
            return
        self.metrics_of_server.refused("connections")
        self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.", retry=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """End; no clock may outlive the connection."""
        self.crowd.leave(self)
        self.metrics_of_server.connections = len(self.crowd)
        super().connection_lost(exc)
        self._stop()
        self.resume_writing()

    def evict(self) -> None:
        """End at once, for another's sake."""
        self._lingering.abort()

    def shutdown(self) -> None:
        """The server ends: a request that is not whole has no answer to wait for."""
        if self._lingering.is_closing():
            return
        if self.conn.their_state is h11.SEND_BODY and self._can_refuse():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "The server is shutting down.", retry=True)
            return
        super().shutdown()

    def get_buffer(self, sizehint: int) -> bytearray:
        """Room for what comes."""
        del sizehint
        self._room = bytearray(_READ)
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """So much came."""
        data, self._room = bytes(memoryview(self._room)[:nbytes]), bytearray()
        self.data_received(data)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._lingering.is_closing():
            self._lingering.discard(len(data))
            return
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The answer leaves; the next request may have been waiting."""
        self._gathered.flush()
        super().on_response_complete()
        self._unset_keepalive_if_required()  # we have a clock for it
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn while it handles h11's error, which knows the right status."""
        error = sys.exception()
        hint = (
            error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else HTTPStatus.BAD_REQUEST
        )
        self.metrics_of_server.refused(_REASONS.get(hint, "malformed"))
        if self._can_refuse():
            self._refuse(HTTPStatus(hint), msg)
        else:  # an answer has begun: it cannot be replaced
            self.transport.close()

    def pause_writing(self) -> None:
        """The client takes nothing: its time begins."""
        super().pause_writing()
        seconds = self.limits_of_server.read_timeout
        self._write_clock = self._write_clock or self._after(seconds, self._lingering.abort)

    def resume_writing(self) -> None:
        """It has taken all."""
        if self._write_clock is not None:
            self._write_clock.cancel()
            self._write_clock = None
        super().resume_writing()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; with an answer that begins before the request is whole the connection ends."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and self.conn.their_state is h11.SEND_BODY:
                headers = [each for each in message.get("headers", ()) if each[0].lower() != _CLOSE[0]]
                message = {**message, "headers": [*headers, _CLOSE]}
            await send(message)

        self._is_spare = self._is_spare and not self.crowd.has_place(self)
        scope[CROWDED] = self._is_spare
        await self._application(scope, receive, answer)

    def _watch(self) -> None:
        """Start the clock for what the client owes now; leave it alone while that is the same."""
        owed = self._owed()
        if owed == self._clock_for:
            return
        self._stop()
        self._since = time.monotonic()
        if owed is not None:
            limits = self.limits_of_server
            seconds = limits.keep_alive_timeout if owed == "request" else limits.read_timeout
            self._clock_for, self._clock = owed, self._after(seconds, self._too_slow)

    def _owed(self) -> object:
        """What the client owes; None while it waits for us, and when there will be nothing more."""
        if self._lingering.is_closing():
            return None
        if self.conn.their_state is h11.SEND_BODY:
            return id(self.cycle)
        if not self.is_new and not self.cycle.response_complete:
            return None
        return "headers" if self.is_new or self.conn.trailing_data[0] else "request"

    def _has_unread(self) -> bool:
        return (
            self.conn.their_state is h11.SEND_BODY
            or self.flow.read_paused
            or bool(self.conn.trailing_data[0])
        )

    def _can_refuse(self) -> bool:
        return self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}

    def _after(self, seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds, act)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._clock = self._clock_for = None

    def _too_slow(self) -> None:
        idle = self._clock_for == "request" or (self.is_new and not self.conn.trailing_data[0])
        self._stop()
        if not idle:
            self.metrics_of_server.refused("slow")
        if idle or not self._can_refuse():
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")

    def _refuse(self, status: HTTPStatus, words: str, *, retry: bool = False) -> None:
        """Answer by hand, since h11 may be in no state for it, and end; the application sees its client gone."""
        body = words.encode()
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(body)}",
            "connection: close",
            *(["retry-after: 1"] if retry else []),
        ]
        self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        self._stop()
        self._unset_keepalive_if_required()
        if not self.is_new:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._lingering.linger()

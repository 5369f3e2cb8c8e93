"""One connection: uvicorn's HTTP/1.1 on h11, with limits on what a client that is slow or rude may hold.

h11 and not httptools, since only h11 bounds the bytes of a header that is not complete (httptools takes any
number), tells 431 from 400, and refuses what parsers read differently. It costs nothing that can be measured here.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from seawall.runtime.gathered import GatheredWrites
from seawall.runtime.metrics import Metrics

__all__ = ["BEYOND", "ConnectionLimits", "protocol"]

BEYOND: Final = "seawall.beyond"
"""In the `state` of a request: its connection came when there were as many as there may be."""

_LINGER: Final = 1.0  # seconds
_SPARE: Final = 64  # connections beyond the limit, on which requests are still told so and probes answered


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What connections may hold.

    Attributes:
        read_timeout: seconds for the headers of a request, and again for its body; also for a client to take
            what it was sent.
        connections: how many there may be; requests on more are refused, except health checks.
    """

    read_timeout: float
    connections: int


def protocol(limits: ConnectionLimits, metrics: Metrics) -> type[asyncio.Protocol]:
    """The protocol class for uvicorn's `http` setting."""

    class LimitedProtocol(_Connection):
        limits_of_server = limits
        metrics_of_server = metrics

    return LimitedProtocol


class _Connection(H11Protocol):
    """uvicorn's own protocol; it gets a clock for each thing that it waits for."""

    limits_of_server: ConnectionLimits
    metrics_of_server: Metrics

    _gathered: GatheredWrites
    _clock: asyncio.TimerHandle | None = None
    _clock_for: object = None
    _write_clock: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Begin; refuse when there are far too many."""
        self._gathered = GatheredWrites(transport, self.loop)
        super().connection_made(self._gathered)
        self.metrics_of_server.connections = len(self.connections)
        if len(self.connections) > self.limits_of_server.connections:
            self.app_state = {**self.app_state, BEYOND: True}
        if len(self.connections) > self.limits_of_server.connections + _SPARE:
            self.metrics_of_server.refused("connections")
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.", retry=True)
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; no clock may outlive the connection."""
        super().connection_lost(exc)
        self.metrics_of_server.connections = len(self.connections)
        self._stop()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._refused or self.transport.is_closing():
            return
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The answer leaves; the next request may have been waiting."""
        self._gathered.flush()
        super().on_response_complete()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn while it handles h11's error, which knows the right status."""
        error = sys.exception()
        hint = (
            error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else HTTPStatus.BAD_REQUEST
        )
        self.metrics_of_server.refused(
            "headers" if hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE else "malformed"
        )
        if self.conn.our_state not in {
            h11.IDLE,
            h11.SEND_RESPONSE,
        }:  # an answer has begun: it cannot be replaced
            self.transport.close()
            return
        self._refuse(HTTPStatus(hint), msg)

    def pause_writing(self) -> None:
        """The client takes nothing: its time begins."""
        super().pause_writing()
        self._write_clock = self._write_clock or self._after(self.transport.abort)

    def resume_writing(self) -> None:
        """It takes something again."""
        if self._write_clock is not None:
            self._write_clock.cancel()
            self._write_clock = None
        super().resume_writing()

    def _watch(self) -> None:
        """Start the clock for what the client owes now; leave it alone while that is the same."""
        owed = self._owed()
        if owed == self._clock_for:
            return
        self._stop()
        if owed is not None and not self.transport.is_closing():
            self._clock_for, self._clock = owed, self._after(self._too_slow)

    def _owed(self) -> object:
        if self.conn.their_state is h11.SEND_BODY:
            return id(self.cycle)
        if self.conn.their_state is h11.IDLE and (self._is_new() or self.conn.trailing_data[0]):
            return "headers"
        return None  # it owes nothing: it waits for us, or is idle, which is uvicorn's own clock

    def _is_new(self) -> bool:
        """Whether no request came yet; uvicorn's annotation does not say that there may be none."""
        return getattr(self, "cycle", None) is None

    def _after(self, act: Callable[[], None]) -> asyncio.TimerHandle:
        return self.loop.call_later(self.limits_of_server.read_timeout, act)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._clock = self._clock_for = None

    def _too_slow(self) -> None:
        self._clock = None
        silent = self._is_new() and not self.conn.trailing_data[0]
        if not silent:
            self.metrics_of_server.refused("slow")
        if silent or self.transport.is_closing() or self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.close()
            return
        if not self._is_new():  # the application sees that its client is gone
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")

    def _refuse(self, status: HTTPStatus, words: str, *, retry: bool = False) -> None:
        """Answer by hand, since h11 may be in no state for it, and close.

        What the client still sends is thrown away for a moment: closing at once would reset the connection, and
        the client would lose the answer.
        """
        body = words.encode()
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(body)}",
            "connection: close",
            *(["retry-after: 1"] if retry else []),
        ]
        self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        self._refused = True
        self._stop()
        self._unset_keepalive_if_required()
        self.transport.write_eof()
        self._clock = self.loop.call_later(_LINGER, self.transport.close)

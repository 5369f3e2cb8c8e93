"""Whether the server lives and is ready, for those who run it: answered for any Host, and disclosing nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from starlette.types import Receive, Scope, Send

from seawall.toolsets.interface import Toolset

__all__ = ["PATHS", "Health"]

PATHS = frozenset({"/livez", "/readyz"})

_log = logging.getLogger("seawall.health")


class Health:
    """The ASGI application of the health paths, and the states behind them.

    Attributes:
        closing: whether the server is shutting down; not ready from then on.
    """

    def __init__(self, toolsets: Mapping[str, Toolset]) -> None:
        self.closing = False
        self._toolsets = toolsets
        self._known: frozenset[tuple[str, str]] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD. A probe by address sends its own Host, so Host is not looked at."""
        del receive
        if scope["method"] not in {"GET", "HEAD"}:
            await _answer(send, 405, b"", extra=[(b"allow", b"GET, HEAD")])
            return
        well = scope["path"] == "/livez" or self._ready()
        body = b'{"status":"ok"}' if well else b'{"status":"unavailable"}'
        await _answer(send, 200 if well else 503, body, send_body=scope["method"] == "GET")

    def _ready(self) -> bool:
        faults = frozenset(
            (name, fault) for name, toolset in self._toolsets.items() for fault in toolset.faults()
        )
        for name, fault in sorted(
            faults - self._known
        ):  # the operator is told once, the prober only the status
            _log.warning("not ready", extra={"seawall": {"toolset": name, "fault": fault}})
        self._known = faults
        return not faults and not self.closing


async def _answer(
    send: Send, status: int, body: bytes, *, send_body: bool = True, extra: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if send_body else b""})

"""`/metrics`, for Prometheus."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from seawall.runtime.http.addresses import is_loopback
from seawall.runtime.metrics import CONTENT_TYPE, PATH, Metrics

__all__ = ["Scrape", "from_this_machine"]

_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})


class Scrape:
    """The ASGI application of the metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD of the one path."""
        del receive
        if scope["type"] != "http":
            return
        if scope["path"] != PATH:
            await _answer(send, 404, b"")
        elif scope["method"] not in {"GET", "HEAD"}:
            await _answer(send, 405, b"", (b"allow", b"GET, HEAD"))
        else:
            body = self._metrics.text().encode()
            await _answer(
                send, 200, body, (b"content-type", CONTENT_TYPE.encode()), (b"cache-control", b"no-store")
            )


def from_this_machine(scope: Scope) -> bool:
    """Whether a request on the main listener is one of this machine's own, and not one that a proxy passed on."""
    client = scope.get("client")
    if client is None or not is_loopback(str(client[0])):
        return False
    return all(name not in _FORWARDED for name, _ in scope["headers"])


async def _answer(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})

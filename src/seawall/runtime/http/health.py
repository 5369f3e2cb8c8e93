"""Whether the server lives and is ready, for those who run it: answered for any Host, and disclosing next to nothing.

A toolset whose service does not answer leaves the server ready, or else one service that is down would take all
others with it. Its name is told, and nothing more: the reason stands in the log. A server that refuses every call because
none can be recorded is not ready.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping

from starlette.types import Receive, Scope, Send

from seawall.security.audit import AuditLog
from seawall.toolsets.confining import Confines
from seawall.toolsets.interface import Degrades, Toolset
from seawall.types import JsonObject

__all__ = ["AUDIT", "PATHS", "Health", "confinement", "weaknesses"]

AUDIT = "[audit]"
"""What stands in the place of a toolset's name for the records of calls; no toolset can have it."""

PATHS = frozenset({"/livez", "/readyz"})

_log = logging.getLogger("seawall.health")


class Health:
    """The ASGI application of the health paths, and the states behind them.

    Attributes:
        closing: whether the server is shutting down; not ready from then on.
    """

    def __init__(self, toolsets: Mapping[str, Toolset], audit: AuditLog | None = None) -> None:
        """Take what must work: the toolsets, and what records calls; None where nothing does."""
        self.closing = False
        self._toolsets = toolsets
        self._audit = audit
        self._known: frozenset[tuple[str, str]] = frozenset()
        self._degraded: frozenset[tuple[str, str]] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD. A probe by address sends its own Host, so Host is not looked at."""
        del receive
        if scope["method"] not in {"GET", "HEAD"}:
            await _answer(send, 405, b"", extra=[(b"allow", b"GET, HEAD")])
            return
        well = scope["path"] == "/livez" or self._ready()
        weak = self._weak() if well and scope["path"] != "/livez" else ()
        told: JsonObject = {"status": "ok" if well else "unavailable"}
        if weak:
            told["degraded"] = list(weak)
        if well and scope["path"] != "/livez" and (tier := confinement(self._toolsets)):
            told["sandbox"] = tier
        body = json.dumps(told, separators=(",", ":")).encode()
        await _answer(send, 200 if well else 503, body, send_body=scope["method"] == "GET")

    def _ready(self) -> bool:
        faults = frozenset(
            (name, fault) for name, toolset in self._toolsets.items() for fault in toolset.faults()
        ) | frozenset(self._unrecorded(refused=True))
        for name, fault in sorted(
            faults - self._known
        ):  # the operator is told once, the prober only the status
            _log.warning("not ready", extra={"seawall": {"toolset": name, "fault": fault}})
        self._known = faults
        return not faults and not self.closing

    def _weak(self) -> tuple[str, ...]:
        """The names of toolsets of which a part does not work now."""
        reasons = frozenset(weaknesses(self._toolsets)) | frozenset(self._unrecorded(refused=False))
        for name, reason in sorted(reasons - self._degraded):
            _log.warning("degraded", extra={"seawall": {"toolset": name, "fault": reason}})
        self._degraded = reasons
        return tuple(sorted({name for name, _ in reasons}))

    def _unrecorded(self, *, refused: bool) -> Iterator[tuple[str, str]]:
        """Why calls leave no record now, when they are refused for it, or when they go on without."""
        if self._audit is None or self._audit.accepts is refused:
            return
        if (reason := self._audit.hindrance) is not None:
            yield AUDIT, reason


def weaknesses(toolsets: Mapping[str, Toolset]) -> Iterator[tuple[str, str]]:
    """What does not work in toolsets that work otherwise: the toolset's name, and one sentence."""
    for name, toolset in toolsets.items():
        if isinstance(toolset, Degrades):
            for reason in toolset.degraded():
                yield name, reason


def confinement(toolsets: Mapping[str, Toolset]) -> str | None:
    """The tier of the sandbox in which programs run; None where none are run, or nothing is started."""
    tiers = (each.confinement for each in toolsets.values() if isinstance(each, Confines))
    return next(filter(None, tiers), None)


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

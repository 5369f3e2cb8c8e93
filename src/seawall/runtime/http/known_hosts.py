"""FastMCP's judgement of Host and Origin, remembered: most callers name the same host for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from fastmcp.server.http import HostOriginGuardMiddleware, HostOriginProtectionMode
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["KnownHosts"]

_MOST: Final = 64
_Named: TypeAlias = tuple[object, object, tuple[bytes, ...]]


class KnownHosts(HostOriginGuardMiddleware):
    """FastMCP's guard, asked once for each host that it lets in. Requests of web pages, with an Origin, are asked about always."""

    def __init__(
        self,
        app: ASGIApp,
        allowed_hosts: Sequence[str] | None = None,
        allowed_origins: Sequence[str] | None = None,
        mode: HostOriginProtectionMode = "auto",
    ) -> None:
        """As FastMCP makes it."""
        super().__init__(self._let_in, allowed_hosts, allowed_origins, mode)
        self._inner = app
        self._known: set[_Named | None] = set()  # None is never among them

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is known, and ask about everything else."""
        if scope["type"] != "http" or _named(scope) in self._known:
            await self._inner(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        named = _named(scope)
        if named is not None and len(self._known) < _MOST:
            self._known.add(named)
        await self._inner(scope, receive, send)


def _named(scope: Scope) -> _Named | None:
    """All that the judgement depends on; None when it depends on an Origin, too."""
    hosts: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"host":
            hosts.append(value)
        elif name == b"origin":
            return None
    server = scope.get("server")
    return scope.get("scheme"), server and server[0], tuple(hosts)

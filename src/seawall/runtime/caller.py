"""Who calls, and which scopes they have."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from fastmcp.server.context import _current_transport
from fastmcp.server.dependencies import fastmcp_request_ctx, get_access_token

__all__ = ["Scopes", "principal"]

_HTTP = frozenset({"sse", "streamable-http"})
_LOCAL = "local"
_ANONYMOUS = "anonymous"


def principal() -> str:
    """The current caller: `local`, `anonymous`, or the subject of the token that came with the request."""
    if _current_transport.get() not in _HTTP:
        return _LOCAL
    token = get_access_token()
    if token is None:
        return _ANONYMOUS
    return token.subject or token.client_id or _ANONYMOUS


class Scopes:
    """Decides whether the current caller has scopes.

    Over HTTP they are those of the token, none without one. A caller on stdio, or on any other wire that was
    opened inside of this process, has those of `[stdio] scopes`. Code that calls the server without a wire is
    the server's own process, and nothing is hidden from it.
    """

    def __init__(self, local: Iterable[str]) -> None:
        """Args: local: patterns (`*`) of what the local caller has."""
        self._local = tuple(local)

    def held(self, needed: frozenset[str]) -> bool:
        """Whether the current caller has all of the scopes."""
        if not needed:
            return True
        transport = _current_transport.get()
        if transport in _HTTP:
            token = get_access_token()
            return token is not None and needed <= set(token.scopes)
        if transport is None and fastmcp_request_ctx.get() is None:
            return True
        return all(any(fnmatchcase(scope, pattern) for pattern in self._local) for scope in needed)

"""Who calls, and which scopes they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

from fastmcp.server.auth import AccessToken
from fastmcp.server.context import _current_transport
from fastmcp.server.dependencies import fastmcp_request_ctx, get_access_token, get_http_request

from seawall.blueprint.auth import RESERVED_NAMES
from seawall.runtime.http.addresses import network_of
from seawall.toolsets.interface import Caller

__all__ = [
    "ALONE",
    "Scopes",
    "account",
    "bearer",
    "identity",
    "on_behalf",
    "over_http",
    "principal",
    "submitter",
]

_HTTP = frozenset({"sse", "streamable-http"})
_LOCAL = "local"
_ANONYMOUS = "anonymous"
_EVERY = ("*",)
_CLIENT = "client:"
_SUBJECT = "subject:"
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_ADDRESS = "address:"
_BACKGROUND = "background"

ALONE = frozenset({_LOCAL, *(f"{_ADDRESS}{network_of(host)}" for host in ("127.0.0.1", "::1"))})
"""The accounts beside which there is no other: who started the server, and who calls it without a token from the same
machine. They may have all places of the server."""


def over_http() -> bool:
    """Whether the current caller came over HTTP."""
    return _current_transport.get() in _HTTP


def principal() -> str:
    """The current caller: `local`, `anonymous`, or whose token came with the request.

    That is its subject, or of a token without one `client:` and the client. A subject that looks like another class
    of caller has `subject:` before it, so that no two callers have one name.
    """
    if _current_transport.get() not in _HTTP:
        return _LOCAL
    token = get_access_token()
    return _ANONYMOUS if token is None else bearer(token)


def bearer(token: AccessToken) -> str:
    """Whom a token names, as `principal` says it."""
    if not token.subject:
        return f"{_CLIENT}{token.client_id}" if token.client_id else _ANONYMOUS
    ambiguous = token.subject in RESERVED_NAMES or token.subject.startswith((_CLIENT, _SUBJECT))
    return f"{_SUBJECT}{token.subject}" if ambiguous else token.subject


def account() -> str:
    """On whose account limits count the current call: its class, a colon, and who in that class.

    A caller with a token is counted by its issuer and whom it names, whichever client brings it; an anonymous one
    by the address of the connection. Of IPv6 it is the
    network of 64 bits, since whoever has one address there has all of them (RFC 6177).
    """
    if _current_transport.get() not in _HTTP:
        return _LOCAL
    token = get_access_token()
    if token is not None:
        return _account_of(token)
    try:
        client = get_http_request().client
    except RuntimeError:  # the request has ended: a background task
        client = None
    return f"{_ADDRESS}{network_of(client.host)}" if client else _ANONYMOUS


def identity() -> tuple[str, str]:
    """`principal()` and `account()` of the current caller, for the price of one; in a run, of who began the task."""
    if _current_transport.get() not in _HTTP:
        return _running_for.get() or (_LOCAL, _LOCAL)
    token = get_access_token()
    return (_ANONYMOUS, account()) if token is None else (bearer(token), _account_of(token))


def submitter(account: str | None) -> tuple[str, str]:
    """Principal and account of whoever submitted the background task that runs now.

    Args:
        account: that of the request which made it, where it is known; a token says it anew.
    """
    token = get_access_token()
    if token is not None:
        return bearer(token), _account_of(token)
    if account is None or account == _LOCAL:
        return _LOCAL, account or _BACKGROUND
    return _ANONYMOUS, account


_running_for: ContextVar[tuple[str, str] | None] = ContextVar("seawall_running_for", default=None)
"""Principal and account of who began the background task that runs now; None outside of one."""


@contextmanager
def on_behalf(principal: str, account: str) -> Iterator[None]:
    """What runs in the block is a background task of that caller: so are the calls that it makes, and their scopes."""
    token = _running_for.set((principal, account))
    try:
        yield
    finally:
        _running_for.reset(token)


def _account_of(token: AccessToken) -> str:
    issuer = (token.claims or {}).get("iss")
    return f"principal:{(issuer, bearer(token))!r}"  # quoted, so that no two pairs are written alike


def _headers() -> Mapping[str, str]:
    """The headers of the current request over HTTP, as they came; none once it has ended."""
    try:
        return get_http_request().headers
    except RuntimeError:  # the request has ended: a background task
        return _NONE


def _presented(token: AccessToken, headers: Mapping[str, str]) -> str:
    """The access token itself, as it came with the request; empty for a fixed one, which is for this server alone.

    What our own verifier says of it does not hold it: that is kept with sessions and background tasks.
    """
    if token.token:
        return token.token
    scheme, _, text = headers.get("authorization", "").partition(" ")
    return text.strip() if (token.claims or {}).get("iss") and scheme.lower() == "bearer" else ""


class Scopes:
    """Decides whether the current caller has scopes.

    Over HTTP they are those of the token, none without one. A caller on stdio, or on any other wire that was
    opened inside of this process, has those of `[stdio] scopes`. Code that calls the server without a wire is
    the server's own process, and nothing is hidden from it.
    """

    def __init__(self, local: Iterable[str], *, challenge: bool = False) -> None:
        """Take what the blueprint says.

        Args:
            local: patterns (`*`) of what the local caller has.
            challenge: whether callers with a token are shown what they lack scopes for.
        """
        self.local = tuple(local)
        self._challenge = challenge

    def held(self, needed: frozenset[str]) -> bool:
        """Whether the current caller has all of the scopes."""
        if not needed:
            return True
        transport = _current_transport.get()
        if transport in _HTTP:
            token = get_access_token()
            return token is not None and needed.issubset(token.scopes)
        if transport is None and fastmcp_request_ctx.get() is None:
            return self._of_process(_LOCAL).holds(*needed)
        return self.held_locally(needed)

    def held_locally(self, needed: frozenset[str]) -> bool:
        """Whether a caller on stdio, or on another wire of this process, has all of the scopes."""
        return Caller(_LOCAL, patterns=self.local).holds(*needed)

    def shown(self, needed: frozenset[str]) -> bool:
        """Whether the current caller is told that something exists for which the scopes are needed."""
        return self.held(needed) or (self._challenge and self._has_token())

    def _has_token(self) -> bool:
        return _current_transport.get() in _HTTP and get_access_token() is not None

    def caller(self, name: str) -> Caller:
        """The current caller with their scopes; `name` is the principal, which a request knows already."""
        transport = _current_transport.get()
        if transport in _HTTP:
            token = get_access_token()
            headers = _headers()
            if token is None:
                return Caller(name, headers=headers)
            return Caller(
                name,
                scopes=frozenset(token.scopes),
                challenged=self._challenge,
                token=_presented(token, headers),
                headers=headers,
            )
        if transport is None and fastmcp_request_ctx.get() is None:
            return self._of_process(name)
        return Caller(name, patterns=self.local)

    def _of_process(self, name: str) -> Caller:
        """The server's own code, which has every scope; but of a background task no more than who began it."""
        running = _running_for.get()
        if running is None:
            return Caller(name, patterns=_EVERY)
        if (token := get_access_token()) is not None:
            return Caller(name, scopes=frozenset(token.scopes), challenged=self._challenge)
        return Caller(name, patterns=self.local if running[0] == _LOCAL else ())

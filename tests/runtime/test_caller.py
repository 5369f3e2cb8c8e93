"""Who calls, and which scopes they have, by the way that they came."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from fastmcp.server.auth import AccessToken
from fastmcp.server.context import reset_transport, set_transport
from fastmcp.server.http import set_http_request
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.requests import Request

from seawall.runtime.caller import Scopes, account, identity, principal


@contextmanager
def over(
    transport: Literal["stdio", "sse", "streamable-http"], *, token: AccessToken | None = None
) -> Iterator[None]:
    """A call that came over that transport, with that token."""
    transport_token = set_transport(transport)
    user_token = auth_context_var.set(AuthenticatedUser(token) if token else None)
    try:
        yield
    finally:
        auth_context_var.reset(user_token)
        reset_transport(transport_token)


def token(
    *scopes: str, subject: str | None = "alice", client: str = "client-1", issuer: str | None = None
) -> AccessToken:
    claims = {"iss": issuer} if issuer else {}
    return AccessToken(token="t", client_id=client, scopes=list(scopes), subject=subject, claims=claims)  # noqa: S106


NEEDED = frozenset({"files:read", "files:list"})


@pytest.mark.parametrize(
    ("local", "held"),
    [
        (("*",), True),
        (("files:*",), True),
        (("files:read",), False),
        (("files:read", "files:list"), True),
        ((), False),
    ],
)
def test_on_stdio_the_blueprint_says_which_scopes_the_caller_has(local: tuple[str, ...], held: bool) -> None:
    with over("stdio"):
        assert Scopes(local).held(NEEDED) is held
        assert Scopes(local).held(frozenset())


@pytest.mark.parametrize("transport", ["streamable-http", "sse"])
@pytest.mark.parametrize(
    ("given", "held"),
    [
        (None, False),
        (token(), False),
        (token("files:read"), False),
        (token("files:read", "files:list", "x"), True),
        (token("*"), False),
    ],
)
def test_over_http_the_token_says_so_and_patterns_in_it_are_plain_words(
    transport: Literal["sse", "streamable-http"], given: AccessToken | None, held: bool
) -> None:
    with over(transport, token=given):
        assert Scopes(("*",)).held(NEEDED) is held


def test_the_servers_own_process_has_every_scope() -> None:
    assert Scopes(()).held(NEEDED)


def test_the_principal_is_the_tokens_subject_or_anonymous_and_local_elsewhere() -> None:
    assert principal() == "local"
    with over("stdio"):
        assert principal() == "local"
    with over("streamable-http"):
        assert principal() == "anonymous"
    with over("streamable-http", token=token()):
        assert principal() == "alice"
    with over("streamable-http", token=token(subject=None)):
        assert principal() == "client:client-1"


@pytest.mark.parametrize("subject", ["local", "anonymous", "client:client-1", "subject:local"])
def test_no_subject_is_taken_for_another_class_of_caller(subject: str) -> None:
    with over("streamable-http", token=token(subject=subject)):
        assert principal() == f"subject:{subject}"


def counted(given: AccessToken) -> str:
    with over("streamable-http", token=given):
        return account()


def test_a_subject_has_one_account_with_all_of_its_clients() -> None:
    first, second = (token(client=client, issuer="https://a.example") for client in ("one", "two"))
    assert counted(first) == counted(second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (token(issuer="https://a.example"), token(issuer="https://b.example")),
        (token(subject="b:c", issuer="a"), token(subject="c", issuer="a:b")),
        (token(subject="c')", issuer="a"), token(subject="c", issuer="a', 'c')")),
        (token(subject=None, client="alice"), token(subject="alice")),
        (token(subject="client:alice"), token(subject=None, client="alice")),
    ],
)
def test_no_two_callers_have_one_account(one: AccessToken, other: AccessToken) -> None:
    assert counted(one) != counted(other)


def test_the_identity_is_principal_and_account_at_once() -> None:
    cases: tuple[tuple[Literal["stdio", "sse", "streamable-http"], AccessToken | None], ...] = (
        ("stdio", None),
        ("streamable-http", None),
        ("streamable-http", token()),
        ("sse", token(subject=None)),
    )
    for transport, bearer in cases:
        with over(transport, token=bearer):
            assert identity() == (principal(), account())
    assert identity() == (principal(), account())


def test_over_http_the_caller_has_the_token_and_it_is_never_shown() -> None:
    with over("streamable-http", token=token("files:read")):
        caller = Scopes(("*",)).caller("alice")
    assert caller.token == "t"  # noqa: S105  the one of `token`
    assert "token" not in repr(caller)
    assert "headers" not in repr(caller)


@pytest.mark.parametrize(
    ("issuer", "line", "found"),
    [
        ("https://a.example", b"Bearer a.b.c", "a.b.c"),
        ("https://a.example", b"bearer  a.b.c ", "a.b.c"),
        ("https://a.example", b"Basic a.b.c", ""),
        (None, b"Bearer fixed", ""),
    ],
)
def test_a_token_of_an_authorization_server_is_the_one_of_the_request(
    issuer: str | None, line: bytes, found: str
) -> None:
    """What is kept of it does not hold it; a fixed one has no issuer, and is for this server alone."""
    scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": [(b"authorization", line)]}
    kept = token(issuer=issuer).model_copy(update={"token": ""})
    with over("streamable-http", token=kept), set_http_request(Request(scope)):
        assert Scopes(()).caller("alice").token == found


@pytest.mark.parametrize("transport", ["stdio", "streamable-http"])
def test_who_came_without_a_token_has_none(transport: Literal["stdio", "streamable-http"]) -> None:
    with over(transport):
        caller = Scopes(("*",)).caller("local")
    assert caller.token is None
    assert dict(caller.headers) == {}


def test_over_http_the_caller_has_the_headers_of_the_request() -> None:
    scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": [(b"traceparent", b"00-1-2-03")]}
    with over("streamable-http"), set_http_request(Request(scope)):
        assert dict(Scopes(()).caller("anonymous").headers) == {"traceparent": "00-1-2-03"}

"""What kinds that ask a service declare, and the policies that follow from it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from seawall.security.rate import Rate
from seawall.toolsets.remote import RemoteDeclaration, credential_of, outbound_of, token_urls, upstream_policy
from seawall.toolsets.starter import Outbound
from seawall.upstream import (
    ApiKey,
    Basic,
    Bearer,
    BreakerPolicy,
    ClientCredentials,
    RetryPolicy,
    TokenExchange,
)

OAUTH = {"token_url": "https://login.example/token", "client_id": "me", "client_secret": "env:SECRET"}


def declared(**settings: Any) -> RemoteDeclaration:
    return RemoteDeclaration.model_validate({"kind": "x", **settings})


@pytest.mark.parametrize(
    ("auth", "credential"),
    [
        ({"scheme": "api_key", "value": "env:K"}, ApiKey("env:K", "query", "key")),
        (
            {
                "scheme": "api_key",
                "value": "env:K",
                "place": "header",
                "parameter": "X-Key",
                "prefix": "Token ",
            },
            ApiKey("env:K", "header", "X-Key", "Token "),
        ),
        ({"scheme": "basic", "username": "me", "password": "env:P"}, Basic("me", "env:P")),
        ({"scheme": "bearer", "token": "file:/run/secrets/t"}, Bearer("file:/run/secrets/t")),
        (
            {"scheme": "oauth2", **OAUTH, "scopes": ("a",), "client_auth": "post"},
            ClientCredentials("https://login.example/token", "me", "env:SECRET", ("a",), client_auth="post"),
        ),
        (
            {"scheme": "token_exchange", **OAUTH, "audience": "pets"},
            TokenExchange("https://login.example/token", "me", "env:SECRET", audience="pets"),
        ),
    ],
)
def test_each_scheme_becomes_its_credential(auth: dict[str, Any], credential: object) -> None:
    declaration = declared(auth=auth)
    assert declaration.auth is not None
    assert credential_of(declaration.auth, place="query", parameter="key") == credential


def test_a_key_that_nobody_places_is_an_error() -> None:
    auth = declared(auth={"scheme": "api_key", "value": "env:K"}).auth
    assert auth is not None
    with pytest.raises(ValueError, match="place"):
        credential_of(auth)


def test_the_egress_guard_learns_where_tokens_are_asked_for() -> None:
    one = ClientCredentials("https://login.example/t", "c", "env:S")
    assert token_urls([one, Bearer("env:K"), one]) == ("https://login.example/t",)


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": {"scheme": "bearer", "token": "literal-secret-value"}},
        {"auth": {"scheme": "api_key", "value": "literal-secret-value"}},
        {"auth": {"scheme": "basic", "username": "literal-secret-value\n", "password": "env:P"}},
        {"auth": {"scheme": "oauth2", **OAUTH, "client_secret": "literal-secret-value"}},
        {"auth": {"scheme": "oauth2", **OAUTH, "token_url": "http://login.example/literal-secret-value"}},
        {"auth": {"scheme": "oauth2", "client_id": "literal-secret-value", "client_secret": "env:S"}},
        {"auth": {"scheme": "digest"}},
        {"headers": {"Authorization": "Bearer literal-secret-value"}},
        {"headers": {"Cookie": "literal-secret-value"}},
        {"headers": {"Host": "literal-secret-value"}},
        {"headers": {"X-A": "literal-secret-value\r\nX-B: c"}},
        {"forward_headers": ("authorization",)},
        {"forward_headers": ("Cookie",)},
        {"forward_headers": ("proxy_authorization",)},
        {"forward_headers": ("a b",)},
        {
            "auth": {"scheme": "bearer", "token": "env:T"},
            "credentials": {"a": {"scheme": "bearer", "token": "env:T"}},
        },
        {"networks": ("0.0.0.0/0",)},
        {"networks": ("::/0",)},
        {"networks": ("example",)},
        {"rate": "0/s"},
        {"concurrency": 0},
        {"redirects": 11},
        {"retries": {"attempts": 0}},
        {"unknown": 1},
    ],
)
def test_what_is_unsafe_or_unknown_is_refused_without_repeating_it(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        declared(**settings)
    assert "literal-secret-value" not in str(caught.value)


def test_the_policy_says_what_is_declared() -> None:
    policy = upstream_policy(
        declared(
            headers={"X-A": "b"},
            forward_headers=("Traceparent",),
            response_headers=("X-Left",),
            retries={"attempts": 5, "pause": "1s", "idempotency_key": True},
            breaker={"failures": 2, "pause": "3s"},
            rate="10/m",
            concurrency=3,
            attempt_timeout="2s",
            redirects=1,
        ),
        origins=["https://a.example", "https://b.example/v1", "https://a.example"],
    )
    assert policy.origins == ("https://a.example", "https://b.example/v1")
    assert policy.headers == (("X-A", "b"),)
    assert (*policy.forward, *policy.reveal) == ("traceparent", "x-left")
    assert policy.retry == RetryPolicy(attempts=5, pause=1.0, idempotency_key=True)
    assert policy.breaker == BreakerPolicy(failures=2, pause=3.0)
    assert policy.rate == Rate(10, 60.0)
    assert (policy.concurrency, policy.attempt_timeout, policy.redirects) == (3, 2.0, 1)


def test_the_defaults_of_declaration_and_policy_are_the_same() -> None:
    policy = upstream_policy(declared(), origins=["https://a.example"])
    assert (policy.retry, policy.breaker) == (RetryPolicy(), BreakerPolicy())


def test_a_deployment_opens_the_way_to_the_service_and_to_its_tokens() -> None:
    declaration = declared(auth={"scheme": "oauth2", **OAUTH})
    asked = ["https://api.example/v1", "http://10.0.0.5:8080", "https://api.example/v2"]
    places = outbound_of(declaration, asked)
    assert places == (Outbound("api.example"), Outbound("10.0.0.5", 8080), Outbound("login.example"))


def test_a_service_that_only_its_description_names_may_be_anywhere() -> None:
    assert outbound_of(declared(), [""]) == (Outbound(),)
    assert outbound_of(declared(), ["https://user@api.example"]) == ()

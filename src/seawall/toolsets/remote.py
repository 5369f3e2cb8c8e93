"""What every kind that asks a service declares in the same words, and the policies that follow from it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_network
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from seawall.blueprint.auth import SecureUrl, refused
from seawall.blueprint.quantities import DurationRule
from seawall.blueprint.secret import SecretReference
from seawall.blueprint.section import Allowed, Section
from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import (
    DeadlineExceededError,
    EgressDeniedError,
    OperationError,
    OverloadedError,
    RateLimitedError,
    UpstreamBusyError,
    UpstreamCredentialError,
    UpstreamRefusedError,
    UpstreamRequestError,
    UpstreamUnavailableError,
)
from seawall.security.egress import HostRule
from seawall.security.rate import Rate
from seawall.toolsets.starter import Outbound
from seawall.upstream import (
    ApiKey,
    Basic,
    Bearer,
    BreakerPolicy,
    ClientCredentials,
    Credential,
    RetryPolicy,
    TokenExchange,
    UpstreamPolicy,
)
from seawall.upstream.headers import may_be_fixed, may_be_forwarded

__all__ = [
    "UPSTREAM_ERRORS",
    "ApiKeyAuth",
    "AttemptsSection",
    "Auth",
    "BasicAuth",
    "BearerAuth",
    "BreakerSection",
    "ClientCredentialsAuth",
    "RemoteDeclaration",
    "RetriesSection",
    "ServiceDeclaration",
    "TokenExchangeAuth",
    "credential_of",
    "network",
    "outbound_of",
    "service_policy",
    "token_urls",
    "upstream_policy",
]

UPSTREAM_ERRORS: Final[tuple[type[OperationError], ...]] = (
    UpstreamUnavailableError,
    UpstreamRefusedError,
    UpstreamBusyError,
    UpstreamRequestError,
    UpstreamCredentialError,
    DeadlineExceededError,
    RateLimitedError,
    OverloadedError,
)
"""What any request to a service may fail with."""

_HEADER: Final = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$"
_PLAIN: Final = re.compile(r"[\x20-\x7e\x80-\U0010ffff]{1,1024}")

_Name: TypeAlias = Annotated[
    str, Field(pattern=_HEADER), Allowed("the name of a header, parameter or cookie")
]
_Pause: TypeAlias = Annotated[float, DurationRule(maximum=3600.0)]
_Rate: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{0,8}/(s|m|h)$"),
    Allowed('requests in a time, such as "20/s", "300/m" or "1000/h"'),
]


def _plain(value: str) -> str:
    if not _PLAIN.fullmatch(value):
        raise refused("one line of text, or a reference: env:NAME, file:/absolute/path or secret:NAME")
    return value


_Identity: TypeAlias = Annotated[str, AfterValidator(_plain)]


def network(value: str) -> str:
    """The same text, for an address or network.

    Raises:
        ValueError: it is neither, or all addresses at once.
    """
    allowed = "an address or network such as 10.0.0.0/8, not all addresses at once"
    try:
        network = ip_network(value)
    except ValueError:
        raise ValueError(allowed) from None
    if network.prefixlen == 0:
        raise ValueError(allowed)
    return value


class ApiKeyAuth(Section):
    """A key in a header, a query parameter or a cookie."""

    scheme: Literal["api_key"] = Field(description="A key.")
    value: SecretReference = Field(description="Where the key is.")
    place: Literal["header", "query", "cookie"] | None = Field(
        default=None, description="Where it travels; what the service's description says when unset."
    )
    parameter: _Name | None = Field(
        default=None,
        description="Name of the header, query parameter or cookie; likewise.",
        examples=["X-Api-Key"],
    )
    prefix: Annotated[
        str, Field(pattern=r"^([!-~]{1,32} ?)?$"), Allowed("a word, mostly with a space after it")
    ] = Field(default="", description="Stands before the key.", examples=["Token "])


class BasicAuth(Section):
    """User name and password."""

    scheme: Literal["basic"] = Field(description="User name and password.")
    username: _Identity = Field(
        description="The user name, or a reference when it is a secret.", examples=["reader"]
    )
    password: SecretReference | None = Field(default=None, description="Where the password is. Unset: none.")


class BearerAuth(Section):
    """A token that stays the same."""

    scheme: Literal["bearer"] = Field(description="A token that stays the same.")
    token: SecretReference = Field(description="Where the token is.")


class _TokenAuth(Section):
    """What both ways to ask for tokens have in common."""

    token_url: SecureUrl = Field(
        description="Where tokens are asked for. Never taken from a description: the client's secret goes there.",
        examples=["https://login.example/oauth/token"],
    )
    client_id: _Identity = Field(
        description="Who the server is there, or a reference to it.", examples=["workspace"]
    )
    client_secret: SecretReference = Field(description="Where its secret is.")
    scopes: tuple[
        Annotated[
            str, Field(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]{1,256}$"), Allowed("a scope without spaces")
        ],
        ...,
    ] = Field(default=(), description="What a token should allow.", examples=[["pets:read"]])
    audience: _Identity | None = Field(
        default=None,
        description="For whom a token should be, if the authorization server asks.",
        examples=["pets"],
    )
    resource: SecureUrl | None = Field(
        default=None,
        description="For which service, as a URL (RFC 8707), if the authorization server asks.",
        examples=["https://pets.example"],
    )
    client_auth: Literal["basic", "post"] = Field(
        default="basic",
        description="Whether the client's secret travels in a header (`basic`) or the form (`post`).",
    )


class ClientCredentialsAuth(_TokenAuth):
    """A token of the server's own, asked for when it is needed and kept until it expires (RFC 6749, 4.4)."""

    scheme: Literal["oauth2"] = Field(description="A token of the server's own (client credentials).")


class TokenExchangeAuth(_TokenAuth):
    """For each caller a token that theirs is exchanged for (RFC 8693): the service sees who really asks."""

    scheme: Literal["token_exchange"] = Field(description="A token for each caller, in exchange for theirs.")


Auth: TypeAlias = Annotated[
    ApiKeyAuth | BasicAuth | BearerAuth | ClientCredentialsAuth | TokenExchangeAuth,
    Field(discriminator="scheme"),
]
"""What `auth` may be, told apart by `scheme`."""


class AttemptsSection(Section):
    """How often a request is sent again that may be."""

    attempts: int = Field(default=3, ge=1, le=10, description="Times that a request is sent at most.")
    pause: _Pause = Field(
        default=0.2, description="Before the second time; it doubles, and half of it is random."
    )
    longest_pause: _Pause = Field(
        default=10.0,
        description="At most. A service that asks for more is not asked again: the caller is told when to come back.",
    )


class RetriesSection(AttemptsSection):
    """How often a request is sent again that may be: GET, HEAD, PUT, DELETE, OPTIONS, or with an Idempotency-Key."""

    idempotency_key: bool = Field(
        default=False,
        description="Send POST and PATCH with an Idempotency-Key, and so again, too. Only where the service heeds it.",
    )


class BreakerSection(Section):
    """When a host that does not answer is left alone."""

    failures: int = Field(default=5, ge=1, le=1000, description="In a row, before that.")
    pause: _Pause = Field(
        default=10.0, description="Before one request tries again; it doubles as long as that fails."
    )
    longest_pause: _Pause = Field(default=300.0, description="At most.")


class ServiceDeclaration(ToolsetDeclaration):
    """Settings of a toolset that asks a service, whatever it speaks."""

    auth: Auth | None = Field(
        default=None,
        description="Who the server is to the service.",
        examples=[{"scheme": "bearer", "token": "env:TOKEN"}],
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        description="Headers of every request. No secrets: those belong to `auth`.",
        examples=[{"Accept-Language": "en"}],
    )
    forward_headers: tuple[_Name, ...] = Field(
        default=(),
        description="Headers that are taken over from the caller's own HTTP request. Nothing else of it is.",
        examples=[["traceparent"]],
    )
    retries: AttemptsSection = Field(
        default_factory=AttemptsSection, description="How often a request is sent again."
    )
    breaker: BreakerSection = Field(
        default_factory=BreakerSection, description="When a host that does not answer is left alone."
    )
    rate: _Rate | None = Field(
        default=None, description="Requests to one host, whoever calls. More of them wait.", examples=["10/s"]
    )
    concurrency: int = Field(
        default=16,
        ge=1,
        le=10_000,
        description="Requests that are under way at the same time; no caller over HTTP has all places.",
    )
    connect_timeout: Annotated[float, DurationRule(maximum=300.0)] = Field(
        default=5.0, description="Until a connection stands."
    )
    attempt_timeout: Annotated[float, DurationRule(maximum=86400.0)] | None = Field(
        default=None, description="For each time that a request is sent; unset, each has all that is left."
    )
    networks: tuple[Annotated[str, AfterValidator(network)], ...] = Field(
        default=(),
        description="Private addresses or networks that the service, and its description at a URL, may be at; "
        "without it only public ones.",
        examples=[["10.20.0.0/16"]],
    )

    @model_validator(mode="after")
    def _headers_are_harmless(self) -> Self:
        if not all(may_be_fixed(name, value) for name, value in self.headers.items()):
            raise refused("headers of one line each, none that holds a credential or steers the connection")
        if not all(map(may_be_forwarded, self.forward_headers)):
            raise refused("in `forward_headers` no header that holds a credential or steers the connection")
        return self


class RemoteDeclaration(ServiceDeclaration):
    """Settings of a toolset that asks a service over HTTP."""

    credentials: dict[str, Auth] = Field(
        default_factory=dict,
        description="The same for a description with several security schemes: by the name of each.",
        examples=[{"petstore_key": {"scheme": "api_key", "value": "env:PETSTORE_KEY"}}],
    )
    response_headers: tuple[_Name, ...] = Field(
        default=(),
        description="Headers of an answer that the caller is told, as `headers` of the result.",
        examples=[["x-ratelimit-remaining"]],
    )
    retries: RetriesSection = Field(
        default_factory=RetriesSection, description="How often a request is sent again."
    )
    redirects: int = Field(
        default=0,
        ge=0,
        le=10,
        description="Redirects of GET that are followed, within the toolset's own hosts alone.",
    )
    http2: bool = Field(default=True, description="Use HTTP/2 where the service offers it.")

    @model_validator(mode="after")
    def _one_form_of_credentials(self) -> Self:
        if not all(map(may_be_forwarded, self.response_headers)):
            raise refused("in `response_headers` no header that holds a credential or steers the connection")
        if self.auth is not None and self.credentials:
            raise refused("either `auth` or `credentials`")
        return self


def service_policy(declaration: ServiceDeclaration, *, origins: Iterable[str]) -> UpstreamPolicy:
    """What the client of the declaration's service may do, whatever it speaks."""
    retries, breaker = declaration.retries, declaration.breaker
    return UpstreamPolicy(
        origins=tuple(dict.fromkeys(origins)),
        headers=tuple(declaration.headers.items()),
        forward=frozenset(name.lower() for name in declaration.forward_headers),
        retry=RetryPolicy(
            attempts=retries.attempts, pause=retries.pause, longest_pause=retries.longest_pause
        ),
        breaker=BreakerPolicy(
            failures=breaker.failures, pause=breaker.pause, longest_pause=breaker.longest_pause
        ),
        rate=None if declaration.rate is None else Rate.parse(declaration.rate),
        concurrency=declaration.concurrency,
        queue=8 * declaration.concurrency,
        connect_timeout=declaration.connect_timeout,
        attempt_timeout=declaration.attempt_timeout,
    )


def upstream_policy(declaration: RemoteDeclaration, *, origins: Iterable[str]) -> UpstreamPolicy:
    """What the client of the declaration's service may do; `origins` are URLs of the places it may ask."""
    policy = service_policy(declaration, origins=origins)
    return replace(
        policy,
        reveal=frozenset(name.lower() for name in declaration.response_headers),
        retry=replace(policy.retry, idempotency_key=declaration.retries.idempotency_key),
        redirects=declaration.redirects,
    )


def credential_of(
    auth: Auth, *, place: Literal["header", "query", "cookie"] | None = None, parameter: str | None = None
) -> Credential:
    """The credential that a declaration means.

    Args:
        auth: as declared.
        place: of a key, by the service's description; what is declared comes first.
        parameter: likewise.

    Raises:
        ValueError: nobody says where a key travels.
    """
    if isinstance(auth, ApiKeyAuth):
        where, name = auth.place or place, auth.parameter or parameter
        if where is None or not name:
            raise ValueError("`place` and `parameter` say where the key travels; the description does not")
        return ApiKey(auth.value, where, name, auth.prefix)
    if isinstance(auth, BasicAuth):
        return Basic(auth.username, auth.password)
    if isinstance(auth, BearerAuth):
        return Bearer(auth.token)
    kind = ClientCredentials if isinstance(auth, ClientCredentialsAuth) else TokenExchange
    return kind(
        token_url=auth.token_url,
        client_id=auth.client_id,
        client_secret=auth.client_secret,
        scopes=auth.scopes,
        audience=auth.audience,
        resource=auth.resource,
        client_auth=auth.client_auth,
    )


def token_urls(credentials: Iterable[Credential]) -> tuple[str, ...]:
    """Where tokens are asked for: the egress guard must allow these places, too."""
    asked = (each for each in credentials if isinstance(each, ClientCredentials | TokenExchange))
    return tuple(dict.fromkeys(each.token_url for each in asked))


def outbound_of(declaration: ServiceDeclaration, urls: Iterable[str]) -> tuple[Outbound, ...]:
    """What a deployment must open for the declaration: these URLs, and where its tokens are asked for.

    An empty URL is one that only the service's description tells: any public host. What is no URL is left to
    `seawall check`, which says so.
    """
    named = declaration.credentials.values() if isinstance(declaration, RemoteDeclaration) else ()
    asked = (declaration.auth, *named)
    tokens = (each.token_url for each in asked if isinstance(each, ClientCredentialsAuth | TokenExchangeAuth))
    return tuple(dict.fromkeys(place for url in (*urls, *tokens) for place in _place(url)))


def _place(url: str) -> tuple[Outbound, ...]:
    if not url:
        return (Outbound(),)
    try:
        rule = HostRule.of(url)
    except EgressDeniedError:
        return ()
    return (Outbound(rule.host, rule.port),)

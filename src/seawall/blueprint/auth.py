"""The `[http.auth]` table: how callers over HTTP prove who they are."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from seawall.blueprint.quantities import DurationRule
from seawall.blueprint.scopes import ScopeName
from seawall.blueprint.secret import SecretReference
from seawall.blueprint.section import Section

__all__ = [
    "RESERVED_NAMES",
    "HttpAuth",
    "JwtAuth",
    "NamedToken",
    "SecureUrl",
    "TokenAuth",
    "host_is_loopback",
    "refused",
    "web_url",
]

RESERVED_NAMES: Final = frozenset({"local", "anonymous"})
"""Principals without a token: no token may give these names to its bearer."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_MAX_URL: Final = 2048
_MAX_PLACE: Final = 4096


def host_is_loopback(host: str) -> bool:
    """Whether a host name or address, as it stands in a URL, means this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def web_url(value: str) -> str:
    """The value when it is an http(s) URL without user, query and fragment.

    Raises:
        ValueError: it is not; says what is allowed.
    """
    allowed = "an http or https URL of a host, without user name, query and fragment"
    try:
        parts = urlsplit(value)
        well = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(allowed) from None
    extra = parts.query or parts.fragment or "@" in parts.netloc or "?" in value or "#" in value
    if not well or extra or len(value) > _MAX_URL or not value.isascii() or not value.isprintable():
        raise ValueError(allowed)
    return value


def refused(allowed: str) -> PydanticCustomError:
    """The error of a table with secrets in it: of such a table only words of our own are shown."""
    return PydanticCustomError("refused", "{allowed}", {"allowed": allowed})


def _secure_url(value: str) -> str:
    parts = urlsplit(web_url(value))
    if parts.scheme != "https" and not host_is_loopback(parts.hostname or ""):
        raise ValueError(
            "an https URL (http only on loopback): whoever changes it on its way lets everybody in"
        )
    return value


SecureUrl: TypeAlias = Annotated[str, AfterValidator(_secure_url)]
"""An https URL, or an http one on loopback."""

Algorithm: TypeAlias = Literal[
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "Ed448",
    "EdDSA",
]
"""Asymmetric ones only: with a shared secret, whoever can check a token can also make one."""


def _place(value: str) -> str:
    if "-----BEGIN" in value or "\n" in value or len(value) > _MAX_PLACE:
        raise refused("where the key is (a path, env:NAME or file:/path), not the key itself")
    return value


class JwtAuth(Section):
    """Callers bring access tokens (JWT, RFC 9068) that an authorization server issued for this server."""

    kind: Literal["jwt"] = Field(description="Access tokens of an authorization server.")
    issuer: SecureUrl = Field(
        description="The authorization server; a token's `iss` is exactly this.",
        examples=["https://login.example"],
    )
    audience: str = Field(
        min_length=1,
        max_length=_MAX_URL,
        description="Who a token must be for (`aud`); mostly `http.public_url` with /mcp.",
        examples=["https://workspace.example/mcp"],
    )
    jwks_url: SecureUrl | None = Field(
        default=None,
        description="Where the authorization server publishes its keys. Needed unless `public_key` is set.",
        examples=["https://login.example/jwks.json"],
    )
    public_key: Annotated[str, AfterValidator(_place)] | None = Field(
        default=None,
        min_length=1,
        description="One key instead of `jwks_url`, as PEM: a path beside the blueprint, env:NAME or file:/path.",
        examples=["login.pem"],
    )
    algorithms: tuple[Algorithm, ...] = Field(
        default=("RS256", "ES256"),
        min_length=1,
        description="Signature algorithms that a token may have.",
        examples=[["ES256"]],
    )
    required_scopes: tuple[ScopeName, ...] = Field(
        default=(), description="Scopes that every caller needs.", examples=[["mcp"]]
    )
    require_type: bool = Field(
        default=False,
        description="Take only tokens whose type is at+jwt (RFC 9068); many issuers send JWT or none.",
    )
    leeway: Annotated[float, DurationRule(minimum=0.0, maximum=300.0)] = Field(
        default=30.0, description="How far the clocks of the two servers may differ."
    )

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> JwtAuth:
        if (self.jwks_url is None) == (self.public_key is None):
            raise refused("either `jwks_url` or `public_key` beside issuer and audience")
        return self


class NamedToken(Section):
    """One token with the scopes that it gives."""

    token: SecretReference = Field(description="Where the token is.")
    scopes: tuple[ScopeName, ...] = Field(
        default=(), description="What its bearer may do.", examples=[["files:read"]]
    )


def _principals(tokens: dict[str, str | NamedToken]) -> dict[str, str | NamedToken]:
    if not all(_NAME.fullmatch(name) for name in tokens):
        raise refused(
            "names of at most 64 letters, digits, '.', '_', '@' or '-', starting with a letter or digit"
        )
    if RESERVED_NAMES & tokens.keys():
        raise refused("names other than local and anonymous, which mean callers without a token")
    return tokens


class TokenAuth(Section):
    """Callers bring one of a few fixed tokens."""

    kind: Literal["token"] = Field(description="Fixed tokens, each with a name.")
    tokens: Annotated[dict[str, SecretReference | NamedToken], AfterValidator(_principals)] = Field(
        min_length=1,
        description="By the name of its bearer: where the token is, alone or in a table with `scopes`.",
        examples=[{"ci": "env:CI_TOKEN"}],
    )
    required_scopes: tuple[ScopeName, ...] = Field(
        default=(), description="Scopes that every caller needs.", examples=[["mcp"]]
    )


HttpAuth: TypeAlias = Annotated[JwtAuth | TokenAuth, Field(discriminator="kind")]
"""What `[http.auth]` may be, told apart by `kind`."""

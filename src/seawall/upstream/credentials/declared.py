"""Credentials as an operator declares them: where each secret is, never what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

__all__ = ["EVERY", "ApiKey", "Basic", "Bearer", "ClientCredentials", "Credential", "TokenExchange"]

EVERY: Final = ""
"""The name of the credential that goes with every request, whatever security schemes that names."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in a header, a query parameter or a cookie.

    Attributes:
        secret: reference to the key.
        place: where it travels.
        parameter: name of the header, parameter or cookie.
        prefix: stands before the key, such as `Token `.
    """

    secret: str
    place: Literal["header", "query", "cookie"]
    parameter: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Basic:
    """User name and password (RFC 7617). `username` is plain, or a reference; `password` a reference, or None."""

    username: str
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that stays the same (RFC 6750). `secret` is a reference."""

    secret: str


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The server asks for a token of its own (RFC 6749, 4.4), and keeps it until it expires.

    Attributes:
        token_url: where.
        client_id: plain, or a reference.
        client_secret: reference.
        scopes: what the token should allow.
        audience: for whom, if the authorization server wants to know it so.
        resource: for what (RFC 8707), likewise.
        client_auth: whether the client proves itself in a header (`basic`) or in the form (`post`).
    """

    token_url: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = ()
    audience: str | None = None
    resource: str | None = None
    client_auth: Literal["basic", "post"] = "basic"


@dataclass(frozen=True, slots=True)
class TokenExchange:
    """Each caller's token is exchanged for one that the service accepts from that caller (RFC 8693).

    The caller's own token goes to the authorization server and never to the service. Attributes as those of
    `ClientCredentials`.
    """

    token_url: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = ()
    audience: str | None = None
    resource: str | None = None
    client_auth: Literal["basic", "post"] = "basic"


Credential: TypeAlias = ApiKey | Basic | Bearer | ClientCredentials | TokenExchange
"""One way to prove to a service who asks."""

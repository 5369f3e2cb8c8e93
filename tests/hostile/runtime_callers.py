"""Rows: who calls, from where, and how much and how slowly: before a message is read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Final

from hostile.runtime_cases import Case, Play, at, said
from hostile.runtime_serve import ALICE, HEADERS, READ_TIMEOUT
from hostile.runtime_world import Http, Servers, call
from support.raw_http import connected, read_reply
from support.tokens import OTHER, RSA, claims, signed_with_the_public_key, token, unsigned

__all__ = ["CALLERS"]

_GOOD = call("modern", "echo", text="x")
_INVALID = "RFC 6750 §3.1: 401 and `invalid_token`"
_ALGORITHM = "RFC 8725 §3.1: the server chooses the algorithms"


def _client(servers: Servers) -> Http:
    return servers.token.http("modern")


def _sent(**headers: str) -> Play:
    return lambda servers: _status(_client(servers), _client(servers).bytes_of(_GOOD, None, **headers))


def _status(client: Http, data: bytes) -> str:
    """Status, and what the challenge says."""
    heard = client.send(data, 2 * READ_TIMEOUT)
    challenge = "" if heard.reply is None else heard.reply.headers.get("www-authenticate", "")
    if heard.status == 200:
        return said(heard)
    what = f"{heard.status}" if heard.status else "no answer"
    return what + (" `invalid_token`" if 'error="invalid_token"' in challenge else "")


def _raw(change: Callable[[bytes], bytes]) -> Play:
    return lambda servers: _status(_client(servers), change(_client(servers).bytes_of(_GOOD)))


def _more(*lines: str) -> Play:
    more = "".join(f"\r\n{line}" for line in lines).encode() + b"\r\n\r\n"
    return _raw(lambda data: data.replace(b"\r\n\r\n", more, 1))


def _jwt(make: Callable[..., str], **changed: Any) -> Play:
    """A token of the issuer that the server trusts, but for what is changed."""

    def play(servers: Servers) -> str:
        bearer = make(claims(servers.issuer, **changed))
        client = Http(servers.jwt, "modern", bearer)
        return _status(client, client.bytes_of(_GOOD))

    return play


def _slow(begin: Callable[[bytes], bytes]) -> Play:
    """Sends the beginning of a request and nothing more."""

    def play(servers: Servers) -> str:
        client = _client(servers)
        with connected(client.server.port) as connection:
            connection.settimeout(2 * READ_TIMEOUT)
            connection.sendall(begin(client.bytes_of(_GOOD)))
            try:
                reply = read_reply(connection)
                closed = connection.recv(1) == b""
            except TimeoutError:
                return "waits on"
        return f"{reply.status or ''}{', closed' if closed else ''}".strip(", ")

    return play


def _endless(servers: Servers) -> str:
    """A header that never ends."""
    client = _client(servers)
    with connected(client.server.port) as connection:
        connection.settimeout(2 * READ_TIMEOUT)
        with contextlib.suppress(OSError):
            connection.sendall(b"POST /mcp HTTP/1.1\r\nX-Long: " + b"a" * 1_000_000)
        try:
            return str(read_reply(connection).status or "closed")
        except TimeoutError:
            return "waits on"


CALLERS: Final[tuple[Case, ...]] = (
    at("a good call", "the control of this table", _sent(), "200 result"),
    at("no token", "RFC 6750 §3: 401", _sent(Authorization=""), "401"),
    at(
        "a wrong token", _INVALID, _sent(Authorization="Bearer wrong-0123456789abcdef"), "401 `invalid_token`"
    ),
    at("a token and more", _INVALID, _sent(Authorization=f"Bearer {ALICE}x"), "401 `invalid_token`"),
    at("two tokens", "RFC 6750 §2: one method only", _more("Authorization: Bearer x"), "400", "200 result"),
    at(
        "a foreign host",
        "MCP transports, Security: DNS rebinding",
        _sent(Host="evil.example"),
        "421",
        "200 result",
    ),
    at(
        "a foreign origin",
        "MCP transports, Security: 403",
        _sent(Origin="https://evil.example"),
        "403",
        "200 result",
    ),
    at("the origin null", "MCP transports, Security: 403", _sent(Origin="null"), "403", "200 result"),
    at("a JWT of the issuer", "the control of the next rows", _jwt(token), "200 result"),
    at(
        "a JWT for another audience",
        _INVALID,
        _jwt(token, aud="https://other.example/mcp"),
        "401 `invalid_token`",
    ),
    at("a JWT for nobody", _INVALID, _jwt(token, aud=None), "401 `invalid_token`"),
    at("a JWT of another issuer", _INVALID, _jwt(token, iss="https://evil.example"), "401 `invalid_token`"),
    at("an expired JWT", _INVALID, _jwt(token, exp=1_700_000_000), "401 `invalid_token`"),
    at(
        "a JWT that never expires",
        "RFC 9068 §2.2: `exp` is required",
        _jwt(token, exp=None),
        "401 `invalid_token`",
        "200 result",
    ),
    at("a JWT with algorithm none", _ALGORITHM, _jwt(unsigned), "401 `invalid_token`"),
    at(
        "a JWT signed with HS256 by the public key",
        _ALGORITHM,
        _jwt(signed_with_the_public_key),
        "401 `invalid_token`",
    ),
    at(
        "a JWT by another key of the same id",
        _INVALID,
        _jwt(lambda given: token(given, OTHER)),
        "401 `invalid_token`",
    ),
    at(
        "a JWT of another algorithm",
        _ALGORITHM,
        _jwt(lambda given: token(given, RSA, "PS256")),
        "401 `invalid_token`",
    ),
    at(
        "a body of 5 MiB",
        "RFC 9110 §15.5.14: 413",
        _raw(lambda data: data.replace(b"Content-Length: ", b"Content-Length: 9999", 1)),
        "413",
    ),
    at(
        "200 headers",
        "RFC 6585 §5: 431",
        _more(*(f"X-{number}: 1" for number in range(200))),
        "431",
        "200 result",
    ),
    at("headers over the limit", "RFC 6585 §5: 431", _more("X-Long: " + "a" * HEADERS), "431", "200 result"),
    at("a header without end", "RFC 6585 §5: 431", _endless, "431", "400"),
    at(
        "half of the headers, then silence",
        "RFC 9110 §15.5.9: 408",
        _slow(lambda data: data[:60]),
        "408, closed",
        "waits on",
    ),
    at(
        "half of the body, then silence",
        "RFC 9110 §15.5.9: 408",
        _slow(lambda data: data[:-5]),
        "408, closed",
        "waits on",
    ),
    at("two lengths of the body", "RFC 9112 §6.3: 400", _more("Content-Length: 1"), "400"),
    at("a length and chunks", "RFC 9112 §6.1: 400", _more("Transfer-Encoding: chunked"), "400", "no answer"),
)

"""Serves the fixture in a process of its own: `python -m hostile.runtime_serve guarded http PORT token`.

The words are: `guarded` or `bare`; `http`, a port, and `token` or the URL of an issuer; or `stdio`.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import JWTVerifier, StaticTokenVerifier

import seawall
from hostile.runtime_tools import DEADLINE, LIMIT, SECRET, build
from seawall.blueprint.auth import JwtAuth, TokenAuth
from seawall.runtime.logs import configure_logging

__all__ = ["ALICE", "AUDIENCE", "BOB", "HEADERS", "READ_TIMEOUT", "WORKERS"]

ALICE: Final = "alice-0123456789abcdef"
BOB: Final = "bob-0123456789abcdef"
AUDIENCE: Final = "https://workspace.example/mcp"
READ_TIMEOUT: Final = 1.0
HEADERS: Final = 8 * 1024
WORKERS: Final = 8
POLICY: Final = seawall.Policy(
    request_timeout=DEADLINE, response_size=LIMIT, workers=WORKERS, secrets=(SECRET,)
)


def _guarded(port: int, auth: str) -> None:
    configure_logging("json", "info")
    if port < 0:
        seawall.run(build(), POLICY)
        return
    given: Any = (
        TokenAuth(kind="token", tokens={"alice": "env:ALICE", "bob": "env:BOB"})
        if auth == "token"
        else JwtAuth(kind="jwt", issuer=auth, audience=AUDIENCE, jwks_url=f"{auth}/jwks.json", leeway=0)
    )
    settings = seawall.HttpSettings(
        port=port,
        public_url=AUDIENCE.removesuffix("/mcp"),
        auth=given,
        read_timeout=READ_TIMEOUT,
        header_limit=HEADERS,
        connections=2 * 1024,  # so that calls meet the limits of calls, not that of connections
    )
    seawall.run(build(), POLICY, transport="http", http=settings)


def _bare(port: int, auth: str) -> None:
    if port < 0:
        build().run(show_banner=False)
        return
    tokens = {ALICE: {"client_id": "alice"}, BOB: {"client_id": "bob"}}
    verifier = (
        StaticTokenVerifier(tokens)
        if auth == "token"
        else JWTVerifier(jwks_uri=f"{auth}/jwks.json", issuer=auth, audience=AUDIENCE)
    )
    mcp: FastMCP = build(auth=verifier)
    mcp.run(transport="http", port=port, show_banner=False)


def main() -> None:
    which, transport, *rest = sys.argv[1:]
    serve = _guarded if which == "guarded" else _bare
    if transport == "stdio":
        serve(-1, "")
    else:
        serve(int(rest[0]), rest[1])


if __name__ == "__main__":
    main()

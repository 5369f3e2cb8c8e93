"""Who asks an API through the server is who asks the server: their token is exchanged, and never handed on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from support.clients.interface import Era
from support.clients.raw import headers, request
from support.raw_http import Reply, exchange, message_bytes
from support.servers import HttpServer, serve_http
from support.services import Asked, Service, Wire, serving
from support.tokens import AUDIENCE, claims, issuing, token

pytestmark = pytest.mark.anyio
SECRET = "client-secret-4711"  # noqa: S105  of a test
SPEC = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "components": {"securitySchemes": {"login": {"type": "http", "scheme": "bearer"}}},
    "security": [{"login": []}],
    "paths": {"/things": {"get": {"operationId": "list_things", "responses": {}}}},
}


async def granting(asked: Asked, wire: Wire) -> None:
    """Gives whoever asks a token of their own, and tells what the API was sent."""
    if asked.line.startswith("POST /token"):
        given = f"for-{asked.form['subject_token'][-12:]}"
        await wire.answer(body={"access_token": given, "token_type": "Bearer", "expires_in": 300})
    else:
        await wire.answer(body={"said": asked.headers.get("authorization", "")})


def blueprint(directory: Path, issuer: str, service: str) -> Path:
    (directory / "api.json").write_text(json.dumps(SPEC))
    path = directory / "seawall.toml"
    path.write_text(
        f"""\
[server]
name = "things"
[[toolset]]
kind = "openapi"
spec = "api.json"
base_url = "{service}"
networks = ["127.0.0.1/32"]
auth = {{ scheme = "token_exchange", token_url = "{service}/token", client_id = "things", client_secret = "env:CLIENT_SECRET", audience = "api" }}
[http]
public_url = "https://workspace.example"
[http.auth]
kind = "jwt"
issuer = "{issuer}"
audience = "{AUDIENCE}"
jwks_url = "{issuer}/jwks.json"
"""
    )
    return path


def posted(server: HttpServer, bearer: str, message: Any, era: Era, **more: str) -> Reply:
    lines = {"Host": "127.0.0.1", **headers(era, message), "Authorization": f"Bearer {bearer}", **more}
    return exchange(server.port, message_bytes("POST", "/mcp", lines, json.dumps(message).encode()))


def result_of(reply: Reply) -> Any:
    """That of a JSON answer, or of the last event of a stream."""
    lines = reply.body.decode().splitlines()
    return json.loads([line for line in lines if line.strip()][-1].removeprefix("data: "))["result"]


def call(server: HttpServer, bearer: str) -> Any:
    message = request("modern", 1, "tools/call", {"name": "list_things", "arguments": {}})
    return result_of(posted(server, bearer, message, "modern"))


def call_in_session(server: HttpServer, *bearers: str) -> list[Any]:
    """Calls of one session, whose client renews its token between them."""
    client = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    }
    opening = posted(server, bearers[0], request("handshake", 1, "initialize", client), "handshake")
    session = {"Mcp-Session-Id": str(opening.headers["mcp-session-id"])}
    posted(
        server, bearers[0], {"jsonrpc": "2.0", "method": "notifications/initialized"}, "handshake", **session
    )
    message = request("handshake", 2, "tools/call", {"name": "list_things", "arguments": {}})
    return [result_of(posted(server, each, message, "handshake", **session)) for each in bearers]


async def test_each_caller_reaches_the_api_with_a_token_of_their_own(tmp_path: Path) -> None:
    with issuing() as issuer:
        callers = [token(claims(issuer, sub=name)) for name in ("alice", "bob")]
        async with serving(granting) as service:

            def served(service: Service) -> list[Any]:
                path = blueprint(tmp_path, issuer, service.url)
                with serve_http(tmp_path / "log", path, extra={"CLIENT_SECRET": SECRET}) as server:
                    return [call(server, each) for each in (*callers, callers[0])]

            results = await asyncio.to_thread(served, service)
    exchanges = [each for each in service.asked if each.line == "POST /token"]
    assert [each.form["subject_token"] for each in exchanges] == callers  # kept for the third call
    assert {each.form["grant_type"] for each in exchanges} == {
        "urn:ietf:params:oauth:grant-type:token-exchange"
    }
    bearers = [each.headers["authorization"] for each in service.asked if each.line == "GET /things"]
    assert bearers == [f"Bearer for-{each[-12:]}" for each in (*callers, callers[0])]
    log = (tmp_path / "log").read_text(encoding="utf-8")
    for result in results:
        assert not result["isError"]
        for secret in (SECRET, *callers, *(each.removeprefix("Bearer ") for each in bearers)):
            assert secret not in json.dumps(result)
            assert secret not in log


async def test_in_a_session_the_token_of_the_call_counts(tmp_path: Path) -> None:
    """Not the one that the session was opened with: that has expired by then."""
    with issuing() as issuer:
        first, renewed = (token(claims(issuer, jti=each)) for each in ("1", "2"))
        async with serving(granting) as service:

            def served(service: Service) -> list[Any]:
                path = blueprint(tmp_path, issuer, service.url)
                with serve_http(tmp_path / "log", path, extra={"CLIENT_SECRET": SECRET}) as server:
                    return call_in_session(server, first, renewed)

            results = await asyncio.to_thread(served, service)
    assert not any(each.get("isError") for each in results)
    exchanged = [each.form["subject_token"] for each in service.asked if each.line == "POST /token"]
    assert exchanged == [first, renewed]


async def test_a_fixed_token_is_for_this_server_alone(tmp_path: Path) -> None:
    async with serving(granting) as service:

        def served(service: Service) -> Any:
            path = blueprint(tmp_path, "https://login.example", service.url)
            text = path.read_text().partition("[http.auth]")[0]
            path.write_text(f'{text}[http.auth]\nkind = "token"\ntokens = {{ alice = "env:ALICE" }}\n')
            extra = {"CLIENT_SECRET": SECRET, "ALICE": "alice-0123456789abcdef"}
            with serve_http(tmp_path / "log", path, extra=extra) as server:
                return call(server, extra["ALICE"])

        result = await asyncio.to_thread(served, service)
    assert "without an access token of theirs" in json.dumps(result)
    assert service.asked == []

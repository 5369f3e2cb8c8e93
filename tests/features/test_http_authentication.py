"""Callers with access tokens of an authorization server: real keys, a real key server, a real `seawall serve`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from support.clients.raw import headers, request
from support.raw_http import Reply, exchange, message_bytes
from support.servers import HttpServer, run, serve_http, wait_for_record
from support.tokens import (
    AUDIENCE,
    EC,
    FOR_ENCRYPTION,
    OTHER,
    RSA,
    claims,
    issuing,
    signed_with_the_public_key,
    token,
    unsigned,
)

pytestmark = pytest.mark.whole

LISTING = request("modern", 1, "tools/list")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with issuing() as url:
        yield url


def blueprint(directory: Path, keys: str, issuer: str, *, more: str = "") -> Path:
    (directory / "root").mkdir(exist_ok=True)
    path = directory / "seawall.toml"
    path.write_text(
        f"""\
[server]
name = "test"
[[toolset]]
kind = "filesystem"
roots = "root"
scopes = ["files:read"]
[http]
public_url = "https://workspace.example"
{more}
[http.auth]
kind = "jwt"
issuer = "{issuer}"
audience = "{AUDIENCE}"
required_scopes = ["mcp"]
leeway = "10s"
{keys}
"""
    )
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[HttpServer]:
    directory = tmp_path_factory.mktemp("jwt")
    with serve_http(
        directory / "log", blueprint(directory, f'jwks_url = "{issuer}/jwks.json"', issuer)
    ) as running:
        yield running


def ask(server: HttpServer, bearer: str | None, message: Any = LISTING) -> Reply:
    lines = {"Host": "127.0.0.1", **headers("modern", message)}
    if bearer is not None:
        lines["Authorization"] = f"Bearer {bearer}"
    return exchange(server.port, message_bytes("POST", "/mcp", lines, json.dumps(message).encode()))


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256")], ids=["RS256", "ES256"])
def test_a_good_token_lets_its_bearer_in_with_its_scopes(
    server: HttpServer, issuer: str, key: Any, algorithm: str
) -> None:
    reply = ask(server, token(claims(issuer), key, algorithm))
    assert reply.status == 200
    assert "read_file" in {tool["name"] for tool in reply.json["result"]["tools"]}


def test_a_token_without_a_tools_scopes_does_not_see_it(server: HttpServer, issuer: str) -> None:
    assert ask(server, token(claims(issuer, scope="mcp"))).json["result"]["tools"] == []


@pytest.mark.parametrize("kind", ["at+jwt", "application/at+jwt", "AT+JWT", "JWT"])
def test_the_types_that_issuers_give_to_access_tokens_are_taken(
    server: HttpServer, issuer: str, kind: str
) -> None:
    """And none, as in all other tests here."""
    assert ask(server, token(claims(issuer), typ=kind)).status == 200


def test_an_access_token_that_says_so_may_have_a_nonce(server: HttpServer, issuer: str) -> None:
    """As those of some versions of Keycloak do."""
    assert ask(server, token(claims(issuer, nonce="x", typ="Bearer"), typ="JWT")).status == 200


def test_a_blueprint_may_ask_for_the_type_of_access_tokens(tmp_path: Path, issuer: str) -> None:
    keys = f'jwks_url = "{issuer}/jwks.json"\nrequire_type = true'
    with serve_http(tmp_path / "log", blueprint(tmp_path, keys, issuer)) as running:
        assert ask(running, token(claims(issuer), typ="at+jwt")).status == 200
        assert ask(running, token(claims(issuer), typ="JWT")).status == 401
        assert ask(running, token(claims(issuer))).status == 401


@pytest.mark.parametrize(
    ("named", "principal"),
    [
        ({"sub": "bob", "client_id": "app"}, "bob"),
        ({"sub": None, "client_id": "carol"}, "client:carol"),
        ({"sub": None, "azp": "dave"}, "client:dave"),
        ({"sub": "erin", "client_id": "erin"}, "client:erin"),
    ],
)
def test_a_client_is_no_user_of_the_same_name(
    server: HttpServer, issuer: str, named: dict[str, Any], principal: str
) -> None:
    """RFC 9068, section 5: whoever may choose a client's id could take a user's name."""
    call = request("modern", 1, "tools/call", {"name": "list_directory", "arguments": {}})
    assert ask(server, token(claims(issuer, **named)), call).status == 200
    wait_for_record(server.log, event="call", principal=principal)


def test_clocks_may_differ_within_the_leeway(server: HttpServer, issuer: str) -> None:
    assert ask(server, token(claims(issuer, exp=int(time.time()) - 2))).status == 200


HOSTILE: dict[str, Any] = {
    "another audience": lambda issuer: token(claims(issuer, aud="https://other.example/mcp")),
    "no audience": lambda issuer: token(claims(issuer, aud=None)),
    "the audience within a longer one": lambda issuer: token(claims(issuer, aud=AUDIENCE + "/x")),
    "another issuer": lambda issuer: token(claims(issuer, iss="https://evil.example")),
    "an issuer with a slash more": lambda issuer: token(claims(issuer, iss=issuer + "/")),
    "no issuer": lambda issuer: token(claims(issuer, iss=None)),
    "expired": lambda issuer: token(claims(issuer, exp=int(time.time()) - 60)),
    "no expiry": lambda issuer: token(claims(issuer, exp=None)),
    "an expiry that is text": lambda issuer: token(claims(issuer, exp="2999")),
    "not yet valid": lambda issuer: token(claims(issuer, nbf=int(time.time()) + 60)),
    "issued in the future": lambda issuer: token(claims(issuer, iat=int(time.time()) + 60)),
    "nobody's": lambda issuer: token(claims(issuer, sub=None)),
    "the local caller's": lambda issuer: token(claims(issuer, sub="local")),
    "the anonymous caller's": lambda issuer: token(claims(issuer, sub="anonymous")),
    "a client's that is called so": lambda issuer: token(claims(issuer, sub=None, client_id="local")),
    "an empty subject": lambda issuer: token(claims(issuer, sub="", client_id="app")),
    "a subject that is no text, with a client": lambda issuer: token(claims(issuer, sub=1, client_id="app")),
    "a logout token": lambda issuer: token(claims(issuer), typ="logout+jwt"),
    "a logout token without a type": lambda issuer: token(claims(issuer, events={})),
    "a proof of possession": lambda issuer: token(claims(issuer), typ="dpop+jwt"),
    "an ID token": lambda issuer: token(claims(issuer, at_hash="x"), typ="JWT"),
    "an ID token by its nonce": lambda issuer: token(claims(issuer, nonce="x")),
    "an ID token by its own word": lambda issuer: token(claims(issuer, typ="ID"), typ="JWT"),
    "an ID token by its use": lambda issuer: token(claims(issuer, token_use="id")),  # noqa: S106
    "a refresh token": lambda issuer: token(claims(issuer, typ="Refresh"), typ="JWT"),
    "one that is bound to a key": lambda issuer: token(claims(issuer, cnf={"jkt": "x"}), typ="at+jwt"),
    "a subject that is a number": lambda issuer: token(claims(issuer, sub=1)),
    "an unsigned one": lambda issuer: unsigned(claims(issuer)),
    "an unsigned one in other letters": lambda issuer: unsigned(claims(issuer), "nOnE"),
    "another key under the same id": lambda issuer: token(claims(issuer), OTHER),
    "the public key as a shared secret": lambda issuer: signed_with_the_public_key(claims(issuer)),
    "another algorithm of the same key": lambda issuer: token(claims(issuer), RSA, "PS256"),
    "an unknown key id": lambda issuer: token(claims(issuer), OTHER, kid="elsewhere"),
    "a key that is for encryption": lambda issuer: token(
        claims(issuer), RSAKey.import_key(FOR_ENCRYPTION.as_pem(private=True), {"kid": "enc"})
    ),
    "a key of the token's own": lambda issuer: token(claims(issuer), OTHER, jwk=OTHER.as_dict(private=False)),
    "no JWT": lambda _issuer: "a.b.c",
    "an empty one": lambda _issuer: "..",
    "an endless one": lambda _issuer: "a" * 20_000,
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_other_token_is_invalid(server: HttpServer, issuer: str, made: Any) -> None:
    bearer = made(issuer)
    reply = ask(server, bearer)
    assert reply.status == 401
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]
    assert bearer not in reply.body.decode() + server.log.read_text()


def test_a_token_without_a_required_scope_is_forbidden_and_says_which(
    server: HttpServer, issuer: str
) -> None:
    reply = ask(server, token(claims(issuer, scope="files:read")))
    challenge = reply.headers["www-authenticate"]
    assert reply.status == 403
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="mcp"' in challenge


def test_who_lacks_scopes_for_one_tool_is_told_them_and_where_to_ask_for_more(
    tmp_path: Path, issuer: str
) -> None:
    """Specification 2026-07-28, Authorization, Scope Challenge Handling: 403 with all three parameters."""
    path = blueprint(
        tmp_path, f'jwks_url = "{issuer}/jwks.json"', issuer, more='on_missing_scope = "challenge"'
    )
    call = request("modern", 1, "tools/call", {"name": "list_directory", "arguments": {}})
    with serve_http(tmp_path / "log", path) as running:
        reply = ask(running, token(claims(issuer, scope="mcp")), call)
        assert ask(running, token(claims(issuer, scope="mcp files:read")), call).status == 200
    assert reply.status == 403
    assert reply.headers["www-authenticate"].startswith(
        'Bearer realm="test", error="insufficient_scope", scope="files:read", '
    )
    place = "https://workspace.example/.well-known/oauth-protected-resource/mcp"
    assert f'resource_metadata="{place}"' in reply.headers["www-authenticate"]


def test_a_client_without_token_learns_where_to_sign_in(server: HttpServer, issuer: str) -> None:
    """RFC 9728: the challenge names the metadata, the metadata the resource and its authorization server."""
    reply = ask(server, None)
    place = "https://workspace.example/.well-known/oauth-protected-resource/mcp"
    assert reply.status == 401
    assert (
        reply.headers["www-authenticate"] == f'Bearer realm="test", scope="mcp", resource_metadata="{place}"'
    )
    status, body = server.get("/.well-known/oauth-protected-resource/mcp", {"Host": "workspace.example"})
    metadata = json.loads(body)
    assert status == 200
    assert metadata["resource"] == AUDIENCE
    assert metadata["authorization_servers"] == [issuer]
    assert metadata["scopes_supported"] == ["mcp"]
    assert metadata["bearer_methods_supported"] == ["header"]


def test_keys_that_cannot_be_had_are_not_the_tokens_fault(tmp_path: Path, issuer: str) -> None:
    with serve_http(
        tmp_path / "log", blueprint(tmp_path, 'jwks_url = "http://127.0.0.1:9/jwks.json"', issuer)
    ) as running:
        reply = ask(running, token(claims(issuer)))
        assert (reply.status, reply.headers["retry-after"]) == (503, "5")


def test_a_known_key_goes_on_when_the_issuer_is_gone_and_unknown_ones_do_not_flood_it(tmp_path: Path) -> None:
    asked: list[str] = []

    with ExitStack() as published:
        issuer = published.enter_context(issuing(asked))
        keys = f'jwks_url = "{issuer}/jwks.json"'
        with serve_http(tmp_path / "log", blueprint(tmp_path, keys, issuer)) as running:
            assert ask(running, token(claims(issuer))).status == 200
            for number in range(30):
                assert ask(running, token(claims(issuer), OTHER, kid=f"made-up-{number}")).status == 401
            published.close()
            assert ask(running, token(claims(issuer))).status == 200
            assert ask(running, token(claims(issuer), OTHER, kid="elsewhere")).status == 401
    assert len(asked) < 10  # one in half a minute, however slow this machine is


def test_one_key_in_a_file_beside_the_blueprint_is_enough(tmp_path: Path, issuer: str) -> None:
    (tmp_path / "login.pem").write_bytes(EC.as_pem(private=False))
    keys = 'public_key = "login.pem"\nalgorithms = ["ES256"]'
    with serve_http(tmp_path / "log", blueprint(tmp_path, keys, issuer)) as running:
        assert ask(running, token(claims(issuer), EC, "ES256")).status == 200
        assert ask(running, token(claims(issuer), RSA)).status == 401


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"hello", "no RSA, EC"), (RSA.as_pem(private=True), "it is a private key")],
)
def test_a_key_that_is_none_ends_the_start_with_one_line(
    tmp_path: Path, issuer: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "login.pem").write_bytes(content)
    done = run(
        "serve", blueprint(tmp_path, 'public_key = "login.pem"', issuer), "--transport", "http", "--port", "0"
    )
    assert (done.returncode, done.stderr.strip().count("\n")) == (1, 0)
    assert said in done.stderr
    assert "login.pem" in done.stderr


@pytest.mark.parametrize(
    ("tokens", "environment", "said"),
    [
        ('{ ci = "env:CI_TOKEN" }', {}, "'env:CI_TOKEN' cannot be used: the variable is not set"),
        ('{ ci = "env:CI_TOKEN" }', {"CI_TOKEN": "short"}, "the token of 'ci' has fewer than 16 characters"),
        (
            '{ ci = "env:CI_TOKEN" }',
            {"CI_TOKEN": "with a space in it"},
            "characters that no bearer token can have",
        ),
        (
            '{ a = "env:CI_TOKEN", b = "env:CI_TOKEN" }',
            {"CI_TOKEN": "0123456789abcdef"},
            "have the same token",
        ),
    ],
)
def test_a_token_that_cannot_be_used_ends_the_start_with_one_line_that_does_not_show_it(
    tmp_path: Path, tokens: str, environment: dict[str, str], said: str
) -> None:
    path = tmp_path / "seawall.toml"
    path.write_text(f'[server]\nname = "test"\n[http.auth]\nkind = "token"\ntokens = {tokens}\n')
    done = run("serve", path, "--transport", "http", "--port", "0", extra=environment)
    assert (done.returncode, done.stderr.strip().count("\n")) == (1, 0)
    assert said in done.stderr
    assert not any(value in done.stderr for value in environment.values() if value != "short")


def test_beyond_loopback_without_authentication_nothing_is_served(tmp_path: Path) -> None:
    path = tmp_path / "seawall.toml"
    path.write_text('[server]\nname = "test"\n')
    done = run("serve", path, "--transport", "http", "--port", "0", "--host", "0.0.0.0")
    assert done.returncode == 3
    assert "[http.auth]" in done.stderr
    assert "http.allow_unauthenticated" in done.stderr

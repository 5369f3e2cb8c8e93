"""Within one session each request has the scopes of its own token, and what a reload takes away is gone at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from features import scoped_wires
from features.scoped_wires import Http, parsed
from support.servers import serve_http, wait_for_record
from support.tokens import AUDIENCE, claims, issuing, token

SECRET = b"confidential"
BLUEPRINT = """
[server]
name = "sessions"

[[toolset]]
kind = "python"
module = "{module}"
scopes = ["docs:read"]

[prompts]
directory = "prompts"

[[resource]]
uri = "vault://{{page*}}"
directory = "vault"
scopes = ["docs:read"]
"""
TOOLS = '''
import seawall

@seawall.operation(read_only=True)
def minutes() -> str:
    """Tell what was said behind closed doors."""
    return "the confidential minutes"
'''
PROMPTS = {
    "strategy": "---\ntitle: T\nscopes: ['docs:read']\narguments:\n  who: {choices: [confidential]}\n---\nthe confidential strategy\n",
    "asks": "---\ntitle: T\n---\n{{ tool('minut' ~ 'es') }}\n",
}
REFERENCE = {"type": "ref/prompt", "name": "strategy"}
ASKED: tuple[tuple[str, dict[str, Any], bytes], ...] = (
    ("tools/call", {"name": "minutes", "arguments": {}}, SECRET),
    ("prompts/get", {"name": "strategy", "arguments": {}}, SECRET),
    ("prompts/get", {"name": "asks", "arguments": {}}, SECRET),
    ("resources/read", {"uri": "vault://rare.md"}, SECRET),
    ("completion/complete", {"ref": REFERENCE, "argument": {"name": "who", "value": ""}}, SECRET),
    ("tools/list", {}, b'"minutes"'),
    ("prompts/list", {}, b'"strategy"'),
    ("resources/list", {}, b'"vault://rare.md"'),
    ("resources/templates/list", {}, b'"vault://{page*}"'),
)


def written(directory: Path, module: str, more: str) -> Path:
    (directory / f"{module}.py").write_text(TOOLS)
    for name, text in PROMPTS.items():
        (directory / "prompts").mkdir(exist_ok=True)
        (directory / "prompts" / f"{name}.md").write_text(text)
    (directory / "vault").mkdir(exist_ok=True)
    (directory / "vault" / "rare.md").write_text("the confidential page")
    path = directory / "seawall.toml"
    path.write_text(BLUEPRINT.format(module=module) + more)
    return path


def shown(server: Http, caller: str) -> set[bool]:
    """Whether the session's requests show what needs the scope: all of them, none, or some."""
    found = set()
    for method, params, sign in ASKED:
        answer = server.ask(caller, "handshake", method, params)
        assert "jsonrpc" in parsed(answer)
        found.add(sign in answer)
    return found


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with issuing() as url:
        yield url


def test_each_request_of_a_session_has_the_scopes_of_its_own_token(
    issuer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one principal, whose session was opened with more: neither its loop nor its lists keep them."""
    auth = (
        f'[http]\npublic_url = "https://sessions.example"\n[http.auth]\nkind = "jwt"\nissuer = "{issuer}"\n'
        f'audience = "{AUDIENCE}"\njwks_url = "{issuer}/jwks.json"\n'
    )
    tokens = {
        "wide": token(claims(issuer, scope="docs:read")),
        "narrow": token(claims(issuer, scope="docs:list")),
    }
    monkeypatch.setattr(scoped_wires, "TOKENS", tokens)
    with serve_http(tmp_path / "log", written(tmp_path, "jwt_session_tools", auth)) as served:
        server = Http(served.port, tmp_path / "log")
        server.session("wide")
        server.sessions["narrow"] = server.sessions["wide"]
        for _ in range(2):
            assert shown(server, "wide") == {True}
            assert shown(server, "narrow") == {False}


def test_a_scope_that_a_reload_takes_away_is_gone_within_a_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoped_wires, "TOKENS", {"alice": "alice-0123456789abcdef"})
    auth = '[http.auth]\nkind = "token"\ntokens = {{ alice = {{ token = "env:ALICE", scopes = ["{scope}"] }} }}\n'
    path = written(tmp_path, "token_session_tools", auth.format(scope="docs:read"))
    with serve_http(tmp_path / "log", path, extra={"ALICE": "alice-0123456789abcdef"}) as served:
        server = Http(served.port, tmp_path / "log")
        assert shown(server, "alice") == {True}
        written(tmp_path, "token_session_tools", auth.format(scope="docs:list"))
        os.kill(served.process.pid, signal.SIGHUP)
        wait_for_record(tmp_path / "log", event="reloaded")
        assert shown(server, "alice") == {False}

"""Nobody learns by subscribing what they may not read, and nobody holds more than their share."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.event_store import EventStore

import seawall
from support.clients.interface import Era
from support.servers import HttpServer, serve_http, wait_for_record
from support.subscribing import Http, close_streams, piped, serving, watcher
from support.tokens import AUDIENCE, claims, issuing, token

pytestmark = pytest.mark.whole

BLUEPRINT = """
[server]
name = "guarded"

[[resource]]
uri = "open://{{page*}}"
directory = "open"

[[resource]]
uri = "vault://{{page*}}"
directory = "vault"
scopes = ["docs:read"]

[[resource]]
uri = "secret://plan"
file = "vault/plan.md"
scopes = ["docs:read"]

[[resource]]
uri = "said://{{name}}"
function = "guarded_functions:said"
scopes = ["docs:read"]
"""
TOKENS = {"alice": "alice-0123456789abcdef", "bob": "bob-0123456789abcdefgh"}
AUTH = """
[http]
on_missing_scope = "{missing}"
public_url = "https://guarded.example"
[http.auth]
kind = "token"
[http.auth.tokens]
alice = {{ token = "env:ALICE", scopes = ["{scope}"] }}
bob = {{ token = "env:BOB", scopes = ["docs:list"] }}
"""
ERAS: tuple[Era, ...] = ("handshake", "modern")
CHANGED = "notifications/resources/updated"


@pytest.fixture(autouse=True)
def _closed_streams() -> Iterator[None]:
    yield
    close_streams()


def written(directory: Path, more: str = "") -> Path:
    for name in ("open/page.md", "vault/rare.md", "vault/plan.md", "outside.md"):
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text("confidential")
    (directory / "guarded_functions.py").write_text("def said(name: str) -> str:\n    return name\n")
    (directory / "seawall.toml").write_text(BLUEPRINT.format() + more)
    return directory / "seawall.toml"


def change(directory: Path, *names: str) -> None:
    for name in names:
        (directory / name).write_text(f"changed {time.monotonic_ns()}")


@contextlib.contextmanager
def served(directory: Path, *, missing: str = "hide") -> Iterator[HttpServer]:
    path = written(directory, AUTH.format(missing=missing, scope="docs:read"))
    extra = {each.upper(): secret for each, secret in TOKENS.items()}
    with serve_http(directory / "log", path, extra=extra) as server:
        yield server


@pytest.fixture(scope="module")
def hiding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    with served(tmp_path_factory.mktemp("hiding")) as server:
        yield server


HIDDEN = {
    "a file": ("secret://plan", "secret://none"),
    "a page of a directory": ("vault://rare.md", "vault://none.md"),
    "a function": ("said://all", "sung://all"),
    "a page that is not there": ("vault://gone.md", "vaults://gone.md"),
}


@pytest.mark.parametrize("case", sorted(HIDDEN))
def test_what_needs_scopes_answers_as_if_it_did_not_exist(hiding: HttpServer, case: str) -> None:
    there, nowhere = HIDDEN[case]
    wire = Http(hiding.port, TOKENS["bob"]).begin()
    answers = [
        repr(wire.ask("handshake", "resources/subscribe", {"uri": uri})["error"]) for uri in (there, nowhere)
    ]
    assert answers[0] == answers[1].replace(nowhere, there)
    said = wire.listen(there, nowhere, "open://page.md").message()
    assert said["params"]["notifications"] == {"resourceSubscriptions": ["open://page.md"]}


NOT_THERE = (
    "open://../vault/rare.md",
    "open://../outside.md",
    "open://%2e%2e/outside.md",
    "open://page.md/",
    "open:///etc/hostname",
    "open://page.md\x00",
    "open://./page.md",
    "open://link.md",
    "open://up/outside.md",
    "open://pipe",
    "open://folder",
    "open://.env",
    "open://",
    "OPEN://page.md",
    "open://page.md?x",
    "open://page.md#x",
    "open://" + "a" * 5000,
    "file:///etc/hostname",
    "",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("world")
    written(directory)
    place = directory / "open"
    (place / "link.md").symlink_to(directory / "outside.md")
    (place / "up").symlink_to(directory)
    (place / "folder").mkdir()
    (place / ".env").write_text("KEY=secret")
    os.mkfifo(place / "pipe")
    return directory


@pytest.fixture(scope="module")
def wide(world: Path) -> Iterator[HttpServer]:
    with serve_http(world / "log", world / "seawall.toml") as server:
        yield server


@pytest.mark.parametrize("uri", NOT_THERE, ids=[repr(each[:30]) for each in NOT_THERE])
def test_no_uri_leads_where_a_read_does_not(wide: HttpServer, uri: str) -> None:
    wire = Http(wide.port).begin()
    error = wire.ask("handshake", "resources/subscribe", {"uri": uri})["error"]
    assert (error["code"], error["data"]) == (-32002, {"uri": uri})
    said = wire.listen(uri, "open://page.md").message()
    assert said["params"]["notifications"] == {"resourceSubscriptions": ["open://page.md"]}


MISSHAPEN: dict[str, tuple[str, dict[str, Any]]] = {
    "no URI": ("resources/subscribe", {}),
    "a number": ("resources/subscribe", {"uri": 1}),
    "a list": ("resources/subscribe", {"uri": ["open://page.md"]}),
    "no filter": ("subscriptions/listen", {}),
    "a filter that is none": ("subscriptions/listen", {"notifications": "open://page.md"}),
    "URIs that are none": ("subscriptions/listen", {"notifications": {"resourceSubscriptions": [1, {}]}}),
    "a URI for a list": (
        "subscriptions/listen",
        {"notifications": {"resourceSubscriptions": "open://page.md"}},
    ),
}


@pytest.mark.parametrize("case", sorted(MISSHAPEN))
def test_what_has_not_its_form_is_refused(wide: HttpServer, case: str) -> None:
    method, params = MISSHAPEN[case]
    era: Era = "modern" if method == "subscriptions/listen" else "handshake"
    wire = Http(wide.port).begin()
    assert wire.ask(era, method, params)["error"]["code"] == -32602


def test_a_file_that_becomes_a_way_out_is_told_of_and_not_followed(tmp_path: Path) -> None:
    """It is gone, as for a read; what it leads to may change as it likes."""
    with piped(tmp_path / "log", written(tmp_path)) as wire:
        watched = (
            watcher(wire, "handshake", "open://page.md", "open://other.md") if _other(tmp_path) else None
        )
        assert watched is not None
        (tmp_path / "open" / "page.md").unlink()
        (tmp_path / "open" / "page.md").symlink_to(tmp_path / "outside.md")
        assert watched.changed() == "open://page.md"
        change(tmp_path, "outside.md")
        change(tmp_path, "open/other.md")
        assert watched.changed() == "open://other.md"


def _other(directory: Path) -> bool:
    return bool((directory / "open" / "other.md").write_text("other"))


def test_a_weaker_token_on_the_stream_of_a_session_hears_nothing_of_what_it_may_not_read(
    tmp_path: Path,
) -> None:
    """Both are of one principal: the session is theirs, what the other token subscribed to is not."""
    with issuing() as issuer:
        auth = (
            f'[http]\npublic_url = "https://guarded.example"\n[http.auth]\nkind = "jwt"\nissuer = "{issuer}"\n'
            f'audience = "{AUDIENCE}"\njwks_url = "{issuer}/jwks.json"\n'
        )
        strong, weak = (token(claims(issuer, scope=scope)) for scope in ("docs:read", "docs:list"))
        with serve_http(tmp_path / "log", written(tmp_path, auth)) as server:
            wire = Http(server.port, strong).begin()
            for uri in ("secret://plan", "vault://rare.md", "open://page.md"):
                assert wire.ask("handshake", "resources/subscribe", {"uri": uri})["result"] == {}
            stream = Http(server.port, weak, session=wire.session).listening()
            assert stream.status == 200
            change(tmp_path, "vault/plan.md", "vault/rare.md", "open/page.md")
            assert stream.message()["params"]["uri"] == "open://page.md"
            stream.close()
            change(tmp_path, "vault/plan.md")
            again = wire.listening()
            while again.status == 409:  # the other one is not gone yet
                again = wire.listening()
            assert again.message()["params"]["uri"] == "secret://plan"


@pytest.mark.parametrize("era", ERAS)
def test_a_scope_that_a_reload_takes_away_is_gone_from_what_is_subscribed_to(
    tmp_path: Path, era: Era
) -> None:
    with served(tmp_path) as server:
        wire = Http(server.port, TOKENS["alice"])
        watched = watcher(wire, era, "secret://plan", "open://page.md")
        change(tmp_path, "vault/plan.md")
        assert watched.changed() == "secret://plan"
        written(tmp_path, AUTH.format(missing="hide", scope="docs:list"))
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for_record(tmp_path / "log", event="reloaded")
        change(tmp_path, "vault/plan.md", "open/page.md")
        assert watched.changed() == "open://page.md"


def test_on_stdio_a_scope_that_a_reload_takes_away_is_gone_too(tmp_path: Path) -> None:
    path = written(tmp_path, '[stdio]\nscopes = ["docs:read"]\n')
    with piped(tmp_path / "log", path) as wire:
        watched = watcher(wire, "modern", "secret://plan", "open://page.md")
        written(tmp_path, '[stdio]\nscopes = ["docs:list"]\n')
        os.kill(wire.process.pid, signal.SIGHUP)
        wait_for_record(tmp_path / "log", event="reloaded")
        change(tmp_path, "vault/plan.md", "open/page.md")
        assert watched.changed() == "open://page.md"


def test_a_stream_does_not_outlive_its_token(tmp_path: Path) -> None:
    with issuing() as issuer:
        auth = (
            f'[http]\npublic_url = "https://guarded.example"\n[http.auth]\nkind = "jwt"\nissuer = "{issuer}"\n'
            f'audience = "{AUDIENCE}"\njwks_url = "{issuer}/jwks.json"\nleeway = "0s"\n'
        )
        with serve_http(tmp_path / "log", written(tmp_path, auth)) as server:
            ends = int(time.time()) + 5
            stream = Http(server.port, token(claims(issuer, scope="docs:read", exp=ends))).listen(
                "secret://plan"
            )
            assert stream.message()["params"]["notifications"] == {"resourceSubscriptions": ["secret://plan"]}
            while time.time() <= ends + 1:
                time.sleep(0.1)
            change(tmp_path, "vault/plan.md")
            assert "result" in stream.message()
            assert stream.message() is None


@contextlib.contextmanager
def of_tokens(directory: Path, more: str = "") -> Iterator[tuple[HttpServer, str]]:
    """A server whose callers have tokens of an issuer."""
    with issuing() as issuer:
        auth = (
            f'{more}[http]\npublic_url = "https://guarded.example"\n[http.auth]\nkind = "jwt"\nissuer = "{issuer}"\n'
            f'audience = "{AUDIENCE}"\njwks_url = "{issuer}/jwks.json"\nleeway = "0s"\n'
        )
        with serve_http(directory / "log", written(directory, auth)) as server:
            yield server, issuer


def test_the_stream_of_a_session_ends_with_its_token_and_loses_nothing_for_the_next(tmp_path: Path) -> None:
    """Clients renew their tokens and keep their stream: they would never hear of anything again."""
    with of_tokens(tmp_path) as (server, issuer):
        ends = int(time.time()) + 4
        first = token(claims(issuer, scope="docs:read", exp=ends))
        later = token(claims(issuer, scope="docs:read"))
        wire = Http(server.port, first).begin()
        stream = wire.listening()
        assert wire.ask("handshake", "resources/subscribe", {"uri": "secret://plan"})["result"] == {}
        while time.time() <= ends + 1:
            time.sleep(0.1)
        change(tmp_path, "vault/plan.md")
        assert stream.message() is None
        again = Http(server.port, later, session=wire.session)
        assert again.listening().message()["params"]["uri"] == "secret://plan"


def test_no_request_takes_the_place_of_the_stream_of_its_session(tmp_path: Path) -> None:
    """By the name under which the SDK keeps that one a weaker token would hear what the other may."""
    held = """
[[resource]]
uri = "held://{name}"
function = "guarded_held:held"
"""
    (tmp_path / "guarded_held.py").write_text(
        "import asyncio, pathlib\n"
        "async def held(name: str) -> str:\n"
        f"    while not pathlib.Path({str(tmp_path / 'go')!r}).exists():\n"
        "        await asyncio.sleep(0.05)\n"
        "    return name\n"
    )
    with of_tokens(tmp_path, held) as (server, issuer):
        strong, weak = (token(claims(issuer, scope=scope)) for scope in ("docs:read", "docs:list"))
        wire = Http(server.port, strong).begin()
        stream = wire.listening()
        assert wire.ask("handshake", "resources/subscribe", {"uri": "secret://plan"})["result"] == {}
        other = Http(server.port, weak, session=wire.session)
        read = {"jsonrpc": "2.0", "method": "resources/read", "params": {"uri": "held://x"}}
        taking = other.stream("handshake", {**read, "id": "_GET_stream"})
        change(tmp_path, "vault/plan.md")
        assert stream.message()["params"]["uri"] == "secret://plan"
        (tmp_path / "go").touch()
        while (message := taking.message()) is not None and "error" not in message:
            assert "secret" not in str(message)


def test_a_weaker_token_that_takes_a_stream_up_again_gets_nothing_of_what_it_may_not_read(
    tmp_path: Path,
) -> None:
    mcp = seawall.assemble(written(tmp_path))
    scopes = {"strong-0123456789": ["docs:read"], "weak-0123456789": []}
    mcp.auth = StaticTokenVerifier(
        {each: {"client_id": "alice", "scopes": held} for each, held in scopes.items()}
    )
    app = seawall.http_app(mcp, resumption=seawall.Resumption(event_store=EventStore()))
    with serving(app) as port:
        strong = Http(port, "strong-0123456789").begin()
        stream = strong.listening()
        for uri in ("open://page.md", "secret://plan"):
            assert strong.ask("handshake", "resources/subscribe", {"uri": uri})["result"] == {}
        told = []
        for name in ("open/page.md", "vault/plan.md", "open/page.md"):
            change(tmp_path, name)
            told.append((stream.message()["params"]["uri"], stream.last))
        assert [uri for uri, _ in told] == ["open://page.md", "secret://plan", "open://page.md"]
        stream.close()
        again = strong.listening(told[0][1])
        assert again.message()["params"]["uri"] == "secret://plan"
        again.close()
        weak = Http(port, "weak-0123456789", session=strong.session)
        assert weak.listening(told[0][1]).message()["params"]["uri"] == "open://page.md"


def test_what_was_unsubscribed_from_is_not_told_when_somebody_listens_at_last(tmp_path: Path) -> None:
    with serve_http(tmp_path / "log", written(tmp_path)) as server:
        wire = Http(server.port).begin()
        (tmp_path / "open" / "other.md").write_text("other")
        for uri in ("open://page.md", "open://other.md"):
            assert wire.ask("handshake", "resources/subscribe", {"uri": uri})["result"] == {}
        change(tmp_path, "open/page.md")
        seen = wire.listen("open://page.md")
        assert seen.message()["method"] == "notifications/subscriptions/acknowledged"
        change(tmp_path, "open/page.md")
        assert seen.message()["method"] == CHANGED  # so the session has it to tell, too
        assert wire.ask("handshake", "resources/unsubscribe", {"uri": "open://page.md"})["result"] == {}
        stream = wire.listening()
        change(tmp_path, "open/other.md")
        assert stream.message()["params"]["uri"] == "open://other.md"


def test_no_stream_keeps_megabytes_of_a_request(wide: HttpServer) -> None:
    """Each is kept in several forms for as long as the stream is open."""
    wire = Http(wide.port)
    for more in (["open://" + "a" * 4000] * 64, [f"open://{'a' * 1000}{number}" for number in range(200)]):
        error = wire.listen("open://page.md", *more).message()["error"]
        assert error["code"] == -32602
    assert (
        "error"
        not in wire.listen(*[f"open://{'a' * 300}{n}" for n in range(255)], "open://page.md").message()
    )


def test_two_who_subscribe_at_once_to_what_is_not_there_are_both_told(tmp_path: Path) -> None:
    with piped(tmp_path / "log", written(tmp_path)) as wire:
        wire.begin()
        for number in range(20, 40):
            wire.write(
                {
                    "jsonrpc": "2.0",
                    "id": number,
                    "method": "resources/subscribe",
                    "params": {"uri": "open://none"},
                }
            )
        assert {wire.message()["error"]["code"] for _ in range(20)} == {-32002}


def test_two_callers_with_equal_request_ids_hear_each_of_their_own(hiding: HttpServer) -> None:
    directory = hiding.log.parent
    alice, bob = (Http(hiding.port, TOKENS[each]) for each in ("alice", "bob"))
    streams = [each.listen("secret://plan", "open://page.md", number=5) for each in (alice, bob)]
    granted = [each.message()["params"]["notifications"]["resourceSubscriptions"] for each in streams]
    assert granted == [["secret://plan", "open://page.md"], ["open://page.md"]]
    change(directory, "vault/plan.md")
    assert streams[0].message()["params"]["uri"] == "secret://plan"
    change(directory, "open/page.md")
    assert [each.message()["params"]["uri"] for each in streams] == ["open://page.md"] * 2


def test_where_callers_are_challenged_they_are_told_all_scopes(tmp_path: Path) -> None:
    with served(tmp_path, missing="challenge") as server:
        bob, alice = (Http(server.port, TOKENS[each]) for each in ("bob", "alice"))
        stream = bob.listen("open://page.md", "secret://plan", "vault://rare.md")
        assert stream.status == 403
        assert 'scope="docs:read"' in stream.headers["www-authenticate"]
        assert alice.listen("secret://plan").status == 200
        bob.begin()
        sent = {
            "jsonrpc": "2.0",
            "id": 3,
            "method": "resources/subscribe",
            "params": {"uri": "secret://plan"},
        }
        assert bob.stream("handshake", sent).status == 403
        for number, nowhere in enumerate(("secret://none", "vault://" + "a" * 5000)):
            sent |= {"id": number + 10, "params": {"uri": nowhere}}
            assert bob.stream("handshake", sent).status == 200


def test_no_caller_has_all_subscriptions_and_no_request_asks_for_thousands(hiding: HttpServer) -> None:
    """Many URIs of one page are as many subscriptions; bob's are gone with his streams."""
    directory = hiding.log.parent
    for number in range(256):
        (directory / "open" / f"{number}.md").write_text("page")
    alice, bob = (Http(hiding.port, TOKENS[each]) for each in ("alice", "bob"))
    pages = [f"open://{number}.md" for number in range(256)]
    too_many = bob.listen(*pages, "open://page.md").message()["error"]
    assert too_many["data"]["io.github.seawall/error"]["code"] == "too_many_subscriptions"
    streams = [bob.listen(*pages, number=number) for number in range(4)]
    said = [each.message() for each in streams]
    assert [("error" in each) for each in said] == [False, False, False, True]
    assert said[3]["error"]["data"]["io.github.seawall/error"]["code"] == "too_many_subscriptions"
    assert alice.listen("open://page.md").message()["params"]["notifications"]
    assert bob.ask("modern", "resources/read", {"uri": "open://page.md"})["result"]


def test_nobody_holds_more_than_their_share_of_streams(hiding: HttpServer) -> None:
    alice, bob = (Http(hiding.port, TOKENS[each]) for each in ("alice", "bob"))
    streams = [bob.listen("open://page.md", number=number) for number in range(33)]
    assert [("error" in each.message()) for each in streams] == [False] * 32 + [True]
    assert "error" not in alice.listen("open://page.md").message()
    streams[0].close()
    while "error" in bob.listen("open://page.md").message():
        pass


def test_a_client_that_reads_nothing_holds_up_nobody(hiding: HttpServer) -> None:
    directory = hiding.log.parent
    deaf = Http(hiding.port, TOKENS["bob"]).listen("open://page.md")
    hearing = watcher(Http(hiding.port, TOKENS["alice"]), "modern", "open://page.md")
    for _ in range(5):
        change(directory, "open/page.md")
        assert hearing.changed() == "open://page.md"
    assert deaf.status == 200


def test_a_session_whose_stream_is_not_read_is_answered_all_the_same(tmp_path: Path) -> None:
    """Some megabytes of notices fill every buffer on the way; the SDK would send no answer before the next one."""
    path = written(tmp_path, '[limits]\nrate = "100000/s"\n')
    deep = "/".join(["d" * 200] * 12)
    (tmp_path / "open" / deep).mkdir(parents=True)
    names = [f"open/{deep}/{number}.md" for number in range(200)]
    change(tmp_path, *names)
    with serve_http(tmp_path / "log", path) as server, socket.socket() as deaf:
        wire = Http(server.port).begin()
        for name in names:
            uri = name.replace("open/", "open://", 1)
            assert wire.ask("handshake", "resources/subscribe", {"uri": uri})["result"] == {}
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        head = f"GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAccept: text/event-stream\r\n"
        deaf.sendall(
            f"{head}MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {wire.session}\r\n\r\n".encode()
        )
        hearing = watcher(Http(server.port), "modern", "open://page.md")
        for _ in range(12):
            change(tmp_path, *names, "open/page.md")
            assert hearing.changed() == "open://page.md"
            assert "result" in wire.ask("handshake", "tools/list", {})


def test_a_rate_limit_counts_each_resource_of_a_stream(tmp_path: Path) -> None:
    path = written(tmp_path, '[limits]\nrate = "3/h"\n')
    with piped(tmp_path / "log", path) as wire:
        wire.listen("open://page.md", "open://a", "open://b", "open://c")
        error = wire.message()["error"]
        assert error["data"]["io.github.seawall/error"]["code"] == "rate_limited"


def test_a_server_without_sessions_promises_nothing_that_it_cannot_keep(tmp_path: Path) -> None:
    path = written(tmp_path, "[http]\nstateless = true\n")
    with serve_http(tmp_path / "log", path) as server:
        sent = {
            "jsonrpc": "2.0",
            "id": 3,
            "method": "resources/subscribe",
            "params": {"uri": "open://page.md"},
        }
        error = Http(server.port).stream("handshake", sent).message()["error"]
        assert error["data"]["io.github.seawall/error"]["code"] == "not_subscribable"
        watched = watcher(Http(server.port), "modern", "open://page.md")
        change(tmp_path, "open/page.md")
        assert watched.changed() == "open://page.md"

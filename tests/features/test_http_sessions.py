"""Sessions of handshake clients: how many there are is bounded, and nobody can take all of them."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clients.raw import headers, request
from support.raw_http import Reply, connected, exchange, message_bytes
from support.servers import HttpServer, serve_http

pytestmark = pytest.mark.whole

TOKENS = {"ALICE": "alice-0123456789abcdef", "BOB": "bob-0123456789abcdef", "CAROL": "carol-0123456789abcdef"}
OPENING = request(
    "handshake",
    1,
    "initialize",
    {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
)
LISTING = request("handshake", 2, "tools/list")


@contextlib.contextmanager
def serving(directory: Path, http: str, *, authenticated: bool = True) -> Iterator[HttpServer]:
    auth = '[http.auth]\nkind = "token"\ntokens = { alice = "env:ALICE", bob = "env:BOB", carol = "env:CAROL" }\n'
    path = directory / "seawall.toml"
    path.write_text(f'[server]\nname = "test"\n[http]\n{http}\n{auth if authenticated else ""}')
    with serve_http(directory / "log", path, extra=TOKENS) as server:
        yield server


def sent(name: str, message: object = LISTING, *, session: str = "", method: str = "POST") -> bytes:
    lines = {"Host": "127.0.0.1", "Authorization": f"Bearer {TOKENS[name]}", "Mcp-Session-Id": session}
    known = message if isinstance(message, dict) else LISTING
    body = b"" if message is None else json.dumps(message).encode()
    return message_bytes(method, "/mcp", lines | headers("handshake", known), body)


def opened(server: HttpServer, name: str) -> str:
    return str(opening(server, name).headers["mcp-session-id"])


def opening(server: HttpServer, name: str) -> Reply:
    return exchange(server.port, sent(name, OPENING))


def status(server: HttpServer, name: str, session: str) -> int:
    return exchange(server.port, sent(name, session=session)).status


def count(server: HttpServer) -> int:
    lines = server.get("/metrics")[1].splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("seawall_http_sessions "))


def test_a_new_session_takes_the_place_of_the_one_idle_longest_of_who_has_the_most(tmp_path: Path) -> None:
    """The client that lost it gets 404, by which it knows to initialize anew (specification 2025-11-25)."""
    with serving(tmp_path, "sessions = 4") as server:
        bobs, *alices = opened(server, "BOB"), *(opened(server, "ALICE") for _ in range(3))
        assert status(server, "ALICE", alices[0]) == 200
        carols = opened(server, "CAROL")
        assert [status(server, "ALICE", each) for each in alices] == [200, 404, 200]
        assert [status(server, "BOB", bobs), status(server, "CAROL", carols)] == [200, 200]
        assert count(server) == 4


def test_without_authentication_an_address_is_an_account(tmp_path: Path) -> None:
    with serving(tmp_path, "sessions = 2", authenticated=False) as server:
        first, second, third = (opened(server, "ALICE") for _ in range(3))
        assert [status(server, "ALICE", each) for each in (first, second, third)] == [404, 200, 200]


def test_a_flood_of_sessions_of_one_caller_leaves_the_others_theirs(tmp_path: Path) -> None:
    with serving(tmp_path, "sessions = 10") as server:
        bobs = opened(server, "BOB")
        for _ in range(50):
            opened(server, "ALICE")
        assert status(server, "BOB", bobs) == 200
        assert count(server) == 10


def test_who_is_not_let_in_costs_nobody_a_session(tmp_path: Path) -> None:
    with serving(tmp_path, "sessions = 1") as server:
        bobs = opened(server, "BOB")
        wrong = sent("ALICE", OPENING).replace(TOKENS["ALICE"].encode(), b"wrong-0123456789abcdef")
        assert exchange(server.port, wrong).status == 401
        assert (
            exchange(server.port, sent("ALICE", LISTING)).status == 400
        )  # opens none, though it has no session
        assert status(server, "BOB", bobs) == 200


def test_while_all_of_ones_sessions_are_busy_one_is_told_to_come_again(tmp_path: Path) -> None:
    with serving(tmp_path, "sessions = 2") as server:
        with contextlib.ExitStack() as stack:
            for _ in range(2):
                stream = stack.enter_context(connected(server.port))
                stream.sendall(sent("ALICE", None, session=opened(server, "ALICE"), method="GET"))
                assert stream.recv(12) == b"HTTP/1.1 200"
            reply = opening(server, "ALICE")
            assert (reply.status, reply.headers["retry-after"]) == (429, "1")
            assert "mcp-session-id" not in reply.headers
            assert "too many sessions" in reply.json["error"]["message"]
            assert count(server) == 2
        until_opened(server)


def until_opened(server: HttpServer) -> None:
    """A server learns a moment later that a client has gone."""
    end = time.monotonic() + 60
    while opening(server, "ALICE").status != 200:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_session_ends_with_its_client_and_when_it_was_idle_for_long(tmp_path: Path) -> None:
    with serving(tmp_path, 'session_idle_timeout = "1s"') as server:
        ended, forgotten = opened(server, "ALICE"), opened(server, "ALICE")
        assert exchange(server.port, sent("ALICE", None, session=ended, method="DELETE")).status == 200
        assert count(server) == 1
        end = time.monotonic() + 60
        while count(server):
            assert time.monotonic() < end
            time.sleep(0.1)
        assert [status(server, "ALICE", each) for each in (ended, forgotten)] == [404, 404]


def test_a_stateless_server_has_none(tmp_path: Path) -> None:
    with serving(tmp_path, "stateless = true\nsessions = 1") as server:
        assert [opening(server, "ALICE").status for _ in range(3)] == [200] * 3
        assert count(server) == 0

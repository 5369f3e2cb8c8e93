"""One table: what a hostile client sends over HTTP, and the answer that is promised. After each row, a good call works."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.clients.raw import headers, request
from support.raw_http import Reply, connected, exchange, message_bytes, read_reply
from support.servers import HttpServer, log_records, serve_http, wait_for_record

ALICE = "alice-0123456789abcdef"
BOB = "bob-0123456789abcdef"
LISTING = request("modern", 1, "tools/call", {"name": "list_directory", "arguments": {}})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    directory = tmp_path_factory.mktemp("hostile")
    (directory / "root").mkdir()
    (directory / "root" / "a.txt").write_text("a\n")
    (directory / "seawall.toml").write_text(
        """\
[server]
name = "test"

[[toolset]]
kind = "filesystem"
roots = "root"

[[toolset]]
kind = "filesystem"
name = "guarded"
prefix = "guarded_"
roots = "root"
scopes = ["files:read"]

[http]
body_limit = "64KiB"
header_limit = "8KiB"
read_timeout = "2s"

[http.auth]
kind = "token"
tokens = { alice = { token = "env:ALICE", scopes = ["files:read"] }, bob = "env:BOB" }
"""
    )
    environment = {"ALICE": ALICE, "BOB": BOB}
    with serve_http(directory / "log", directory / "seawall.toml", extra=environment) as running:
        yield running


def sent(message: Any = LISTING, **changed: str) -> bytes:
    """A good request of alice's, but for what is changed; an empty value leaves a header out."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    well_formed = isinstance(message, dict) and isinstance(message.get("params"), dict)
    named = headers("modern", message if well_formed else LISTING)
    usual = {"Host": "127.0.0.1", "Authorization": f"Bearer {ALICE}", **named}
    given = {name.replace("_", "-"): value for name, value in changed.items()}
    return message_bytes("POST", "/mcp", usual | given, body)


def with_lines(*lines: str) -> bytes:
    """A good request with more header lines."""
    return sent().replace(b"\r\n\r\n", "".join(f"\r\n{line}" for line in lines).encode() + b"\r\n\r\n", 1)


def chunked(size: int) -> bytes:
    head = sent(b"", Transfer_Encoding="chunked")
    return head + b"".join(b"400\r\n" + b" " * 1024 + b"\r\n" for _ in range(size // 1024)) + b"0\r\n\r\n"


def in_chunks(body: bytes, size: int, *, extension: str = "") -> bytes:
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    framed = b"".join(f"{len(each):x}{extension}\r\n".encode() + each + b"\r\n" for each in pieces)
    return sent(b"", Transfer_Encoding="chunked") + framed + b"0\r\n\r\n"


def probe(*lines: str) -> bytes:
    return "\r\n".join(("GET /livez HTTP/1.1", "Host: x", *lines)).encode() + b"\r\n\r\n"


def called(**params: Any) -> dict[str, Any]:
    return request("modern", 1, "tools/call", {"name": "list_directory", "arguments": {}} | params)


def numbered(number: object) -> dict[str, Any]:
    return {**LISTING, "id": number}


ROWS: dict[str, tuple[bytes, int]] = {
    # who calls (RFC 6750)
    "no token": (sent(Authorization=""), 401),
    "an empty token": (sent(Authorization="Bearer "), 401),
    "another scheme": (sent(Authorization="Basic YTpi"), 401),
    "a wrong token": (sent(Authorization="Bearer wrong-0123456789abcdef"), 401),
    "a token and more": (sent(Authorization=f"Bearer {ALICE}x"), 401),
    "the start of a token": (sent(Authorization=f"Bearer {ALICE[:-1]}"), 401),
    "two tokens in one header": (sent(Authorization=f"Bearer {ALICE}, Bearer {BOB}"), 401),
    "two headers with tokens": (with_lines(f"Authorization: Bearer {BOB}"), 400),
    "bytes that are no ASCII": (sent(Authorization="Bearer \xff\xfe\xfd-0123456789abcdef"), 401),
    "a token in the query": (
        sent(Authorization="").replace(b"/mcp", b"/mcp?access_token=" + ALICE.encode(), 1),
        401,
    ),
    # for whom (DNS rebinding, specification: Origin)
    "a foreign host": (sent(Host="evil.example"), 421),
    "a host that only begins like one": (sent(Host="127.0.0.1.evil.example"), 421),
    "the unspecified address": (sent(Host="0.0.0.0"), 421),
    "two hosts": (with_lines("Host: evil.example"), 400),
    "a port and a user": (sent(Host="localhost:80@evil.example"), 400),
    "an address and more": (sent(Host="[::1]evil.example"), 400),
    "a port that is none": (sent(Host="localhost:99999"), 400),
    "a negative port": (sent(Host="localhost:-1"), 400),
    "no host": (sent(Host=""), 400),
    "a foreign origin": (sent(Origin="https://evil.example"), 403),
    "the origin null": (sent(Origin="null"), 403),
    # too much
    "a body over the limit": (sent(b" " * (64 * 1024 + 1)), 413),
    "a declared body of an exabyte": (sent(b"", Content_Length="1" + "0" * 18), 413),
    "a chunked body over the limit": (chunked(65 * 1024), 413),
    "chunks of a byte": (in_chunks(b" " * 5000, 1), 413),
    "chunks with endless extensions": (in_chunks(b" " * 400, 1, extension=";" + "a" * 1000), 413),
    "a flood of headers": (with_lines(*(f"X-{number}: 1" for number in range(200))), 431),
    "a header over the limit": (with_lines("X-Long: " + "a" * 9000), 431),
    "an endless header": (sent()[:-2].partition(b"\r\n\r\n")[0] + b"\r\nX-Long: " + b"a" * 300_000, 431),
    "a long target": (sent().replace(b"/mcp", b"/mcp?" + b"a" * 9000, 1), 414),
    # not HTTP
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "a line without colon": (with_lines("nonsense"), 400),
    "a space before the colon": (with_lines("X-Name : 1"), 400),
    "a NUL in a header": (with_lines("X-Name: \x00"), 400),
    "a length that is none": (sent(b"", Content_Length="-1"), 400),
    "two lengths": (with_lines("Content-Length: 1"), 400),
    "a length and chunks": (with_lines("Transfer-Encoding: chunked"), 400),
    "a length and chunks, of a probe": (probe("Content-Length: 5", "Transfer-Encoding: chunked"), 400),
    "an unknown coding": (sent(b"", Transfer_Encoding="gzip"), 501),
    "a chunk size that is none": (sent(b"", Transfer_Encoding="chunked") + b"zz\r\n", 400),
    # not MCP
    "no JSON": (sent(b"{"), 400),
    "no UTF-8": (sent(b"\xff\xfe"), 400),
    "nothing": (sent(b""), 400),
    "deep JSON": (sent(b"[" * 60_000), 400),
    "a number": (sent(b"1"), 400),
    "an empty object": (sent(b"{}"), 400),
    "a batch": (sent(json.dumps([LISTING]).encode()), 400),
    "no method": (sent({"jsonrpc": "2.0", "id": 1}), 400),
    "a method that is no text": (sent({**LISTING, "method": 1}), 400),
    "another version of JSON-RPC": (sent({**LISTING, "jsonrpc": "1.0"}), 400),
    "params that are no object": (sent({**LISTING, "params": [1]}), 400),
    "an unknown method": (sent(request("modern", 1, "no/such/method")), 404),
    "a header that contradicts the body": (sent(Mcp_Name="read_file"), 400),
    "an unknown protocol version": (sent(MCP_Protocol_Version="1999-01-01"), 400),
    "another type of content": (sent(Content_Type="text/plain"), 400),
    "a client that accepts nothing we have": (sent(Accept="image/png"), 406),
    "the id null": (sent(numbered(None)), 400),
    "the id true": (sent(numbered(True)), 400),
    "an id that is a fraction": (sent(numbered(1.5)), 400),
    "an id that is an object": (sent(numbered({})), 400),
    "an id that is an array": (sent(numbered([1])), 400),
    "another method of HTTP": (sent().replace(b"POST", b"PUT", 1), 405),
    "a path that is not there": (sent().replace(b"/mcp", b"/nothing", 1), 404),
    "a path with a traversal": (sent().replace(b"/mcp", b"/../../etc/passwd", 1), 404),
}


def assert_well(server: HttpServer) -> None:
    reply = exchange(server.port, sent())
    assert reply.status == 200, reply
    assert b"a.txt" in reply.body


@pytest.mark.parametrize(("given", "status"), ROWS.values(), ids=ROWS.keys())
def test_every_hostile_request_has_its_answer_and_the_server_goes_on(
    server: HttpServer, given: bytes, status: int
) -> None:
    reply = exchange(server.port, given)
    assert reply.status == status, reply
    assert b"a.txt" not in reply.body
    assert b"Traceback" not in reply.body
    assert ALICE.encode() not in reply.body
    assert_well(server)


@pytest.mark.parametrize("authorization", ["", "Basic YTpi"])
def test_a_caller_without_token_learns_the_scheme_and_nothing_else(
    server: HttpServer, authorization: str
) -> None:
    """RFC 6750, section 3.1: without credentials there is no error code."""
    reply = exchange(server.port, sent(Authorization=authorization))
    assert (reply.status, reply.headers["www-authenticate"]) == (401, 'Bearer realm="test"')


def test_a_caller_with_a_wrong_token_is_told_that_it_is_not_valid(server: HttpServer) -> None:
    reply = exchange(server.port, sent(Authorization="Bearer wrong-0123456789abcdef"))
    assert reply.headers["www-authenticate"].startswith('Bearer realm="test", error="invalid_token"')


@pytest.mark.parametrize("number", ["1", "", "é\u202e", 0, -1, 2**53, 2**80])
def test_every_other_id_comes_back_as_it_was(server: HttpServer, number: object) -> None:
    reply = exchange(server.port, sent(numbered(number)))
    assert (reply.status, reply.json["id"]) == (200, number)


def test_requests_with_one_id_on_one_connection_are_both_answered(server: HttpServer) -> None:
    with connected(server.port) as connection:
        for _ in range(2):
            connection.sendall(sent())
            assert read_reply(connection).json["id"] == 1


def test_two_principals_with_equal_ids_each_get_their_own_answer(server: HttpServer) -> None:
    """Neither the id nor the connection decides whose answer it is (CVE-2026-25536)."""
    tools = request("modern", 7, "tools/list")
    with connected(server.port) as first, connected(server.port) as second:
        first.sendall(sent(tools))
        second.sendall(sent(tools, Authorization=f"Bearer {BOB}"))
        of_alice, of_bob = names(read_reply(first)), names(read_reply(second))
        # And one after the other on the same connection, as behind a proxy.
        first.sendall(sent(tools, Authorization=f"Bearer {BOB}"))
        assert names(read_reply(first)) == of_bob
    assert of_alice - of_bob == {name for name in of_alice if name.startswith("guarded_")} != set()


def names(reply: Reply) -> set[str]:
    return {tool["name"] for tool in reply.json["result"]["tools"]}


def test_a_session_belongs_to_the_principal_that_opened_it(server: HttpServer) -> None:
    opening = request(
        "handshake",
        1,
        "initialize",
        {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
    )

    def handshake(message: dict[str, Any], **more: str) -> Reply:
        usual = {"Host": "127.0.0.1", "Authorization": f"Bearer {ALICE}"}
        lines = usual | headers("handshake", message) | {key.replace("_", "-"): more[key] for key in more}
        return exchange(server.port, message_bytes("POST", "/mcp", lines, json.dumps(message).encode()))

    session = handshake(opening).headers["mcp-session-id"]
    listing = request("handshake", 2, "tools/list")
    assert handshake(listing, Mcp_Session_Id=session, Authorization=f"Bearer {BOB}").status == 404
    assert handshake(listing, Mcp_Session_Id="0" * 32).status == 404
    assert handshake(listing, Mcp_Session_Id=session).status == 200


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n", id="headers"),
        pytest.param(sent(b"", Content_Length="10") + b"{", id="body"),
        pytest.param(sent(b"", Transfer_Encoding="chunked") + b"1\r\n{\r\n", id="chunks"),
    ],
)
def test_a_client_that_trickles_is_told_so_and_loses_its_connection(server: HttpServer, begun: bytes) -> None:
    with connected(server.port) as connection:
        connection.sendall(begun)
        reply = read_reply(connection)
        assert (reply.status, reply.headers["connection"]) == (408, "close")
        assert connection.recv(1) == b""
    assert_well(server)


def test_a_client_that_says_nothing_loses_its_connection(server: HttpServer) -> None:
    with connected(server.port) as connection:
        assert connection.recv(1) == b""


def test_a_body_that_goes_on_after_the_answer_ends_with_the_connection(server: HttpServer) -> None:
    with connected(server.port) as connection:
        connection.sendall(sent(b"", Content_Length=str(10**9)))
        assert read_reply(connection).status == 413
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            trickle(connection)


def trickle(connection: socket.socket) -> None:
    for _ in range(10**4):
        connection.sendall(b" " * 1024)
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("begun", "rest", "status"),
    [
        pytest.param(sent(b"", Authorization="", Content_Length="1"), b"x", 401, id="no token"),
        pytest.param(
            sent(b"", Authorization="", Transfer_Encoding="chunked"), b"1\r\nx\r\n", 401, id="in chunks"
        ),
        pytest.param(sent(b"", Host="evil.example", Content_Length="1"), b"x", 421, id="a foreign host"),
    ],
)
def test_with_an_answer_that_precedes_the_body_the_connection_ends(
    server: HttpServer, begun: bytes, rest: bytes, status: int
) -> None:
    """Nobody reads such a body; and no clock would run for a connection that waits for it."""
    with connected(server.port) as connection:
        connection.sendall(begun)
        reply = read_reply(connection)
        assert (reply.status, reply.headers["connection"]) == (status, "close")
        connection.sendall(rest)
        assert connection.recv(1) == b""


def test_chunks_of_a_line_each_are_read(server: HttpServer) -> None:
    message = json.dumps(LISTING).encode() + b" " * 60_000
    reply = exchange(server.port, in_chunks(message, 80))
    assert reply.status == 200, reply


NAPPING = """\
import asyncio
from pathlib import Path
from seawall import operation

@operation(read_only=True)
async def nap() -> str:
    "Sleep for long."
    with Path(__file__).with_name("naps").open("a") as naps:
        naps.write("x")
    await asyncio.sleep(60)
    return "woke up"
"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[HttpServer]:
    """A server with three places, without authentication."""
    (tmp_path / "napping.py").write_text(NAPPING)
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "small"\n[[toolset]]\nkind = "python"\nmodule = "napping"\n[http]\nconnections = 3\n'
    )
    with serve_http(tmp_path / "log", tmp_path / "seawall.toml") as running:
        yield running


NAP = sent(request("modern", 1, "tools/call", {"name": "nap", "arguments": {}}), Authorization="")
TOOLS = sent(request("modern", 1, "tools/list"), Authorization="")


def test_silent_connections_keep_nobody_out(small: HttpServer) -> None:
    held = [connected(small.port) for _ in range(200)]
    assert exchange(small.port, TOOLS).status == 200
    assert small.get("/livez")[0] == 200
    for connection in held:
        connection.close()


def test_when_all_places_are_at_work_newcomers_are_told_to_come_again_and_probes_are_answered(
    small: HttpServer, tmp_path: Path
) -> None:
    held = [connected(small.port) for _ in range(3)]
    for connection in held:
        connection.sendall(NAP)
    naps = tmp_path / "naps"  # a connection whose request was not read yet would make room for others
    wait_until(lambda: naps.is_file() and naps.read_text() == "xxx")
    wait_until(lambda: exchange(small.port, TOOLS).status == 503)
    reply = exchange(small.port, TOOLS)
    assert (reply.status, reply.headers["retry-after"], reply.headers["connection"]) == (503, "1", "close")
    assert small.get("/livez")[0] == 200
    for connection in held:
        connection.close()
    wait_until(lambda: exchange(small.port, TOOLS).status == 200)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_no_token_reaches_the_log(server: HttpServer) -> None:
    exchange(server.port, sent().replace(b"/mcp", b"/mcp?access_token=" + ALICE.encode(), 1))
    exchange(server.port, sent(Authorization=f"Bearer {ALICE}x"))
    wait_for_record(server.log, event="request", path="/mcp", status=401)
    log = server.log.read_text()
    assert ALICE not in log
    assert "?" not in "".join(record["path"] for record in log_records(server.log, event="request"))
    assert {record["principal"] for record in log_records(server.log, event="call")} <= {"alice", "bob"}

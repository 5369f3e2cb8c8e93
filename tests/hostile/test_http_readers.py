"""Clients that ask for much and take little of it: they hold a bounded part of the memory, for a time."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from endurance.watch import MIB, sample
from support.clients import Era
from support.clients.raw import headers, request
from support.raw_http import exchange, message_bytes, read_reply
from support.servers import HttpServer, log_records, serve_http

pytestmark = pytest.mark.whole

SIZE = 900_000
TOOLS = '''\
from seawall import operation

@operation(read_only=True)
def large(size: int) -> str:
    """A long text."""
    return "x" * size
'''
LARGE = request("modern", 1, "tools/call", {"name": "large", "arguments": {"size": SIZE}})
OPENING = request(
    "handshake",
    1,
    "initialize",
    {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    directory = tmp_path_factory.mktemp("readers")
    (directory / "reading.py").write_text(TOOLS)
    (directory / "seawall.toml").write_text(
        '[server]\nname = "test"\n[[toolset]]\nkind = "python"\nmodule = "reading"\n[http]\nread_timeout = "2s"\n'
    )
    with serve_http(directory / "log", directory / "seawall.toml") as running:
        yield running


def sent(server: HttpServer, era: Era = "modern", times: int = 1) -> bytes:
    """So many calls for a large text, in one piece; in the handshake era within a session of their own."""
    lines = {"Host": "127.0.0.1", **headers(era, LARGE)}
    if era == "handshake":
        opening = {"Host": "127.0.0.1", **headers("handshake", OPENING)}
        reply = exchange(server.port, message_bytes("POST", "/mcp", opening, json.dumps(OPENING).encode()))
        lines["Mcp-Session-Id"] = str(reply.headers["mcp-session-id"])
    bodies = (json.dumps(LARGE | {"id": number}).encode() for number in range(times))
    return b"".join(message_bytes("POST", "/mcp", lines, body) for body in bodies)


def narrow(server: HttpServer) -> socket.socket:
    """A connection whose own side keeps next to nothing, so that the server notices who does not read."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.settimeout(60)
    made.connect(("127.0.0.1", server.port))
    return made


def gauge(server: HttpServer, name: str) -> int:
    lines = server.get("/metrics")[1].splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("era", ["modern", "handshake"])
def test_who_takes_nothing_loses_the_connection_and_the_memory_comes_back(
    server: HttpServer, era: Era
) -> None:
    """Each asks ten times on its connection; the next answer is not made before the last one was taken."""
    messages = [sent(server, era, times=10) for _ in range(20)]
    before = sample(server.process.pid).memory
    with contextlib.ExitStack() as stack:
        lazy = [stack.enter_context(narrow(server)) for _ in messages]
        for connection, message in zip(lazy, messages, strict=True):
            connection.sendall(message)
        until(lambda: gauge(server, "seawall_http_connections") > len(lazy))
        until(lambda: gauge(server, "seawall_http_connections") == 1)
        grown = sample(server.process.pid).memory - before
        assert grown < len(lazy) * 4 * SIZE + 32 * MIB
        for connection in lazy:
            with pytest.raises((ConnectionResetError, EOFError)):
                drained(connection)
    assert gauge(server, "seawall_calls_in_flight") == 0
    assert not [record for record in log_records(server.log) if record.get("level") == "error"]


def drained(connection: socket.socket) -> None:
    """Read what there is; the end of a connection that was dropped is never the end of the answers."""
    seen = 0
    while piece := connection.recv(2**16):
        seen += len(piece)
    if seen < 10 * SIZE:
        raise EOFError


def test_who_trickles_the_answer_loses_the_connection(server: HttpServer) -> None:
    """A byte now and then does not count as reading, once what the kernel keeps for it is full."""
    with narrow(server) as connection:
        connection.sendall(sent(server, times=10))
        over = threading.Event()

        def trickle() -> None:
            with contextlib.suppress(OSError):
                while connection.recv(1) and not over.wait(0.1):
                    pass

        reader = threading.Thread(target=trickle)
        reader.start()
        until(lambda: gauge(server, "seawall_http_connections") > 1)
        until(lambda: gauge(server, "seawall_http_connections") == 1)
        over.set()
        reader.join(60)


def test_who_takes_his_time_but_takes_it_gets_the_whole_answer(server: HttpServer) -> None:
    """The clock runs for a client that takes nothing, not for the length of an answer."""
    with narrow(server) as connection:
        connection.sendall(sent(server))
        time.sleep(1)
        reply = read_reply(connection)
    assert reply.status == 200
    assert reply.json["result"]["content"][0]["text"] == "x" * SIZE

"""The end of a server while a tool waits for its client: the question may still be answered, and nothing new begins."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from typing import Any, Literal

import pytest

from support.clients.raw import headers, request
from support.raw_http import Reply, connected, exchange, message_bytes
from support.servers import HttpServer, await_readiness, environment, free_port

pytestmark = pytest.mark.whole

Question = Literal["elicitation", "sampling"]

SERVER = '''\
"""A hardened server whose tools ask their client; calls under way have so many seconds at the end."""

import sys
from dataclasses import dataclass

from fastmcp import Context, FastMCP
from mcp_types import SamplingMessage, TextContent

import seawall

mcp = FastMCP("asking")


@dataclass
class Colour:
    name: str


@mcp.tool
async def elicitation(context: Context) -> str:
    """Asks the person."""
    answer = await context.elicit("Which colour?", response_type=Colour)
    return f"the person says {answer.data.name}"


@mcp.tool
async def sampling(context: Context) -> str:
    """Asks the model."""
    question = SamplingMessage(role="user", content=TextContent(type="text", text="Which colour?"))
    answer = await context.session.create_message([question], max_tokens=10, related_request_id=context.request_id)
    return f"the model says {answer.content.text}"


port, grace = int(sys.argv[1]), float(sys.argv[2])
seawall.run(mcp, transport="http", http=seawall.HttpSettings(port=port, shutdown_grace=grace))
'''
ANSWERS: dict[Question, tuple[str, dict[str, Any], bytes]] = {
    "elicitation": (
        "elicitation/create",
        {"action": "accept", "content": {"name": "blue"}},
        b"the person says blue",
    ),
    "sampling": (
        "sampling/createMessage",
        {"role": "assistant", "content": {"type": "text", "text": "blue"}, "model": "m"},
        b"the model says blue",
    ),
}
OPENING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"elicitation": {}, "sampling": {}},
    "clientInfo": {"name": "raw", "version": "1"},
}


@contextlib.contextmanager
def serving(directory: Path, *, grace: float) -> Iterator[HttpServer]:
    (directory / "asking.py").write_text(SERVER)
    port, log = free_port(), directory / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, directory / "asking.py", str(port), str(grace)],
            env=environment(dict(os.environ)),
            stderr=stderr,
        )
    server = HttpServer(process, "127.0.0.1", port, log)
    try:
        await_readiness(server)
        yield server
    finally:
        process.kill()
        process.wait()


def sent(message: dict[str, Any], session: str = "") -> bytes:
    method = {"method": "", **message}
    lines = {"Host": "127.0.0.1", "Mcp-Session-Id": session} | headers("handshake", method)
    return message_bytes("POST", "/mcp", lines, json.dumps(message).encode())


def post(server: HttpServer, message: dict[str, Any], session: str = "") -> Reply:
    return exchange(server.port, sent(message, session))


def asked(connection: socket, method: str) -> dict[str, Any]:
    """The server's question, from the stream of the call."""
    received, end = b"", time.monotonic() + 60
    while method.encode() not in received or not received.endswith(b"\r\n"):
        assert time.monotonic() < end, received
        received += connection.recv(2**16)
    line = next(line for line in received.splitlines() if line.startswith(b"data:"))
    question: dict[str, Any] = json.loads(line.removeprefix(b"data:"))
    return question


@contextlib.contextmanager
def a_question(server: HttpServer, kind: Question) -> Iterator[tuple[socket, str, dict[str, Any]]]:
    """A call that waits for its client: its connection, its session, and the question."""
    session = str(post(server, request("handshake", 1, "initialize", OPENING)).headers["mcp-session-id"])
    assert post(server, {"jsonrpc": "2.0", "method": "notifications/initialized"}, session).status == 202
    with connected(server.port) as connection:
        connection.sendall(
            sent(request("handshake", 2, "tools/call", {"name": kind, "arguments": {}}), session)
        )
        yield connection, session, asked(connection, ANSWERS[kind][0])


def until_closing(server: HttpServer) -> None:
    end = time.monotonic() + 60
    while server.get("/readyz")[0] != 503:
        assert time.monotonic() < end
        time.sleep(0.02)


def to_the_end(connection: socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(2**16):
            received += piece
    return received


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_question_that_was_asked_before_the_end_may_be_answered_after_its_beginning(
    tmp_path: Path, kind: Question
) -> None:
    with serving(tmp_path, grace=40) as server:
        with a_question(server, kind) as (connection, session, question):
            server.process.send_signal(signal.SIGTERM)
            until_closing(server)
            refused = post(server, request("handshake", 3, "tools/list"), session)
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            answer = {"jsonrpc": "2.0", "id": question["id"], "result": ANSWERS[kind][1]}
            assert post(server, answer, session).status == 202
            assert ANSWERS[kind][2] in to_the_end(connection)
        assert server.process.wait(60) == 0
        assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_call_that_waits_for_its_client_can_be_cancelled_during_the_end(
    tmp_path: Path, kind: Question
) -> None:
    with serving(tmp_path, grace=40) as server:
        with a_question(server, kind) as (connection, session, _question):
            server.process.send_signal(signal.SIGTERM)
            until_closing(server)
            notice = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}
            assert post(server, notice, session).status == 202
            assert b"cancelled" in to_the_end(connection)
        assert server.process.wait(30) == 0


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_question_that_nobody_answers_ends_with_the_grace(tmp_path: Path, kind: Question) -> None:
    """Its stream ends as streams do, so that the client sees an end and no broken connection."""
    with serving(tmp_path, grace=1) as server:
        with a_question(server, kind) as (connection, _session, _question):
            server.process.send_signal(signal.SIGTERM)
            assert to_the_end(connection).endswith(b"0\r\n\r\n")
        assert server.process.wait(60) == 0
        assert "Traceback" not in server.log.read_text()

"""A long list of tools over HTTP: whole, at once as things are, and to each caller what they may know of."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.clients.interface import Era
from support.clients.raw import HANDSHAKE_VERSION, headers, request
from support.raw_http import Reply, exchange, message_bytes, read_reply
from support.servers import GUARD, HttpServer, log_records, serve_http, wait_for_record

TOKENS = {"alice": "alice-0123456789abcdef", "bob": "bob-0123456789abcdefgh"}
ERAS: list[Era] = ["handshake", "modern"]
COUNT = 60
WORDS = (
    "the tide comes in and goes out again, " * 3000
)  # of each tool: seven megabytes, which no buffer of a connection holds

BLUEPRINT = """
[server]
name = "long"
[[toolset]]
kind = "python"
module = "long_tools"
[[toolset]]
kind = "python"
name = "few"
module = "few_tools"
scopes = ["few"]
[log]
format = "json"
[http]
shutdown_grace = "1s"
[http.auth]
kind = "token"
[http.auth.tokens]
alice = {{ token = "env:ALICE", scopes = ["few"] }}
bob = {{ token = "env:BOB", scopes = {bob} }}
"""


def write(directory: Path, bob: str = "[]") -> None:
    (directory / "seawall.toml").write_text(BLUEPRINT.format(bob=bob))
    for name, count, words in (
        ("long", COUNT, WORDS),
        ("few", 2, f"It is {TOKENS['alice']}, said by mistake."),
    ):
        tools = "".join(
            f'@seawall.operation(read_only=True)\ndef {name}_{number}() -> int:\n    """{words}"""\n    return 1\n\n'
            for number in range(count)
        )
        (directory / f"{name}_tools.py").write_text(f"import seawall\n\n{tools}")


@contextmanager
def served(directory: Path) -> Iterator[HttpServer]:
    write(directory)
    tokens = {name.upper(): token for name, token in TOKENS.items()}
    with serve_http(directory / "log", directory / "seawall.toml", extra=tokens) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    with served(tmp_path_factory.mktemp("long")) as running:
        yield running


class Caller:
    """One caller, with a session of their own in the era that has some."""

    def __init__(self, server: HttpServer, name: str, era: Era) -> None:
        self.server, self.era = server, era
        self.more = {"Host": "127.0.0.1", "Authorization": f"Bearer {TOKENS[name]}"}
        if era == "handshake":
            known = {"capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
            opened = self.ask("initialize", {"protocolVersion": HANDSHAKE_VERSION, **known})
            self.more["Mcp-Session-Id"] = str(opened.headers["mcp-session-id"])
            self.post({"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}})

    def bytes_of(self, message: dict[str, Any]) -> bytes:
        sent = self.more | headers(self.era, message)
        return message_bytes("POST", "/mcp", sent, json.dumps(message).encode())

    def post(self, message: dict[str, Any]) -> Reply:
        return exchange(self.server.port, self.bytes_of(message))

    def ask(self, method: str, params: dict[str, Any]) -> Reply:
        return self.post(dict(request(self.era, 7, method, params)))

    def tools(self) -> list[dict[str, Any]]:
        return read(self.ask("tools/list", {}))


def read(reply: Reply) -> list[dict[str, Any]]:
    """The tools of an answer: its body, or the data of its only event."""
    assert reply.status == 200
    (text,) = [line for line in reply.body.splitlines() if line.startswith((b"data: {", b"{"))]
    answer = json.loads(text.removeprefix(b"data: "))
    assert answer["id"] == 7
    found: list[dict[str, Any]] = answer["result"]["tools"]
    return found


@pytest.mark.parametrize("era", ERAS)
def test_each_caller_gets_their_own_list_whole_and_without_secrets(server: HttpServer, era: Era) -> None:
    """In turn, so that what was written for one is at hand when the other asks."""
    callers = {name: Caller(server, name, era) for name in TOKENS}
    lists = {name: [] for name in TOKENS}  # type: dict[str, list[Any]]
    for _ in range(3):
        for name, caller in callers.items():
            lists[name].append(caller.tools())
    assert lists["alice"] == [lists["alice"][0]] * 3
    assert lists["bob"] == [lists["bob"][0]] * 3
    long = [f"long_{number}" for number in range(COUNT)]
    assert [tool["name"] for tool in lists["bob"][0]] == long
    assert [tool["name"] for tool in lists["alice"][0]] == [*long, "few_0", "few_1"]
    assert all(tool["description"] == WORDS.strip() for tool in lists["bob"][0])
    assert lists["alice"][0][-1]["description"] == "It is [redacted], said by mistake."
    assert len(json.dumps(lists["bob"][0])) > 512 * 1024


def test_scopes_that_change_while_it_runs_change_the_next_list(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        callers = [Caller(server, "bob", era) for era in ERAS]
        counts = []
        for number, scopes in enumerate(('["few"]', "[]"), start=1):
            counts.append([len(caller.tools()) for caller in (*callers, *callers)])
            write(tmp_path, scopes)
            reload(server, number)
        counts.append([len(caller.tools()) for caller in callers])
    assert counts == [[COUNT] * 4, [COUNT + 2] * 4, [COUNT] * 2]


def reload(server: HttpServer, number: int) -> None:
    os.kill(server.process.pid, signal.SIGHUP)
    while len(log_records(server.log, event="reloaded")) < number:
        wait_for_record(server.log, event="reloaded")


@pytest.mark.parametrize("era", ERAS)
def test_who_reads_slowly_or_not_at_all_harms_nobody(server: HttpServer, era: Era) -> None:
    """A list is written on while its reader takes it; others are served meanwhile, and a reader that goes is forgotten."""
    slow, quick = Caller(server, "bob", era), Caller(server, "alice", era)
    message = slow.bytes_of(dict(request(era, 7, "tools/list", {})))
    with closing(narrow(server.port)) as reader, closing(narrow(server.port)) as leaver:
        for connection, sent in ((reader, message), (leaver, message.replace(b'"id": 7', b'"id": 8'))):
            connection.sendall(sent)
            assert select.select([connection], [], [], GUARD)[0]
        leaver.close()
        assert len(quick.tools()) == COUNT + 2
        assert len(read(read_reply(reader))) == COUNT
    assert len(slow.tools()) == COUNT


@pytest.mark.whole
@pytest.mark.parametrize("era", ERAS)
def test_a_list_that_nobody_reads_does_not_hold_up_the_end(tmp_path: Path, era: Era) -> None:
    """Nor does it leave a traceback: the reader is told by the end of the connection that there was more."""
    with contextlib.ExitStack() as stack, served(tmp_path) as server:
        caller = Caller(server, "bob", era)
        reader = stack.enter_context(closing(narrow(server.port)))
        reader.sendall(caller.bytes_of(dict(request(era, 7, "tools/list", {}))))
        assert select.select([reader], [], [], GUARD)[0]
    assert "Traceback" not in server.log.read_text()


def narrow(port: int) -> socket.socket:
    """A connection through which little goes that is not read."""
    connection = socket.socket()
    connection.settimeout(GUARD)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    return connection

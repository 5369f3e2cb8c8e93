"""Over HTTP a caller without a token is counted by address: the connection's, or the one that a trusted proxy says."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clients.raw import headers, request
from support.raw_http import message_bytes, read_reply
from support.servers import HttpServer, serve_http

CALL = request("modern", 1, "tools/call", {"name": "list_directory", "arguments": {}})
PROXY = "127.0.0.9"


@contextlib.contextmanager
def serving(directory: Path, more: str = "") -> Iterator[HttpServer]:
    """One call an hour for everybody."""
    (directory / "root").mkdir()
    (directory / "seawall.toml").write_text(
        '[server]\nname = "test"\n[[toolset]]\nkind = "filesystem"\nroots = "root"\n'
        f'[limits]\nrate = "1/h"\n[http]\nport = 0\n{more}'
    )
    with serve_http(directory / "log", directory / "seawall.toml") as server:
        yield server


def call(server: HttpServer, source: str, forwarded: str = "", **more: str) -> str:
    """How a call from that address of this machine ends: `ok`, or the code of the error."""
    lines = {"Host": "127.0.0.1", "X-Forwarded-For": forwarded, **headers("modern", CALL), **more}
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address, timeout=60, source_address=(source, 0)) as connection:
        connection.sendall(message_bytes("POST", "/mcp", lines, json.dumps(CALL).encode()))
        reply = read_reply(connection)
    assert reply.status == 200  # a refusal is polite: an error of the tool, for the model to read
    result = reply.json["result"]
    return str(result["_meta"]["io.github.seawall/error"]["code"]) if result.get("isError") else "ok"


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    with serving(tmp_path_factory.mktemp("direct")) as server:
        yield server


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    with serving(
        tmp_path_factory.mktemp("behind"), f'trusted_proxies = ["{PROXY}", "10.0.0.0/8"]\n'
    ) as server:
        yield server


def test_each_address_has_a_rate_of_its_own(direct: HttpServer) -> None:
    assert [call(direct, "127.0.0.2") for _ in range(3)] == ["ok", "rate_limited", "rate_limited"]
    assert [call(direct, "127.0.0.3") for _ in range(2)] == ["ok", "rate_limited"]


def test_without_trusted_proxies_nobody_chooses_his_address(direct: HttpServer) -> None:
    """Neither the header of proxies nor its relatives give a caller a fresh rate."""
    assert call(direct, "127.0.0.4", "203.0.113.1") == "ok"
    assert call(direct, "127.0.0.4", "203.0.113.2") == "rate_limited"
    assert call(direct, "127.0.0.4", Forwarded="for=203.0.113.3") == "rate_limited"
    assert call(direct, "127.0.0.4", **{"X-Real-IP": "203.0.113.4"}) == "rate_limited"


def test_behind_a_trusted_proxy_its_clients_are_counted_apart(behind: HttpServer) -> None:
    assert [call(behind, PROXY, "198.51.100.1") for _ in range(2)] == ["ok", "rate_limited"]
    assert [call(behind, PROXY, "198.51.100.2") for _ in range(2)] == ["ok", "rate_limited"]


def test_a_client_of_the_proxy_is_the_one_that_the_proxy_saw(behind: HttpServer) -> None:
    """A proxy appends: what stands further left is the client's own claim."""
    assert call(behind, PROXY, "192.0.2.1, 198.51.100.3") == "ok"
    assert call(behind, PROXY, "192.0.2.2, 198.51.100.3") == "rate_limited"
    assert call(behind, PROXY, "198.51.100.3") == "rate_limited"


def test_of_several_trusted_proxies_the_outermost_counts(behind: HttpServer) -> None:
    assert call(behind, PROXY, "198.51.100.4, 10.1.2.3") == "ok"
    assert call(behind, PROXY, "198.51.100.4, 10.9.9.9") == "rate_limited"
    assert call(behind, PROXY, "198.51.100.5, 10.1.2.3") == "ok"


def test_the_header_is_believed_of_nobody_else(behind: HttpServer) -> None:
    assert call(behind, "127.0.0.5", "198.51.100.6") == "ok"
    assert call(behind, "127.0.0.5", "198.51.100.7") == "rate_limited"
    assert call(behind, PROXY, "198.51.100.6") == "ok"  # it was not this address that called


def test_of_ipv6_the_network_is_counted_which_belongs_to_one_client(behind: HttpServer) -> None:
    assert call(behind, PROXY, "2001:db8:0:1::1") == "ok"
    assert call(behind, PROXY, "2001:db8:0:1:ffff::2") == "rate_limited"
    assert call(behind, PROXY, "[2001:db8:0:1::3]:4711") == "rate_limited"
    assert call(behind, PROXY, "2001:db8:0:2::1") == "ok"


def test_a_port_does_not_make_another_client(behind: HttpServer) -> None:
    assert call(behind, PROXY, "198.51.100.8:1234") == "ok"
    assert call(behind, PROXY, "198.51.100.8:5678") == "rate_limited"
    assert call(behind, PROXY, "::ffff:198.51.100.8") == "rate_limited"


def test_a_proxy_that_says_nothing_is_its_own_client(behind: HttpServer) -> None:
    assert [call(behind, PROXY) for _ in range(2)] == ["ok", "rate_limited"]

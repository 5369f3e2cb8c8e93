"""Over HTTP, a web page in somebody's browser must not reach the server, and an orchestrator must see how it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from support.blueprints import filesystem_blueprint
from support.clients import Era, Json
from support.clients.raw import headers, request
from support.servers import HttpServer, serve_http

CALL = request("modern", 1, "tools/call", {"name": "list_directory", "arguments": {}})
INITIALIZE = request(
    "handshake",
    1,
    "initialize",
    {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    directory = tmp_path_factory.mktemp("guards")
    root = directory / "root"
    root.mkdir()
    (root / "a.txt").write_text("a\n")
    with serve_http(directory / "log", filesystem_blueprint(directory, root)) as running:
        yield running


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}"])
def test_a_loopback_host_is_served(server: HttpServer, host: str) -> None:
    sent = headers("modern", CALL) | {"Host": host.format(port=server.port)}
    assert server.send("POST", "/mcp", headers=sent, body=CALL)[0] == HTTPStatus.OK


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "localhost.evil.example"]
)
@pytest.mark.parametrize(("era", "message"), [("modern", CALL), ("handshake", INITIALIZE)])
def test_a_foreign_host_is_refused(server: HttpServer, host: str, era: Era, message: Json) -> None:
    """DNS rebinding: a name of the attacker's that resolves to this machine carries the attacker's Host."""
    sent = headers(era, message) | {"Host": host.format(port=server.port)}
    status, body = server.send("POST", "/mcp", headers=sent, body=message)
    assert status == HTTPStatus.MISDIRECTED_REQUEST
    assert "a.txt" not in body


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://evil.example:{port}", "null", "http://localhost.evil.example"]
)
@pytest.mark.parametrize(("era", "message"), [("modern", CALL), ("handshake", INITIALIZE)])
def test_a_foreign_origin_is_refused(server: HttpServer, origin: str, era: Era, message: Json) -> None:
    sent = headers(era, message) | {"Origin": origin.format(port=server.port)}
    status, body = server.send("POST", "/mcp", headers=sent, body=message)
    assert status == HTTPStatus.FORBIDDEN
    assert "a.txt" not in body


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("host", ["10.1.2.3:8000", "workspace.example", ""])
def test_health_answers_any_host(server: HttpServer, path: str, host: str) -> None:
    """Orchestrators call a pod by its address; what they get names nothing of the server."""
    status, body = server.get(path, {"Host": host})
    assert status == HTTPStatus.OK
    assert str(server.log.parent) not in body


def test_readiness_ends_when_the_root_is_gone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with serve_http(tmp_path / "log", filesystem_blueprint(tmp_path, root)) as running:
        shutil.rmtree(root)
        status, body = running.get("/readyz")
        assert status == HTTPStatus.SERVICE_UNAVAILABLE
        assert str(tmp_path) not in body
        assert running.get("/livez")[0] == HTTPStatus.OK


def test_readiness_ends_when_another_folder_takes_the_roots_place(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with serve_http(tmp_path / "log", filesystem_blueprint(tmp_path, root)) as running:
        root.rename(tmp_path / "elsewhere")
        root.mkdir()
        assert running.get("/readyz")[0] == HTTPStatus.SERVICE_UNAVAILABLE

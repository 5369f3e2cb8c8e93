"""`seawall health`: 0 when the server is well, 1 when it is not, without curl and without a shell."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cli.processes import Seawall
from support.servers import serve_http

pytestmark = pytest.mark.whole

_BLUEPRINT = '[server]\nname = "w"\n[[toolset]]\nkind = "filesystem"\nroots = "./files"\n'


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "seawall.toml").write_text(_BLUEPRINT)
    return tmp_path / "seawall.toml"


def test_without_a_port_the_tools_are_listed(seawall: Seawall, blueprint: Path) -> None:
    """In the blueprint's folder, as in the container: no argument at all."""
    ended = seawall("health", cwd=blueprint.parent)

    assert (ended.status, ended.out, ended.err) == (0, "healthy: 3 tools listed.\n", "")


def test_the_answer_follows_the_directory(called: Seawall, blueprint: Path) -> None:
    assert called("health", blueprint).status == 0
    shutil.rmtree(blueprint.parent / "files")
    ended = called("health", blueprint)

    assert ended.status == 1
    assert ended.out.startswith("unhealthy: ")
    assert "does not exist" in ended.out


def test_beside_a_server_that_records_its_calls_the_tools_are_listed(
    seawall: Seawall, blueprint: Path, tmp_path: Path
) -> None:
    """As the health check of a container does over stdio: the file of records is the server's, and stays as it is."""
    with blueprint.open("a") as file:
        file.write('[audit]\nfile = "audit.jsonl"\n')
    with serve_http(tmp_path / "log", blueprint):
        before = (tmp_path / "audit.jsonl").read_bytes()
        ended = seawall("health", blueprint)
        assert (ended.status, ended.out) == (0, "healthy: 3 tools listed.\n")
        assert (tmp_path / "audit.jsonl").read_bytes() == before != b""


def test_a_blueprint_that_cannot_be_served_is_not_healthy(called: Seawall, blueprint: Path) -> None:
    """Status 1, not the 2 of other commands: that is reserved in a container's health check."""
    blueprint.write_text(f"{_BLUEPRINT}\nport = 1\n")

    assert called("health", blueprint).status == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_over_http_the_server_itself_is_asked(
    seawall: Seawall, blueprint: Path, tmp_path: Path, host: str
) -> None:
    """By the blueprint's own address and port, with what the environment says of them."""
    settings = {"SEAWALL_HTTP__HOST": host, "SEAWALL_HTTP__ALLOW_UNAUTHENTICATED": "true"}
    with serve_http(tmp_path / "log", blueprint, extra=settings) as server:
        asked = {**settings, "SEAWALL_TRANSPORT": "http", "SEAWALL_HTTP__PORT": str(server.port)}
        healthy = seawall("health", blueprint, **asked)
        by_url = seawall("health", "--url", f"http://127.0.0.1:{server.port}/readyz")
        shutil.rmtree(tmp_path / "files")
        unready = seawall("health", blueprint, **asked)
        alive = seawall("health", "--url", f"http://127.0.0.1:{server.port}/livez")
        (tmp_path / "files").mkdir()

    assert (healthy.status, by_url.status, unready.status, alive.status) == (0, 0, 1, 0)
    assert "answers 503" in unready.out


def test_nobody_there_is_not_healthy(called: Seawall) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        ended = called("health", "--url", f"http://127.0.0.1:{unused.getsockname()[1]}/readyz")

    assert ended.status == 1
    assert "does not answer" in ended.out


@pytest.mark.parametrize("status", [204, 301, 404, 500])
def test_every_other_answer_than_200_is_not_healthy(called: Seawall, status: int) -> None:
    """A redirect is not followed: it may lead to another server, which is well."""
    with _answering(status) as url:
        ended = called("health", "--url", url)

    assert ended.status == 1
    assert f"answers {status}." in ended.out


@pytest.mark.parametrize(
    "url",
    [
        "",
        "readyz",
        "ftp://127.0.0.1/",
        "http://",
        "http://h:99999/",
        "http://h/\r\nX: y",
        "http://h/ö",
        "file:///etc",
        "http://user:hunter2@127.0.0.1/",
    ],
)
def test_what_is_no_url_is_a_wrong_call(called: Seawall, url: str) -> None:
    assert called("health", "--url", url).status == 2


@pytest.mark.parametrize("host", ["..", "a..b", "a" * 70 + ".example"])
def test_a_host_that_no_name_can_be_is_not_healthy(called: Seawall, host: str) -> None:
    ended = called("health", "--url", f"http://{host}/")
    assert (ended.status, "does not answer" in ended.out + ended.err) == (1, True)


def test_a_transport_that_does_not_exist_is_a_wrong_call(called: Seawall, blueprint: Path) -> None:
    for command in ("health", "serve"):
        ended = called(command, blueprint, SEAWALL_TRANSPORT="carrier-pigeon")

        assert ended.status == 2
        assert "SEAWALL_TRANSPORT" in ended.err


def test_a_container_that_serves_over_http_needs_no_flag(seawall: Seawall, blueprint: Path) -> None:
    """`SEAWALL_TRANSPORT=http` is what `--transport http` is: here it meets the rule about addresses, exit status 3."""
    ended = seawall("serve", blueprint, SEAWALL_TRANSPORT="http", SEAWALL_HTTP__HOST="0.0.0.0")

    assert ended.status == 3
    assert "http.host" in ended.err


def test_a_flag_stands_above_the_variable(seawall: Seawall, blueprint: Path) -> None:
    ended = seawall(
        "serve", blueprint, "--transport", "stdio", SEAWALL_TRANSPORT="http", SEAWALL_HTTP__HOST="0.0.0.0"
    )

    assert ended.status == 0


@contextmanager
def _answering(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/readyz")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/readyz"
        server.shutdown()
        thread.join()

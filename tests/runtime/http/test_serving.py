"""Serving over HTTP: real processes, real sockets."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client

from runtime.processes import GUARD, Toy, command, serving
from runtime.toy import SMALLEST, assembled
from seawall.errors import UnsafeError
from seawall.runtime.http.serving import http_app

pytestmark = [pytest.mark.anyio, pytest.mark.whole]


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    extra = """
[[toolset]]
kind = "toy"
name = "scoped"
prefix = "scoped_"
scopes = ["files:read"]
"""
    with serving(tmp_path_factory.mktemp("toy"), extra) as running:
        yield running


def records(toy: Toy) -> list[dict[str, Any]]:
    return [json.loads(line) for line in toy.log.read_text().splitlines()[1:]]


async def outcomes(toy: Toy, outcome: str, count: int) -> list[dict[str, Any]]:
    """The call records of that outcome, as soon as there are that many."""
    async with asyncio.timeout(GUARD):
        while True:
            found = [record for record in records(toy) if record.get("outcome") == outcome]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)


async def test_both_eras_are_served(toy: Toy, era: Any) -> None:
    async with Client(toy.url, mode=era) as client:
        assert (await client.call_tool("greet", {"name": "x"})).content[0].text == "Hello x"


async def test_cancelling_a_call_cancels_the_operation(toy: Toy, era: Any) -> None:
    before = len([record for record in records(toy) if record.get("outcome") == "cancelled"])
    async with Client(toy.url, mode=era) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await client.call_tool("slow", {})
        (*_, record) = await outcomes(toy, "cancelled", before + 1)
    assert (record["name"], record["milliseconds"] < 20_000) == ("slow", True)


async def test_without_authentication_nobody_has_scopes(toy: Toy, era: Any) -> None:
    async with Client(toy.url, mode=era) as client:
        listed = {tool.name for tool in await client.list_tools()}
        result = await client.call_tool("scoped_greet", {"name": "x"}, raise_on_error=False)
    assert ("greet" in listed, "scoped_greet" in listed, result.is_error) == (True, False, True)
    assert "[unknown_tool]" in result.content[0].text


async def test_the_caller_is_anonymous(toy: Toy) -> None:
    async with Client(toy.url) as client:
        await client.call_tool("greet", {"name": "x"})
    (*_, record) = await outcomes(toy, "ok", 1)
    assert record["principal"] == "anonymous"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example",
        "localhost.evil.example:{port}",
        "127.0.0.1.evil.example",
        "0.0.0.0",
        "2130706433",
        "",
    ],
)
def test_a_foreign_host_is_misdirected(toy: Toy, host: str) -> None:
    assert toy.request("POST", "/mcp", Host=host.format(port=toy.port))[0] == 421


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1@evil.example",
        "evil.example@localhost",
        "localhost:80@evil.example",
        "evil.example#localhost",
        "localhost/evil",
        "localhost:80:evil.example",
        "localhost:99999",
        "localhost:-1",
        "[::1]evil.example",
        "[::1",
        "[127.0.0.1]",
        "[:::]",
        "::1",
        "%6cocalhost",
    ],
)
def test_a_host_that_is_none_is_a_bad_request(toy: Toy, host: str) -> None:
    """Whoever reads it differently from us would take it for another name."""
    assert toy.request("POST", "/mcp", Host=host)[0] == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:{port}", "127.0.0.1:{port}", "[::1]:{port}"])
def test_a_loopback_host_is_let_in(toy: Toy, host: str) -> None:
    status, _ = toy.request("POST", "/mcp", Host=host.format(port=toy.port))
    assert status in {400, 406, 415}, "past the door: an empty POST is no MCP message"


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://evil.example:{port}",
        "http://localhost.evil.example",
        "http://localhost.evil.example:{port}",
        "http://localhost@evil.example",
        "http://localhost:9",
        "http://127.0.0.1:9",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}",
        "null",
        "file://",
        "chrome-extension://abcdef",
        "*",
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "OPTIONS"])
def test_a_foreign_origin_is_forbidden(toy: Toy, origin: str, method: str) -> None:
    own = f"127.0.0.1:{toy.port}"
    assert toy.request(method, "/mcp", Host=own, Origin=origin.format(port=toy.port))[0] == 403


def test_the_servers_own_origin_is_let_in(toy: Toy) -> None:
    own = f"127.0.0.1:{toy.port}"
    assert toy.request("POST", "/mcp", Host=own, Origin=f"http://{own}")[0] in {400, 406, 415}


def test_allowed_hosts_and_origins_are_let_in_and_no_others(tmp_path: Path) -> None:
    blueprint = SMALLEST + (
        "[http]\nport = 0\nallowed_hosts = ['workspace.example']\nallowed_origins = ['https://app.example']\n"
    )
    arguments = command("http", tmp_path)
    (tmp_path / "seawall.toml").write_text(blueprint)
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        url = process.stderr.readline().strip()
        server = Toy(process, url, int(url.split(":")[2].split("/")[0]), tmp_path)
        passed = {400, 406, 415}
        assert server.request("POST", "/mcp", Host="workspace.example")[0] in passed
        assert server.request("POST", "/mcp", Host="x.workspace.example")[0] == 421
        assert (
            server.request("POST", "/mcp", Host="workspace.example", Origin="https://app.example")[0]
            in passed
        )
        assert (
            server.request("POST", "/mcp", Host="workspace.example", Origin="https://app.example.evil")[0]
            == 403
        )
    finally:
        process.kill()
        process.communicate(timeout=GUARD)


@pytest.mark.parametrize("setting", ["allowed_hosts", "allowed_origins"])
def test_allowing_everything_is_refused_as_unsafe(setting: str) -> None:
    assembly, _ = assembled(f'{SMALLEST}[http]\n{setting} = ["*"]\n')
    with pytest.raises(UnsafeError):
        http_app(assembly.served)


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_answers_any_host_and_origin_and_discloses_nothing(toy: Toy, path: str) -> None:
    assert toy.request("GET", path, Host="10.1.2.3:8000", Origin="http://evil.example") == (
        200,
        b'{"status":"ok"}',
    )
    assert toy.request("HEAD", path, Host="evil.example") == (200, b"")
    for method in ("POST", "DELETE", "OPTIONS"):
        assert toy.request(method, path, Host="evil.example")[0] == 405


def test_health_paths_match_exactly(toy: Toy) -> None:
    for path in ("/livez/", "/readyz/x", "//livez", "/LIVEZ"):
        assert toy.request("GET", path, Host="evil.example")[0] == 421


def test_readiness_fails_while_a_root_is_gone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with serving(tmp_path, 'root = "root"\n') as server:
        assert server.request("GET", "/readyz")[0] == 200
        root.rename(tmp_path / "away")
        assert server.request("GET", "/readyz") == (503, b'{"status":"unavailable"}')
        assert server.request("GET", "/livez")[0] == 200
        (tmp_path / "away").rename(root)
        assert server.request("GET", "/readyz")[0] == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(GUARD) == 0  # the log is whole when the process has ended
        told = [record["fault"] for record in records(server) if record["event"] == "not ready"]
        assert told == ["the root is gone"]


def test_a_server_that_is_closing_is_not_ready() -> None:
    assembly, _ = assembled()
    app = http_app(assembly.served)
    app.close()
    sent: list[Any] = []

    async def ask() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {"type": "http", "method": "GET", "path": "/readyz", "query_string": b"", "headers": []}
        await app(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 503


class TestEnd:
    """A signal ends the server in order."""

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_an_idle_server_ends_with_status_0_and_without_a_traceback(
        self, tmp_path: Path, number: signal.Signals
    ) -> None:
        with serving(tmp_path) as server:
            server.process.send_signal(number)
            assert server.process.wait(GUARD) == 0
            assert "Traceback" not in server.log.read_text()

    async def test_a_call_under_way_is_answered_and_a_listening_stream_does_not_hold_it_up(
        self, tmp_path: Path
    ) -> None:
        with serving(tmp_path) as server:
            client = Client(server.url, mode="legacy")  # its session keeps a GET stream open
            async with client:
                await client.list_tools()
                waiting = asyncio.create_task(client.call_tool("blocking", {}))
                await asyncio.sleep(0.15)
                server.process.send_signal(signal.SIGTERM)
                assert "blocked" in str((await waiting).content)
                async with asyncio.timeout(15):  # half of the limit on goodbyes: a stream would use it up
                    assert await asyncio.to_thread(server.process.wait, GUARD) == 0
            assert [record for record in records(server) if record["level"] == "error"] == []

    async def test_a_call_that_does_not_end_is_ended(self, tmp_path: Path) -> None:
        with serving(tmp_path, "[limits]\nrequest_timeout = 1\n") as server:
            async with asyncio.timeout(GUARD), Client(server.url, mode="2026-07-28") as client:
                waiting = asyncio.create_task(client.call_tool("slow", {}, raise_on_error=False))
                await asyncio.sleep(0.2)
                server.process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(server.process.wait, GUARD) == 0
                await asyncio.gather(waiting, return_exceptions=True)
            assert "Traceback" not in server.log.read_text()


class TestRefusals:
    """What keeps the server from starting is one clear line and the right exit status."""

    def run(self, tmp_path: Path, extra: str) -> tuple[int, str]:
        done = subprocess.run(
            command("http", tmp_path, extra), capture_output=True, text=True, timeout=GUARD, check=False
        )
        return done.returncode, done.stderr.strip()

    def test_a_port_in_use(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            status, said = self.run(tmp_path, f"[http]\nport = {port}\n")
        assert (status, said.count("\n")) == (1, 0)
        assert f"127.0.0.1:{port} is in use" in said

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
    def test_an_address_that_is_not_loopback(self, tmp_path: Path, host: str) -> None:
        status, said = self.run(tmp_path, f'[http]\nhost = "{host}"\nport = 0\n')
        assert (status, said.count("\n")) == (3, 0)
        assert "loopback" in said

    def test_a_missing_root(self, tmp_path: Path) -> None:
        status, said = self.run(tmp_path, 'root = "missing"\n[http]\nport = 0\n')
        assert (status, said.count("\n")) == (1, 0)
        assert "missing is no directory" in said

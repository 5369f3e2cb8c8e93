"""How those who run the server meet it: its end, its metrics, IPv6, a proxy in front, replicas."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.clients import Era
from support.clients.raw import headers, request
from support.raw_http import connected, exchange, message_bytes, read_reply
from support.servers import HttpServer, free_port, run, serve_http, wait_for_record

pytestmark = pytest.mark.whole

TOOLS = """\
import asyncio
from seawall import operation

@operation(read_only=True)
async def nap(seconds: float) -> str:
    "Sleep for a while."
    await asyncio.sleep(seconds)
    return "woke up"
"""
OPENING = request(
    "handshake",
    1,
    "initialize",
    {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
)


def blueprint(directory: Path, http: str) -> Path:
    (directory / "napping.py").write_text(TOOLS)
    path = directory / "seawall.toml"
    path.write_text(
        f'[server]\nname = "test"\n[[toolset]]\nkind = "python"\nmodule = "napping"\n[http]\n{http}\n'
    )
    return path


def nap(seconds: float, era: Era) -> dict[str, Any]:
    return request(era, 5, "tools/call", {"name": "nap", "arguments": {"seconds": seconds}})


def sent(message: dict[str, Any], era: Era = "modern", **more: str) -> bytes:
    given = {name.replace("_", "-"): value for name, value in more.items()}
    lines = {"Host": "127.0.0.1", **headers(era, message)} | given
    return message_bytes("POST", "/mcp", lines, json.dumps(message).encode())


def session(server: HttpServer) -> str:
    return str(exchange(server.port, sent(OPENING, "handshake")).headers["mcp-session-id"])


def test_an_end_in_the_middle_loses_no_call_and_tells_new_ones_to_come_again(tmp_path: Path) -> None:
    """Both eras; the stream of a handshake client, too."""
    with serve_http(tmp_path / "log", blueprint(tmp_path, 'shutdown_grace = "40s"')) as server:
        opened = session(server)
        calls = [sent(nap(4, "modern"))] * 4 + [
            sent(nap(4, "handshake"), "handshake", Mcp_Session_Id=opened)
        ] * 1
        with ThreadPoolExecutor(len(calls)) as pool:
            replies = [pool.submit(exchange, server.port, each) for each in calls]
            in_flight(server, len(calls))
            server.process.send_signal(signal.SIGTERM)
            until_closing(server)
            refused = exchange(server.port, sent(nap(0, "modern")))
            assert refused.status == 503
            assert (refused.headers["retry-after"], refused.headers["connection"]) == ("1", "close")
            assert "shutting down" in refused.json["error"]["message"]
            assert server.get("/livez")[0] == 200
            assert all(b"woke up" in reply.result().body for reply in replies)
        assert server.process.wait(60) == 0


def test_a_request_that_is_not_whole_does_not_hold_the_end(tmp_path: Path) -> None:
    """Whoever owes a byte of a body could hold every end up to its limit."""
    with serve_http(tmp_path / "log", blueprint(tmp_path, 'shutdown_grace = "1h"')) as server:
        with connected(server.port) as connection:
            connection.sendall(sent(nap(0, "modern"))[:-1])
            server.process.send_signal(signal.SIGTERM)
            reply = read_reply(connection)
            assert (reply.status, reply.headers["retry-after"], reply.headers["connection"]) == (
                503,
                "1",
                "close",
            )
        assert server.process.wait(60) == 0
    assert "Cancel" not in server.log.read_text()


def in_flight(server: HttpServer, count: int) -> None:
    end = time.monotonic() + 60
    while f"seawall_calls_in_flight {count}\n" not in server.get("/metrics")[1]:
        assert time.monotonic() < end
        time.sleep(0.02)


def until_closing(server: HttpServer) -> None:
    end = time.monotonic() + 60
    while server.get("/readyz")[0] != 503:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        contextlib.suppress(AssertionError),  # of `serve_http`, to which a clean end has status 0
        serve_http(log, blueprint(tmp_path, "")) as server,
        connected(server.port) as connection,
    ):
        connection.sendall(sent(nap(25, "modern")))
        in_flight(server, 1)
        server.process.send_signal(signal.SIGTERM)
        until_closing(server)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
    assert server.process.returncode == -signal.SIGTERM


def test_metrics_are_prometheus_text_with_bounded_labels(tmp_path: Path) -> None:
    with serve_http(tmp_path / "log", blueprint(tmp_path, "")) as server:
        exchange(server.port, sent(nap(0, "modern")))
        for number in range(20):
            unknown = request("modern", 1, "tools/call", {"name": f"x{number}", "arguments": {}})
            exchange(server.port, sent(unknown))
        exchange(server.port, sent(nap(0, "modern"), Host="evil.example"))
        text = server.get("/metrics")[1]
        families = {family.name: family for family in text_string_to_metric_families(text)}
        calls = {
            (sample.labels["name"], sample.labels["outcome"], sample.labels["code"]): sample.value
            for sample in families["seawall_calls"].samples
        }
        assert calls == {("nap", "ok", ""): 1, ("_other", "refused", "unknown_tool"): 20}
        assert {s.labels["reason"]: s.value for s in families["seawall_http_refused"].samples} == {"host": 1}
        assert families["seawall_call_seconds"].type == "histogram"


@pytest.mark.parametrize(
    "lines",
    [{"Host": "evil.example"}, {"X-Forwarded-For": "203.0.113.9"}, {"Origin": "https://evil.example"}],
    ids=str,
)
def test_metrics_on_the_main_port_are_for_this_machine_alone(tmp_path: Path, lines: dict[str, str]) -> None:
    with serve_http(tmp_path / "log", blueprint(tmp_path, "")) as server:
        status, body = server.get("/metrics", lines)
        assert status in {403, 404, 421}
        assert "seawall_" not in body


def test_beyond_loopback_metrics_are_on_a_port_of_their_own(tmp_path: Path) -> None:
    port = free_port()
    path = blueprint(tmp_path, f'host = "0.0.0.0"\nallow_unauthenticated = true\nmetrics_port = {port}')
    with serve_http(tmp_path / "log", path) as server:
        assert server.get("/metrics")[0] == 404
        other = exchange(port, message_bytes("GET", "/metrics", {"Host": "10.1.2.3"}))
        assert b"seawall_calls_in_flight 0" in other.body
        assert exchange(port, message_bytes("GET", "/mcp", {"Host": "127.0.0.1"})).status == 404


def test_probes_by_address_are_answered_for_any_host(tmp_path: Path) -> None:
    """As an orchestrator sends them: to the pod's address, with that address or a name of its own as Host."""
    path = blueprint(tmp_path, 'host = "0.0.0.0"\nallow_unauthenticated = true')
    with serve_http(tmp_path / "log", path) as server:
        for host in ("10.1.2.3:8000", "kube-probe.invalid", "[fd00::1]"):
            assert server.get("/readyz", {"Host": host}) == (200, '{"status":"ok"}')
        assert exchange(server.port, sent(nap(0, "modern"), Host="kube-probe.invalid")).status == 421


def test_ipv6_loopback_is_served(tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("this Python has no IPv6")
    with serve_http(tmp_path / "log", blueprint(tmp_path, ""), "--host", "::1", address="::1") as server:
        reply = exchange(server.port, sent(nap(0, "modern"), Host=f"[::1]:{server.port}"), host="::1")
        assert (reply.status, b"woke up" in reply.body) == (200, True)
        assert exchange(server.port, sent(nap(0, "modern"), Host="evil.example"), host="::1").status == 421


def test_without_sessions_any_replica_answers_a_handshake_client(tmp_path: Path) -> None:
    path = blueprint(tmp_path, "stateless = true")
    with serve_http(tmp_path / "one", path) as one, serve_http(tmp_path / "two", path) as two:
        assert "mcp-session-id" not in exchange(one.port, sent(OPENING, "handshake")).headers
        assert b"woke up" in exchange(two.port, sent(nap(0, "handshake"), "handshake")).body
        assert two.get("/mcp", {"Accept": "text/event-stream"})[0] == 405
    findings = json.loads(run("check", path, "--json", "--strict").stdout)["findings"]
    assert [(each["level"], each["code"]) for each in findings] == [("note", "stateless")]


@pytest.mark.nginx
class TestBehindNginx:
    """Debian's nginx in front, as a reverse proxy with a public name."""

    @pytest.fixture
    def served(self, tmp_path: Path) -> Iterator[tuple[HttpServer, int]]:
        http = (
            'public_url = "https://workspace.example"\ntrusted_proxies = ["127.0.0.2"]\nbody_limit = "64KiB"'
        )
        with (
            serve_http(tmp_path / "log", blueprint(tmp_path, http)) as server,
            nginx(tmp_path, server) as port,
        ):
            yield server, port

    def test_calls_streams_and_refusals_come_through(self, served: tuple[HttpServer, int]) -> None:
        server, port = served
        through: dict[str, Any] = {"Host": "workspace.example", "Origin": "https://workspace.example"}
        assert b"woke up" in exchange(port, sent(nap(0, "modern"), **through)).body
        opened = exchange(port, sent(OPENING, "handshake", **through)).headers["mcp-session-id"]
        reply = exchange(port, sent(nap(0, "handshake"), "handshake", Mcp_Session_Id=opened, **through))
        assert b"woke up" in reply.body
        assert exchange(port, sent(nap(0, "modern"), Host="evil.example")).status == 421
        assert (
            exchange(port, sent(nap(0, "modern"), **through | {"Origin": "https://evil.example"})).status
            == 403
        )
        assert exchange(port, message_bytes("GET", "/metrics", {"Host": "workspace.example"})).status != 200
        assert exchange(port, message_bytes("GET", "/metrics", {"Host": "127.0.0.1"})).status != 200
        big = message_bytes("POST", "/mcp", {**through, "Content-Type": "application/json"}, b" " * 70_000)
        assert exchange(port, big).status == 413
        del server

    def test_the_caller_is_the_proxys_client_and_not_what_that_one_claims(
        self, served: tuple[HttpServer, int]
    ) -> None:
        server, port = served
        exchange(port, sent(nap(0, "modern"), Host="workspace.example", X_Forwarded_For="203.0.113.9"))
        record = wait_for_record(server.log, event="request", path="/mcp")
        assert record["client"].startswith("127.0.0.1:")


@contextlib.contextmanager
def nginx(directory: Path, server: HttpServer) -> Iterator[int]:
    port = free_port()
    configuration = directory / "nginx.conf"
    configuration.write_text(
        f"""\
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{server.port};
      proxy_bind 127.0.0.2;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto https;
      proxy_buffering off;
    }}
  }}
}}
"""
    )
    process = subprocess.Popen(["nginx", "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), connected(port):
                break
            assert process.poll() is None, (directory / "nginx.error.log").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(60)

"""Real `seawall serve` processes for tests: started as a person would, awaited, and ended by their own process id."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.clients.interface import Endpoint, Json

__all__ = [
    "HttpServer",
    "await_readiness",
    "command",
    "environment",
    "free_port",
    "log_records",
    "run",
    "serve_http",
    "stdio",
    "wait_for_record",
]

GUARD = 60.0
"""Seconds after which a server that neither answers nor ends is a failed test, however slow the machine is."""

SEAWALL = Path(sys.executable).with_name("seawall")


def command(*arguments: str | Path) -> tuple[str, ...]:
    """The command line of the installed `seawall`."""
    return (str(SEAWALL), *map(str, arguments))


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without settings of ours, with a log that tests can read."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SEAWALL_")}
    return inherited | {"NO_COLOR": "1", "SEAWALL_LOG__FORMAT": "json"} | dict(extra or {})


def run(
    *arguments: str | Path, extra: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `seawall` to its end."""
    return subprocess.run(
        command(*arguments),
        env=environment(extra),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )


def stdio(log: Path, *arguments: str | Path, extra: Mapping[str, str] | None = None) -> Endpoint:
    """A server that each client starts for itself."""
    line = command("serve", *arguments, "--transport", "stdio")
    return Endpoint(log=log, command=line, environment=environment(extra))


@dataclass(frozen=True)
class HttpServer:
    """A server that listens.

    Attributes:
        process: the running `seawall serve`; to end it is `serve_http`'s business.
        host: the loopback address.
        port: where it listens.
        log: its stderr.
    """

    process: subprocess.Popen[bytes]
    host: str
    port: int
    log: Path

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(log=self.log, url=f"http://{self.host}:{self.port}/mcp")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and body of a plain GET; `headers` may replace Host."""
        return self.send("GET", path, headers=headers)

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Json | None = None
    ) -> tuple[int, str]:
        """Status and body of one request, every header as given."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=GUARD)
        with contextlib.closing(connection):
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, body=payload, headers=dict(headers or {}))
            response = connection.getresponse()
            return response.status, response.read().decode()


@contextlib.contextmanager
def serve_http(
    log: Path, *arguments: str | Path, extra: Mapping[str, str] | None = None, address: str = "127.0.0.1"
) -> Iterator[HttpServer]:
    """A listening server for the length of a `with`; its end must be a clean one. `address` is where it is reached."""
    port = free_port()
    line = command("serve", *arguments, "--transport", "http", "--port", str(port))
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            line, env=environment(extra), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr
        )
    server = HttpServer(process, address, port, log)
    try:
        await_readiness(server)
        yield server
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.send_signal(signal.SIGTERM)
    assert process.wait(GUARD) == 0, log.read_text()


def await_readiness(server: HttpServer) -> None:
    """Return when the server answers that it is ready; fail when it ends before."""
    end = time.monotonic() + GUARD
    while time.monotonic() < end:
        assert server.process.poll() is None, f"the server ended:\n{server.log.read_text()}"
        with contextlib.suppress(OSError):
            if server.get("/readyz")[0] == http.HTTPStatus.OK:
                return
        time.sleep(0.05)
    raise AssertionError(f"the server did not become ready:\n{server.log.read_text()}")


def free_port() -> int:
    """A port of the loopback interface that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def log_records(log: Path, *, event: str | None = None) -> Sequence[dict[str, Any]]:
    """The JSON records in a server's stderr, all or those of one event."""
    complete, _, _being_written = log.read_text().rpartition("\n")
    records = [json.loads(line) for line in complete.splitlines() if line.startswith("{")]
    return [record for record in records if event is None or record.get("event") == event]


def wait_for_record(log: Path, **wanted: Any) -> dict[str, Any]:
    """The first record with these values; a server writes it a moment after the client has its answer."""
    end = time.monotonic() + GUARD
    while time.monotonic() < end:
        for record in log_records(log):
            if wanted.items() <= record.items():
                return record
        time.sleep(0.05)
    raise AssertionError(f"no record with {wanted} in:\n{log.read_text()}")

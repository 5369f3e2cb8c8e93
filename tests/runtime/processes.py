"""The toy server in a process of its own, ended by its own process id."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime.toy import SMALLEST

SCRIPT = Path(__file__).with_name("serve_toy.py")
GUARD = 60.0


@dataclass(frozen=True)
class Toy:
    """A toy server that listens on HTTP."""

    process: subprocess.Popen[str]
    url: str
    port: int
    log: Path

    def request(self, method: str, path: str, **headers: str) -> tuple[int, bytes]:
        """One request by hand, with these headers and no others."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GUARD)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def command(transport: str, directory: Path, extra: str = "", form: str = "json") -> list[str]:
    """The command line that serves the smallest blueprint with `extra`."""
    blueprint = directory / "seawall.toml"
    blueprint.write_text(SMALLEST + extra)
    return [sys.executable, str(SCRIPT), transport, str(blueprint), form]


@contextmanager
def serving(directory: Path, extra: str = "") -> Iterator[Toy]:
    """The server on a free port, until the end of the block."""
    log = directory / "log"
    arguments = command("http", directory, extra + "\n[http]\nport = 0\n")
    with log.open("w") as stderr:
        process = subprocess.Popen(arguments, stderr=stderr, text=True)
    try:
        url = _first_line(process, log)
        yield Toy(process, url, int(url.split(":")[2].split("/")[0]), log)
    finally:
        process.kill()
        process.wait(GUARD)


def _first_line(process: subprocess.Popen[str], log: Path) -> str:
    while process.poll() is None:
        text = log.read_text()
        if "\n" in text:
            return text.splitlines()[0]
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"the server ended: {log.read_text()}")

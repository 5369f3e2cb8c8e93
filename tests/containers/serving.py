"""Servers in containers, reached as clients reach them."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from containers.engine import Container, Engine
from support.clients import Endpoint
from support.servers import free_port

__all__ = ["Served", "eventually", "over_http", "over_stdio"]

_GUARD = 60.0

OVER_HTTP = (
    "--env=SEAWALL_TRANSPORT=http",
    "--env=SEAWALL_HTTP__HOST=0.0.0.0",
    "--env=SEAWALL_HTTP__ALLOW_UNAUTHENTICATED=true",
)


@dataclass(frozen=True)
class Served:
    """A server over HTTP, its port published to this machine alone."""

    container: Container
    port: int
    log: Path

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(log=self.log, url=f"http://127.0.0.1:{self.port}/mcp")

    def status(self, path: str) -> int | None:
        """The status of a GET; None when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_GUARD)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            return connection.getresponse().status
        return None

    def ready(self) -> bool:
        return self.status("/readyz") == http.client.OK


def over_stdio(
    engine: Engine, image: str, workspace: Path, log: Path, *flags: str, network: str = "none"
) -> Endpoint:
    """A server that each client starts for itself, as `docker run --rm -i` does."""
    command = engine.over_stdio(image, f"--volume={workspace}:/workspace:rw", *flags, network=network)
    return Endpoint(log=log, command=command, environment=engine.environment)


@contextlib.contextmanager
def over_http(engine: Engine, image: str, workspace: Path, *flags: str) -> Iterator[Served]:
    """A server that listens, once it is ready."""
    port = free_port()
    name = f"seawall-test-{port}"
    mounted = (f"--volume={workspace}:/workspace:rw", f"--publish=127.0.0.1:{port}:8000")
    with engine.started(image, *mounted, *OVER_HTTP, *flags, name=name) as container:
        served = Served(container, port, workspace.parent / "client.log")
        eventually(served.ready, container.logs)
        yield served


def eventually(fulfilled: object, told: object = "") -> None:
    """Wait until `fulfilled()` is true; fail with what `told()` says when it never is."""
    assert callable(fulfilled)
    end = time.monotonic() + _GUARD
    while not fulfilled():
        assert time.monotonic() < end, told() if callable(told) else told
        time.sleep(0.1)

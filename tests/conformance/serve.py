"""Serve the fixture on a loopback port: `python -m conformance.serve --port 0 [--bare]`.

The one line on standard output is the URL, written when the server accepts requests.
"""

import argparse
import socket
import sys

import uvicorn
from fastmcp.server.event_store import EventStore
from starlette.types import ASGIApp

import seawall
from conformance.fixture import build

__all__ = ["main"]

_HOST = "127.0.0.1"
_RETRY_MILLISECONDS = 500


class _Server(uvicorn.Server):
    """Says its URL once it is up."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            sys.stdout.write(f"http://{_HOST}:{sockets[0].getsockname()[1]}/mcp\n")
            sys.stdout.flush()


def _app(*, bare: bool) -> ASGIApp:
    """The application of the fixture; with Seawall the one that Seawall ships."""
    # An event store in both, without which a closed stream cannot be resumed.
    if not bare:
        events = seawall.Resumption(event_store=EventStore(), retry_interval=_RETRY_MILLISECONDS)
        return seawall.http_app(build(), resumption=events)
    return build().http_app(
        path="/mcp",
        event_store=EventStore(),
        retry_interval=_RETRY_MILLISECONDS,
        host_origin_protection=True,
        allowed_hosts=[_HOST],
    )


def _serve(app: ASGIApp, port: int) -> None:
    with socket.create_server((_HOST, port)) as listener:
        config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=2)
        _Server(config).run(sockets=[listener])


def main() -> None:
    parser = argparse.ArgumentParser(prog="conformance.serve")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--bare", action="store_true", help="leave Seawall out")
    options = parser.parse_args()
    _serve(_app(bare=options.bare), options.port)


if __name__ == "__main__":
    main()

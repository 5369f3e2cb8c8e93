"""Serve the fixture on a loopback port: `python -m conformance.serve --port 0 [--bare]`.

The one line on standard output is the URL, written when the server accepts requests.
"""

import argparse
import socket
import sys
from collections.abc import Callable

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.event_store import EventStore

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


def _server(*, bare: bool) -> FastMCP:
    if bare:
        return build()
    harden: Callable[[FastMCP], FastMCP] | None = getattr(seawall, "harden", None)
    if harden is None:
        # Never the bare server instead: a comparison of the two would then prove nothing.
        sys.exit("seawall.harden does not exist; pass --bare for the server without it")
    return harden(build())


def _serve(mcp: FastMCP, port: int) -> None:
    # Not mcp.run(): only http_app takes an event store, without which a closed stream cannot be resumed.
    app = mcp.http_app(
        path="/mcp",
        event_store=EventStore(),
        retry_interval=_RETRY_MILLISECONDS,
        host_origin_protection=True,
        allowed_hosts=[_HOST],
    )
    with socket.create_server((_HOST, port)) as listener:
        config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=2)
        _Server(config).run(sockets=[listener])


def main() -> None:
    parser = argparse.ArgumentParser(prog="conformance.serve")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--bare", action="store_true", help="leave Seawall out")
    options = parser.parse_args()
    _serve(_server(bare=options.bare), options.port)


if __name__ == "__main__":
    main()

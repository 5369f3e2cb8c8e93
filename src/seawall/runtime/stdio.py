"""Serving over standard input and output."""

from __future__ import annotations

from fastmcp import FastMCP
from fastmcp.server.context import reset_transport, set_transport

from seawall.runtime.reload import Reloader, reloading
from seawall.runtime.served import Served, started
from seawall.runtime.server import AssembledServer
from seawall.runtime.signals import on_end_signals
from seawall.runtime.wire.claim import Claim
from seawall.runtime.wire.streams import Incoming, Outgoing, open_wire

__all__ = ["serve_claimed", "serve_stdio"]


async def serve_stdio(served: Served, claim: Claim | None = None) -> None:
    """Serve the client that started this process, until it closes our input, or SIGINT or SIGTERM.

    Calls under way then have a second to end. Standard output is the client's alone meanwhile: whatever else is
    printed goes to standard error.

    Args:
        served: the server.
        claim: the standard streams, when they were taken before. Else they are taken here, and given back.

    Raises:
        StartError: a toolset cannot start, or there is no standard input or output.
    """
    async with started(served):
        if claim is not None:
            await serve_claimed(served.mcp, claim, served.reloader)
            return
        claim = Claim.take()
        try:
            await serve_claimed(served.mcp, claim, served.reloader)
        finally:
            claim.release()


async def serve_claimed(mcp: FastMCP, claim: Claim, reloader: Reloader | None = None) -> None:
    """Serve any FastMCP server on streams that were taken already, until their end or a signal."""
    incoming, outgoing = open_wire(claim.input, claim.output)
    if isinstance(mcp, AssembledServer) and mcp.subscriptions is not None:
        incoming.when_leaving(mcp.subscriptions.end)
    try:
        with on_end_signals(incoming.end), reloading(reloader, incoming.end):
            await _serve(mcp, incoming, outgoing)
    finally:
        await outgoing.finish()


async def _serve(mcp: FastMCP, incoming: Incoming, outgoing: Outgoing) -> None:
    """What `FastMCP.run_stdio_async` does, on streams of our own: it has no parameter for them.

    Both names below are private. A test compares every answer of this with those of FastMCP's own transport.
    """
    token = set_transport("stdio")
    try:
        async with mcp._lifespan_manager():  # noqa: SLF001  see above
            server = mcp._mcp_server  # noqa: SLF001  see above
            await server.run(incoming, outgoing, server.create_initialization_options())
    finally:
        reset_transport(token)

"""Whether a server would answer, found out by being its client for a moment: for health checks without a port."""

from __future__ import annotations

from fastmcp import Client

from seawall.errors import StartError
from seawall.runtime.served import Served, started

__all__ = ["tools_listed"]


async def tools_listed(served: Served) -> int:
    """Start the toolsets, list the tools as a client does, through every guard, and stop again; how many there are.

    Raises:
        StartError: a toolset cannot start, or what it works on cannot be used any more.
    """
    async with started(served):
        faults = [
            f"{name}: {fault}" for name, toolset in served.toolsets.items() for fault in toolset.faults()
        ]
        if faults:
            raise StartError(" ".join(faults))
        async with Client(served.mcp) as client:
            return len(await client.list_tools())

"""One side in a process of its own, with a FastMCP client in the same process: prints what it found as JSON.

    python -m benchmarks.apis.served.inside bare|seawall DESCRIPTION LISTS

`seawall.toml` lies in the working directory. What is imported is not timed, and is no memory of the server.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from fastmcp import Client, FastMCP

from seawall.runtime.assemble import assemble
from seawall.runtime.surface import estimated_tokens


class Clock:
    """The outermost middleware of the SDK's server: processor time from a request for a list to its answer."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, ctx: Any, call_next: Any) -> Any:  # noqa: ANN401  the SDK's own types
        begun = time.process_time()
        try:
            return await call_next(ctx)
        finally:
            if ctx.method == "tools/list":
                self.seconds.append(time.process_time() - begun)


def loaded(side: str, description: Path) -> FastMCP:
    """The server, from the files."""
    if side == "seawall":
        return assemble("seawall.toml")
    from benchmarks.apis.served.bare import served  # noqa: PLC0415  it is no part of the other side

    return served(description, "http://127.0.0.1:1")  # nothing is called


async def listed(mcp: FastMCP, count: int) -> dict[str, Any]:
    """What the lists took, and what they had."""
    clock = Clock()
    mcp._mcp_server.middleware.insert(0, clock)  # noqa: SLF001  FastMCP has no door here
    seconds, within, tools = [], [], []
    async with Client(mcp) as client:
        for _ in range(count):
            clock.seconds.clear()  # some clients ask beforehand
            begun = time.perf_counter()
            tools = await client.list_tools()
            seconds.append(time.perf_counter() - begun)
            within.append(sum(clock.seconds))  # of all pages
    text = "[" + ",".join(tool.model_dump_json(by_alias=True, exclude_none=True) for tool in tools) + "]"
    return {
        "server": within,
        "client": seconds,
        "tools": len(tools),
        "tokens": estimated_tokens(text),
    }


def main() -> None:
    """Load, list, and tell."""
    side, description, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    begun = time.perf_counter()
    mcp = loaded(side, description)
    load = time.perf_counter() - begun
    print(json.dumps({"load": load, **asyncio.run(listed(mcp, count))}))


if __name__ == "__main__":
    main()

"""Serves the toy toolset in a process of its own: `python serve_toy.py TRANSPORT BLUEPRINT [json|console]`.

TRANSPORT is `http` (the URL is the first line of standard error), `stdio`, or `fastmcp-stdio` for FastMCP's own.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from runtime.toy import assembled
from seawall.errors import SeawallError
from seawall.runtime.http.serving import serve_http
from seawall.runtime.logs import configure_logging
from seawall.runtime.stdio import serve_stdio


def main() -> int:
    transport, blueprint, form = (*sys.argv[1:], "json")[:3]
    configure_logging("console" if form == "console" else "json", "info")
    path = Path(blueprint)
    assembly, _toy = assembled(path.read_text(), directory=path.parent)

    def ready(url: str) -> None:
        sys.stderr.write(f"{url}\n")
        sys.stderr.flush()

    try:
        if transport == "http":
            asyncio.run(serve_http(assembly.served, ready=ready))
        elif transport == "stdio":
            asyncio.run(serve_stdio(assembly.served))
        else:
            asyncio.run(assembly.mcp.run_stdio_async(show_banner=False))
    except SeawallError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

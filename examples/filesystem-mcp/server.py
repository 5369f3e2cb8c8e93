"""The server as a plain FastMCP object, for `fastmcp run server.py`; `seawall serve` also protects the transport."""

import seawall

mcp = seawall.assemble("seawall.toml")

"""The server that seawall.toml describes, as a FastMCP server: add `@mcp.tool` functions below if you need them.

`fastmcp run server.py` serves it for trying out; checks of Host and Origin, limits on connections and the health
paths come with `seawall serve`, which serves seawall.toml alone.
"""

from seawall import assemble

mcp = assemble("seawall.toml")

"""The functions on FastMCP alone, as its documentation shows it: `bare.py stdio` or `bare.py http PORT`."""

from __future__ import annotations

import sys

import functions  # type: ignore[import-not-found]  # the file beside this one
from fastmcp import FastMCP

mcp = FastMCP("compare")
for function in (functions.add, functions.add_async, functions.read_note, functions.long_text):
    mcp.tool(function)

if __name__ == "__main__":
    # Without the banner, which looks for newer versions on the network.
    if sys.argv[1] == "http":
        mcp.run("http", show_banner=False, port=int(sys.argv[2]))
    else:
        mcp.run("stdio", show_banner=False)

"""A server in plain FastMCP that has everything the MCP conformance suite calls."""

from fastmcp import FastMCP

from conformance import (
    fixture_content,
    fixture_elicitation,
    fixture_input,
    fixture_tasks,
    fixture_tools,
)

__all__ = ["build"]


def build() -> FastMCP:
    """A new server with all parts; it opens nothing and starts nothing."""
    # Schemas stay as written: the suite looks for `$defs` and `$anchor`, which resolving references would remove.
    mcp: FastMCP = FastMCP("conformance-fixture", version="1.0.0", dereference_schemas=False, cache_ttl=60)
    for part in (fixture_tools, fixture_elicitation, fixture_input, fixture_tasks, fixture_content):
        part.register(mcp)
    return mcp

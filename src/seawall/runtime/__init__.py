"""Assembly: a blueprint becomes a running FastMCP server."""

"""The assembly: a blueprint's declarations become policies, toolsets and one guarded FastMCP server."""

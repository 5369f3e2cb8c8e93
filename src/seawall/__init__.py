"""Seawall: one declarative file becomes a hardened, production-grade MCP server on FastMCP 4."""

"""Seawall: one declarative file becomes a hardened, production-grade MCP server on FastMCP 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seawall.runtime.assemble import assemble

__all__ = ["assemble"]


def __getattr__(name: str) -> object:
    """Public names, loaded when first asked for: importing the package loads neither FastMCP nor anything else."""
    if name == "assemble":
        from seawall.runtime.assemble import assemble  # noqa: PLC0415  see above

        return assemble
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Seawall: one declarative file becomes a hardened, production-grade MCP server on FastMCP 4."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seawall.errors import OperationError, ToolFailedError
    from seawall.runtime.assemble import assemble
    from seawall.security.jail import Jail, Roots, WriteMode
    from seawall.toolsets.interface import Caller
    from seawall.toolsets.python.context import Context
    from seawall.toolsets.python.marks import operation
    from seawall.toolsets.python.settings import Secret, Settings

__all__ = [
    "Caller",
    "Context",
    "Jail",
    "OperationError",
    "Roots",
    "Secret",
    "Settings",
    "ToolFailedError",
    "WriteMode",
    "assemble",
    "operation",
]

_HOMES = {
    "Caller": "seawall.toolsets.interface",
    "Context": "seawall.toolsets.python.context",
    "Jail": "seawall.security.jail",
    "OperationError": "seawall.errors",
    "Roots": "seawall.security.jail",
    "Secret": "seawall.toolsets.python.settings",
    "Settings": "seawall.toolsets.python.settings",
    "ToolFailedError": "seawall.errors",
    "WriteMode": "seawall.security.jail",
    "assemble": "seawall.runtime.assemble",
    "operation": "seawall.toolsets.python.marks",
}


def __getattr__(name: str) -> object:
    """Public names, loaded when first asked for: importing the package loads neither FastMCP nor anything else."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

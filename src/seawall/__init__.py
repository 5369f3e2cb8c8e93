"""Seawall: one declarative file becomes a hardened, production-grade MCP server on FastMCP 4."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seawall.errors import OperationError, ToolFailedError
    from seawall.runtime.assemble import assemble
    from seawall.runtime.harden import harden, http_app, require, run
    from seawall.runtime.pipeline.authorize import Allowed, Denied
    from seawall.runtime.pipeline.call import Call
    from seawall.runtime.policy import Policy
    from seawall.runtime.served import HttpSettings, Resumption
    from seawall.security.budget import Deadline
    from seawall.security.jail import Jail, Roots, WriteMode
    from seawall.security.rate import Rate
    from seawall.toolsets.functions.context import Context
    from seawall.toolsets.functions.marks import operation
    from seawall.toolsets.functions.resources import resource
    from seawall.toolsets.functions.settings import Secret, Settings
    from seawall.toolsets.interface import Caller

__all__ = [
    "Allowed",
    "Call",
    "Caller",
    "Context",
    "Deadline",
    "Denied",
    "HttpSettings",
    "Jail",
    "OperationError",
    "Policy",
    "Rate",
    "Resumption",
    "Roots",
    "Secret",
    "Settings",
    "ToolFailedError",
    "WriteMode",
    "assemble",
    "harden",
    "http_app",
    "operation",
    "require",
    "resource",
    "run",
]

_HOMES = {
    "run": "seawall.runtime.harden",
    "http_app": "seawall.runtime.harden",
    "harden": "seawall.runtime.harden",
    "require": "seawall.runtime.harden",
    "Rate": "seawall.security.rate",
    "Policy": "seawall.runtime.policy",
    "HttpSettings": "seawall.runtime.served",
    "Resumption": "seawall.runtime.served",
    "Denied": "seawall.runtime.pipeline.authorize",
    "Call": "seawall.runtime.pipeline.call",
    "Allowed": "seawall.runtime.pipeline.authorize",
    "Caller": "seawall.toolsets.interface",
    "Deadline": "seawall.security.budget",
    "Context": "seawall.toolsets.functions.context",
    "Jail": "seawall.security.jail",
    "OperationError": "seawall.errors",
    "Roots": "seawall.security.jail",
    "Secret": "seawall.toolsets.functions.settings",
    "Settings": "seawall.toolsets.functions.settings",
    "ToolFailedError": "seawall.errors",
    "WriteMode": "seawall.security.jail",
    "assemble": "seawall.runtime.assemble",
    "operation": "seawall.toolsets.functions.marks",
    "resource": "seawall.toolsets.functions.resources",
}


def __getattr__(name: str) -> object:
    """Public names, loaded when first asked for: importing the package loads neither FastMCP nor anything else."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

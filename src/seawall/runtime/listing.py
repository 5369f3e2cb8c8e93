"""What lists tell: descriptions and schemas without secrets that somebody wrote or built into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastmcp.utilities.components import FastMCPComponent

from seawall.security.redact import Redactor

__all__ = ["cleaned_listing"]

_SAID: Final = ("title", "description", "parameters", "output_schema", "meta")
"""What of a component a model reads; its name or URI is what callers use, and stays."""


def cleaned_listing(result: object, redactor: Redactor) -> object:
    """The result of a list without secrets; any other result as it is."""
    if redactor.empty or not isinstance(result, Sequence) or isinstance(result, str | bytes):
        return result
    return [_cleaned(item, redactor) if isinstance(item, FastMCPComponent) else item for item in result]


def _cleaned(component: FastMCPComponent, redactor: Redactor) -> FastMCPComponent:
    changed: dict[str, Any] = {}
    for field in _SAID:
        value = getattr(component, field, None)
        if value is not None and (clean := redactor.value(value, keys=False)) is not value:
            changed[field] = clean
    return component.model_copy(update=changed) if changed else component

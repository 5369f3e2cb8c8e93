"""What lists tell: descriptions and schemas without secrets that somebody wrote or built into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter, is_
from typing import Any, Final

from fastmcp.tools.base import Tool
from fastmcp.utilities.components import FastMCPComponent

from seawall.runtime.guard import is_operation
from seawall.security.redact import Redactor

__all__ = ["Listings"]

_SAID: Final = ("title", "description", "parameters", "output_schema", "meta")
"""What of a component a model reads; its name or URI is what callers use, and stays."""

_said = attrgetter(*_SAID)
_KEPT: Final = 4096  # tools; a provider that makes new ones for every list must not fill the memory


@dataclass(frozen=True, slots=True)
class _Kept:
    """A tool that was searched.

    Attributes:
        tool: it.
        said: what it said then.
        clean: the same tool, or a copy of it without secrets.
    """

    tool: Tool
    said: tuple[Any, ...]
    clean: FastMCPComponent


class Listings:
    """Takes secrets out of lists. Used on the event loop alone.

    To search a thousand schemas takes a quarter of a second (measured), so a tool of a toolset, whose schemas nobody
    changes in place, is searched once: until it says something else, or until there is another secret to look for.
    """

    def __init__(self, redactor: Redactor) -> None:
        """Args: redactor: knows the secrets."""
        self._redactor = redactor
        self._state: object = None
        self._kept: dict[int, _Kept] = {}

    def cleaned(self, result: object) -> object:
        """The result of a list without secrets; any other result as it is."""
        redactor = self._redactor
        if redactor.empty or not isinstance(result, Sequence) or isinstance(result, str | bytes):
            return result
        if (state := redactor.state) is not self._state:
            self._kept.clear()
            self._state = state
        return [self._clean(item) if isinstance(item, FastMCPComponent) else item for item in result]

    def _clean(self, component: FastMCPComponent) -> FastMCPComponent:
        kept = self._kept.get(id(component))
        if kept is not None and kept.tool is component and all(map(is_, kept.said, _said(component))):
            return kept.clean
        clean = _cleaned(component, self._redactor)
        if isinstance(component, Tool) and is_operation(component):
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[id(component)] = _Kept(component, _said(component), clean)
        return clean


def _cleaned(component: FastMCPComponent, redactor: Redactor) -> FastMCPComponent:
    changed: dict[str, Any] = {}
    for field in _SAID:
        value = getattr(component, field, None)
        if value is not None and (clean := redactor.value(value, keys=False)) is not value:
            changed[field] = clean
    return component.model_copy(update=changed) if changed else component

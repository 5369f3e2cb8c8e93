"""Which scopes a caller needs for what: one table of the whole server, filled once and asked for every call.

A tool of a toolset carries its scopes itself; they stand here as well, so that a call can be judged by the name alone,
before anything is looked up. Prompts, resources and templates, and whatever code adds to a server, are known here only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import re2  # type: ignore[import-untyped]
from fastmcp.resources.template import build_regex
from pydantic import AnyUrl, ValidationError

from seawall.errors import UsageError

__all__ = ["AccessRules", "ComponentKind", "fits"]

ComponentKind: TypeAlias = Literal["tool", "prompt", "resource", "template"]
"""What a rule is about. A resource is named by its URI, a template by its URI template."""

_NOTHING: Final[frozenset[str]] = frozenset()
_KINDS: Final = frozenset({"tool", "prompt", "resource", "template"})


class AccessRules:
    """The scopes that are needed beside those that a component carries itself. Asked on the event loop alone."""

    def __init__(self) -> None:
        self._needed: dict[tuple[str, str], frozenset[str]] = {}
        self._any = False
        self._templates: dict[str, frozenset[str]] = {}
        self._included: dict[str, tuple[tuple[ComponentKind, str], ...]] = {}

    def __bool__(self) -> bool:
        """Whether anything needs scopes."""
        return self._any

    def require(self, kind: ComponentKind, name: str, scopes: Iterable[str]) -> None:
        """Let nobody see or use the component who lacks one of the scopes; they add to those of earlier rules.

        Args:
            kind: what it is.
            name: the tool's or prompt's name, the resource's URI, the template's URI template, as clients see them.
            scopes: all of them are needed. None says that it exists and needs none, though a template that it fits may.

        Raises:
            UsageError: no such kind.
        """
        if kind not in _KINDS:
            raise UsageError(f"a rule is about a tool, prompt, resource or template, not {kind!r}.")
        asked = frozenset(scopes)
        for each in {name, _normal(name)} if kind == "resource" else {name}:
            key = (kind, each)
            self._needed[key] = needed = self._needed.get(key, _NOTHING) | asked
            self._any = self._any or bool(needed)
        if kind == "template":
            self._templates[name] = self._needed[kind, name]

    def needed(self, kind: ComponentKind, name: str) -> frozenset[str]:
        """The scopes of one component; empty when everybody may use it."""
        return self._needed.get((kind, name), _NOTHING) if self._any else _NOTHING

    def needed_to_read(self, uri: str) -> frozenset[str]:
        """The scopes for a URI: those of the resource that is known by it, or else of every template that it fits."""
        known = self._needed.get(("resource", uri))
        if known is not None:
            return known
        found = _NOTHING
        for template, scopes in self._templates.items():
            if not scopes <= found and fits(uri, template):
                found |= scopes
        return found

    def include(self, prompt: str, uses: Iterable[tuple[ComponentKind, str]]) -> None:
        """Say what a prompt asks for whenever it is made: who lacks scopes for that cannot get it, although it exists for them."""
        self._included[prompt] = tuple(uses)

    def needed_to_make(self, prompt: str) -> frozenset[str]:
        """The scopes of a prompt, and of all that it asks for whenever it is made."""
        found = self.needed("prompt", prompt)
        for kind, name in self._included.get(prompt, ()):
            found |= self.needed_to_read(name) if kind == "resource" else self.needed(kind, name)
        return found

    @property
    def all(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """Every rule, by kind and name."""
        return MappingProxyType(self._needed)


def fits(uri: str, template: str) -> bool:
    """Whether FastMCP would read the URI by the template, found out in linear time: a caller chooses the URI."""
    pattern = _pattern(template)
    if pattern is None:
        return False
    path = (uri if "#" in template else uri.partition("#")[0]).partition("?")[0]
    return pattern.match(path.encode("utf-8", "replace").decode()) is not None


@lru_cache(maxsize=4096)
def _pattern(template: str) -> Any:  # noqa: ANN401  re2 has no types
    """FastMCP's own pattern in RE2; None where FastMCP has none either."""
    found = build_regex(template)
    if found is None:
        return None
    try:
        return re2.compile(found.pattern.removesuffix("$") + r"\n?$")
    except re2.error:  # a name of a variable that RE2 does not take
        return found


def _normal(uri: str) -> str:
    """The URI as FastMCP lists it."""
    try:
        return str(AnyUrl(uri))
    except ValidationError:
        return uri

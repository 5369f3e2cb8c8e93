"""What a call counts as for limits: one operation of the server, however many names or URIs lead to it."""

from __future__ import annotations

from collections.abc import Iterable

from fastmcp.resources.template import ResourceTemplate

from seawall.resources.uris import LONGEST
from seawall.runtime.pipeline.call import Call

__all__ = ["Operations"]

_KEPT = 4096  # names and templates; a provider that makes them up must not fill the memory


class Operations:
    """Learns from lookups and listings which tools, resources, templates and prompts there are.

    Before a name is looked up nobody knows whether it exists, and looking it up may be slow. So a name counts as its
    own operation once it was listed or found, and until then like all other unknown names of its kind: what is made up has
    one operation's share of the places, and so have all URIs of one template.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._templates: dict[str, ResourceTemplate] = {}

    def found(self, kind: str, names: Iterable[str]) -> None:
        """There are a tool, a resource or a prompt of these names."""
        for name in names:
            if len(self._names) >= _KEPT:
                return
            self._names.add(f"{kind}:{name}")

    def found_templates(self, templates: Iterable[ResourceTemplate]) -> None:
        """There are these templates."""
        for template in templates:
            if len(self._templates) < _KEPT or template.uri_template in self._templates:
                self._templates[template.uri_template] = template

    def of(self, call: Call) -> str:
        """The operation of a call."""
        name = f"{call.kind}:{call.name}"
        if name in self._names:
            return name
        if call.kind == "resource" and len(call.name) <= LONGEST:
            for pattern, template in self._templates.items():
                if template.matches(call.name) is not None:
                    return f"template:{pattern}"
        return call.kind

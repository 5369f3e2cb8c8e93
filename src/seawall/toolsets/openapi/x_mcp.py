"""`x-mcp`: what an API's own authors say of an operation as a tool.

It stands at the whole description, a path or an operation; the innermost holds. `false` takes the operation out, `true`
leaves it in, and a table may give it a name and a description. It can make hints stricter, never milder: whether a POST
only reads is for the operator to say, not for the description.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from seawall.toolsets.interface import Hints
from seawall.toolsets.openapi.model import ApiOperation
from seawall.toolsets.openapi.naming import NAME
from seawall.types import JsonValue

__all__ = ["XMcp", "read_x_mcp"]

_KEY: Final = "x-mcp"
_LONGEST_DESCRIPTION: Final = 4096


@dataclass(frozen=True, slots=True)
class XMcp:
    """What is said.

    Attributes:
        enabled: False takes the operation out.
        name: for the tool; empty when nothing fitting is said.
        description: for the tool; empty when nothing is said.
        read_only: False when it is said that the operation changes something.
        destructive: True when it is said that it may destroy something.
        idempotent: False when it is said that a second call does more.
    """

    enabled: bool = True
    name: str = ""
    description: str = ""
    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None

    def stricter(self, hints: Hints) -> Hints:
        """The hints with what is said against them."""
        read_only = hints.read_only and self.read_only is not False and not self.destructive
        return replace(
            hints,
            read_only=read_only,
            destructive=hints.destructive or bool(self.destructive) or (hints.read_only and not read_only),
            idempotent=hints.idempotent and self.idempotent is not False,
        )


def read_x_mcp(operation: ApiOperation) -> XMcp:
    """What is said of the operation; nothing at all when it has another form than those."""
    said = operation.extensions.get(_KEY)
    if isinstance(said, bool):
        return XMcp(enabled=said)
    if not isinstance(said, Mapping):
        return XMcp()
    name, description = said.get("name"), said.get("description")
    annotations = said.get("annotations")
    hints = {**annotations, **said} if isinstance(annotations, Mapping) else said
    return XMcp(
        enabled=said.get("enabled") is not False,
        name=name if isinstance(name, str) and NAME.fullmatch(name) else "",
        description=description[:_LONGEST_DESCRIPTION] if isinstance(description, str) else "",
        read_only=_flag(hints, "readOnlyHint"),
        destructive=_flag(hints, "destructiveHint"),
        idempotent=_flag(hints, "idempotentHint"),
    )


def _flag(hints: Mapping[str, JsonValue], name: str) -> bool | None:
    value = hints.get(name)
    return value if isinstance(value, bool) else None

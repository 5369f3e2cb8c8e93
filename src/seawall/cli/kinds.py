"""The installed kinds of toolset, in the two forms that commands need."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.blueprint import ToolsetDeclaration
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.registry import installed_kinds

__all__ = ["declarations", "installed_kinds"]


def declarations(kinds: Mapping[str, ToolsetKind] | None = None) -> Mapping[str, type[ToolsetDeclaration]]:
    """What the blueprint loader needs of each kind: the model of its section."""
    found = installed_kinds() if kinds is None else kinds
    return {name: kind.declaration for name, kind in found.items()}

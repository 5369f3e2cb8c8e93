"""The kinds of toolset that a blueprint may name; they are handed in, this package knows none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from seawall.blueprint.toolset import ToolsetDeclaration

__all__ = ["Kinds"]

Kinds: TypeAlias = Mapping[str, type[ToolsetDeclaration]]
"""The model of `[[toolset]]` for each value that `kind` may have."""

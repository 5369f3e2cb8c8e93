"""The `[stdio]` table: what holds for the one local caller."""

from __future__ import annotations

from pydantic import Field

from seawall.blueprint.scopes import ScopeName
from seawall.blueprint.section import Section

__all__ = ["StdioSection"]


class StdioSection(Section):
    """What holds for the one caller that started the server on its standard input and output."""

    scopes: tuple[ScopeName, ...] = Field(
        default=("*",),
        description="Scopes that the local caller has; `*` stands for any text, so that `*` alone is every scope.",
        examples=[["*"], ["files:read"], ["files:*"]],
    )

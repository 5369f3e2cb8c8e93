"""What every kind declares in the same words that serves the operator's own Python code."""

from __future__ import annotations

from pydantic import Field

from seawall.toolsets.rooted import RootedDeclaration

__all__ = ["LendingDeclaration"]


class LendingDeclaration(RootedDeclaration):
    """Settings of a toolset that lends files and values to code of the operator's."""

    roots: str | dict[str, str] | None = Field(
        default=None,
        description="The directory, or a table of several, for functions that take a `seawall.Jail` "
        "or `seawall.Roots`. Relative paths start at the blueprint.",
        examples=["./data"],
    )
    settings: dict[str, object] = Field(
        default_factory=dict,
        description="Values for functions that take the module's `seawall.Settings` class.",
        examples=[{"file": "berths.csv", "longest_stay": 14}],
    )

"""The blueprint section of the kind."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seawall.blueprint import ToolsetDeclaration

__all__ = ["TidesDeclaration"]


class TidesDeclaration(ToolsetDeclaration):
    """The tides of one harbour."""

    kind: Literal["tides"] = Field(default="tides", description="The tides of one harbour.")
    harbour: str = Field(description="Which harbour.")
    first_high: float = Field(default=3.5, ge=0, lt=12.4, description="Hour of the day's first high water.")

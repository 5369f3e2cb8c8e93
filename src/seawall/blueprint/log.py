"""The `[log]` table: what the server tells its operator."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seawall.blueprint.section import Section

__all__ = ["LogSection"]


class LogSection(Section):
    """What the server tells its operator, on standard error only."""

    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto` is console on a terminal and JSON lines elsewhere."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important events that are still written."
    )

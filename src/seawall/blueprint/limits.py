"""The `[limits]` table: what one call may cost."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from seawall.blueprint.quantities import DurationRule, SizeRule
from seawall.blueprint.section import Allowed, Section

__all__ = ["LimitsSection"]

_Rate: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{0,8}/(s|m|h)$"),
    Allowed('calls in a time, such as "20/s", "300/m" or "1000/h"'),
]


class LimitsSection(Section):
    """What one call may cost, whichever toolset serves it."""

    request_timeout: Annotated[float, DurationRule(maximum=86400.0)] = Field(
        default=30.0, description="Time limit of one call; a toolset's `timeout` overrides it."
    )
    response_size: Annotated[int, SizeRule(minimum=1024, maximum=1024**3)] = Field(
        default=1024**2, description="Bytes that one result may have, both of its forms counted."
    )
    workers: int = Field(
        default=16,
        ge=1,
        le=1024,
        description="Blocking operations that run at the same time; more of them wait for a free worker.",
    )
    concurrency: int = Field(
        default=64,
        ge=1,
        le=100_000,
        description="Calls that are under way at the same time; no tool alone takes the last eighth of them, "
        "no caller the last sixteenth where there may be others.",
    )
    queue: int = Field(
        default=256,
        ge=0,
        le=100_000,
        description="Calls that may wait for one of those places; one more is refused as overloaded. "
        "Both together are the background tasks that may wait or run.",
    )
    rate: _Rate | None = Field(
        default=None,
        examples=["20/s", "300/m"],
        description="Calls of one caller in a second, minute or hour, evenly refilled. Without it there is no such "
        "limit: how much a call costs differs a thousandfold, and behind a proxy all callers look like one.",
    )
    burst: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Calls of one caller that may come at once after a pause; as many as `rate` says when left out.",
    )
    page_size: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="Entries of one answer to a list of tools, prompts or resources; clients ask on for the rest.",
    )

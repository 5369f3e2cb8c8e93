"""What a blueprint says of single operations whose source does not say it all: the behaviour hints of a tool."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from seawall.blueprint.section import Section
from seawall.toolsets.interface import Hints

__all__ = ["HintsOverride", "overridden"]


class HintsOverride(Section):
    """What the source alone does not say of an operation."""

    read_only: bool | None = Field(default=None, description="It changes nothing.")
    destructive: bool | None = Field(default=None, description="It may destroy or overwrite something.")
    idempotent: bool | None = Field(default=None, description="A second equal call changes nothing more.")
    open_world: bool | None = Field(default=None, description="It reaches beyond this server.")


def overridden(hints: Hints, said: HintsOverride | None) -> Hints:
    """The hints with what the blueprint says of them; what only reads destroys nothing, unless it says that too."""
    if said is None:
        return hints
    given = {name: value for name, value in said.model_dump().items() if value is not None}
    if given.get("read_only"):
        given.setdefault("destructive", False)
        given.setdefault("idempotent", True)
    elif given.get("read_only") is False:
        given.setdefault("destructive", True)
    return replace(hints, **given)

"""The `[deploy]` table: what the container and its surroundings are made for."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from seawall.blueprint.quantities import SizeRule
from seawall.blueprint.section import Allowed, Section

__all__ = ["DeploySection"]

_PYTHON: Final = r"^3\.(?:11|12|13)(?:\.[0-9]{1,2})?$"
_LEAST_MEMORY: Final = 128 * 1024**2  # an idle server has about 90 MB, its self-check as much for a moment


class DeploySection(Section):
    """What container, orchestrator and service manager give the server; read when their files are made."""

    python: Annotated[
        str,
        Field(pattern=_PYTHON),
        Allowed('a Python version in quotes: "3.11", "3.12", "3.13" or such as "3.12.7"'),
    ] = Field(default="3.12", description="Python in the image.", examples=["3.12", "3.12.7"])
    memory: Annotated[int, SizeRule(minimum=_LEAST_MEMORY)] = Field(
        default=512 * 1024**2, description="Memory that one replica may use; beyond it the system ends it."
    )
    cpus: float = Field(
        default=0.5,
        ge=0.1,
        le=256,
        description="Processor time that one replica may use; 1 is one core.",
        examples=[0.5, 2],
    )
    replicas: int = Field(
        default=1, ge=1, le=1000, description="How many servers share the callers, where several can run."
    )

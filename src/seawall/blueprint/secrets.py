"""The `[secrets]` table: where mounted secrets are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seawall.blueprint.section import Allowed, Section

__all__ = ["SecretsSection"]

# A bound within the pattern would make an automaton of eight megabytes at every start.
_Directory = Annotated[str, Field(pattern=r"^/[^\x00]*$", max_length=4096), Allowed("an absolute path")]


class SecretsSection(Section):
    """Where `secret:NAME` is looked up."""

    directories: tuple[_Directory, ...] = Field(
        default=("/run/secrets",),
        max_length=16,
        description="Directories with a file for each secret, as Docker, Podman and Kubernetes mount them; the first that "
        "has the name counts.",
        examples=[["/run/secrets", "/var/run/seawall"]],
    )

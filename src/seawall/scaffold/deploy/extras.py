"""What is added to a project by name: files for the place where the container, or the server itself, runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from seawall.scaffold.deploy.deployment import Deployment

__all__ = ["EXTRAS", "ExtraName", "extra_files"]

ExtraName: TypeAlias = Literal["kubernetes", "systemd", "ci", "mcpb", "registry"]

EXTRAS: Final[Mapping[ExtraName, Callable[[Deployment], Mapping[str, str]]]] = {}


def extra_files(name: ExtraName, deployment: Deployment) -> Mapping[str, str]:
    """The files of that name, by their paths in the project."""
    return EXTRAS[name](deployment)

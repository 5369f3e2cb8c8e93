"""The files that make a container of a project and run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seawall.scaffold.deploy.deployment import Deployment
from seawall.scaffold.deploy.rendering import render

__all__ = ["container_files"]

_TEMPLATES: Final = {
    "Dockerfile": "Dockerfile.j2",
    "compose.yaml": "compose.yaml.j2",
    ".dockerignore": "dockerignore.j2",
    ".env.example": "env.example.j2",
}


def container_files(deployment: Deployment) -> Mapping[str, str]:
    """The Dockerfile, the Compose file, and what belongs to them, by their paths in the project."""
    return {path: render(template, deployment) for path, template in _TEMPLATES.items()}

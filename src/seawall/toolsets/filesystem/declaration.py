"""The blueprint section of the filesystem toolset."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seawall.blueprint.quantities import ByteSize
from seawall.toolsets.rooted import RootedDeclaration

__all__ = ["FilesystemDeclaration"]


class FilesystemDeclaration(RootedDeclaration):
    """Files below one or several directories."""

    kind: Literal["filesystem"] = Field(
        default="filesystem", description="Files below one or several directories."
    )
    roots: str | dict[str, str] = Field(
        description="The directory to offer; or a table of several, where each name is a top directory. "
        "Relative paths start at the blueprint.",
        examples=["./workspace", {"project": "./project", "handbook": "/srv/handbook"}],
    )
    max_file_size: ByteSize = Field(
        default=10 * 1024**2,
        description="Limit for work on a whole file: writing, hashing, searching its content. "
        "Larger files can still be read in parts.",
    )

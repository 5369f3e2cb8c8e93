"""The blueprint section of the filesystem toolset."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seawall.blueprint.quantities import ByteSize
from seawall.blueprint.toolset import ToolsetDeclaration

__all__ = ["FilesystemDeclaration"]


class FilesystemDeclaration(ToolsetDeclaration):
    """Files below one or several directories."""

    kind: Literal["filesystem"] = Field(
        default="filesystem", description="Files below one or several directories."
    )
    roots: str | dict[str, str] = Field(
        description="The directory to offer; or a table of several, where each name is a top directory. "
        "Relative paths start at the blueprint.",
    )
    deny: tuple[str, ...] = Field(
        default=(),
        description="Paths that nobody may read, list, search or write, in .gitignore syntax. "
        "Adds to the built-in list of secret-bearing names.",
    )
    max_file_size: ByteSize = Field(
        default=10 * 1024**2,
        description="Limit for work on a whole file: writing, hashing, searching its content. "
        "Larger files can still be read in parts.",
    )
    symlinks: Literal["inside", "refuse"] = Field(
        default="inside",
        description="`inside` follows symbolic links that stay inside the root; `refuse` follows none.",
    )
    hard_links: Literal["read", "refuse"] = Field(
        default="read",
        description="Whether a file with several names (hard links) may be read. Writing one is always refused.",
    )

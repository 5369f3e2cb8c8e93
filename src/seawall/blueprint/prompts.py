"""The `[prompts]` table: where the prompts are, and what one may cost."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seawall.blueprint.quantities import DurationRule, SizeRule
from seawall.blueprint.section import Allowed, Section

__all__ = ["PromptsSection"]


class PromptsSection(Section):
    """Markdown files with front matter, each one prompt. Without a directory there are none."""

    directory: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="Directory of the files, relative to the blueprint; each `NAME.md` is the prompt NAME.",
        examples=["prompts"],
    )
    files: Annotated[
        str,
        Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$|^$"),
        Allowed("the name of a toolset"),
    ] = Field(
        default="",
        description="The toolset whose `read_file` and `list_directory` templates use for `file`, `embed`, "
        "`workspace.tree` and paths. Empty: the first that has them.",
        examples=["files"],
    )
    size: Annotated[int, SizeRule(minimum=1024, maximum=64 * 1024**2)] = Field(
        default=256 * 1024,
        description="Characters that all messages of one prompt may have together, and each text on the way there.",
    )
    timeout: Annotated[float, DurationRule(maximum=3600.0)] = Field(
        default=10.0, description="Time limit for making one prompt, with all files and tools that it asks."
    )

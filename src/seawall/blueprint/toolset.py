"""What every `[[toolset]]` has in common, whatever its kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seawall.blueprint.quantities import Duration
from seawall.blueprint.scopes import ScopeName
from seawall.blueprint.section import Allowed, Section

__all__ = ["ToolsetDeclaration"]


class ToolsetDeclaration(Section):
    """The settings that mean the same for every kind of toolset; a kind's own model adds to them."""

    kind: str = Field(description="Which kind of toolset this is.", examples=["filesystem"])
    name: Annotated[
        str,
        Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$|^$"),
        Allowed("a name of at most 32 small letters, digits, '_' or '-', starting with a letter"),
    ] = Field(default="", description="Its name; the kind when empty.", examples=["files"])
    access: Literal["read", "write"] = Field(
        default="read", description="`read` offers only operations that change nothing; `write` offers all."
    )
    operations: tuple[str, ...] = Field(
        default=(),
        description="Which operations to offer: names or patterns; `!pattern` takes away. Empty: all. "
        "Where the source has them, `METHOD /path` and `tag:NAME` are patterns too.",
        examples=[["read_file", "list_*"], ["*", "!write_file"], ["tag:pet", "GET /store/*"]],
    )
    prefix: Annotated[
        str, Field(pattern=r"^[a-z0-9_]{0,24}$"), Allowed("at most 24 small letters, digits or '_'")
    ] = Field(
        default="",
        description="Stands before each tool's name, to part equal names.",
        examples=["files_"],
    )
    scopes: tuple[ScopeName, ...] = Field(
        default=(),
        description="A caller without all of these does not see the tools; each is a plain word.",
        examples=[["files:read"]],
    )
    operation_scopes: dict[str, Annotated[tuple[ScopeName, ...], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Scopes that some operations need beside those: by name or pattern, as in `operations`.",
        examples=[{"write_*": ["files:write"]}],
    )
    timeout: Duration | None = Field(
        default=None, description="Time limit of one call; `limits.request_timeout` when unset."
    )
    token_budget: int = Field(
        default=20_000,
        ge=100,
        le=10_000_000,
        description="Tokens that this toolset's part of `tools/list` may cost; `check` warns.",
    )
    discovery: Literal["list", "search"] = Field(
        default="list",
        description="`search` lists three tools instead of the operations themselves: to search for one, to "
        "describe it, and to call it.",
    )
    results: Literal["text", "json"] = Field(
        default="text",
        description="`json` sends text-bearing results as structured content instead of plain text.",
    )

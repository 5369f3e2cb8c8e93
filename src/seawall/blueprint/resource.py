"""One `[[resource]]`: something to read under a URI."""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from seawall.blueprint.auth import SecureUrl, refused
from seawall.blueprint.quantities import DurationRule, SizeRule
from seawall.blueprint.scopes import ScopeName
from seawall.blueprint.section import Allowed, Section

__all__ = ["SOURCES", "ResourceDeclaration"]

SOURCES: Final = ("text", "file", "directory", "url", "function")
"""The settings of which each resource has exactly one: where its content comes from."""

_DOTTED: Final = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*"
_CHARACTERS: Final = r"[A-Za-z0-9._~!$&'()+,;=:@/-]|%[0-9A-Fa-f]{2}"
_Uri: TypeAlias = Annotated[
    str,
    Field(
        pattern=rf"^[a-z][a-z0-9+.-]{{0,31}}://(?:{_CHARACTERS}|\{{[A-Za-z][A-Za-z0-9_]{{0,63}}\*?\}})+$",
        max_length=512,
    ),
    Allowed("a URI such as handbook://start or handbook://{page*}; a variable stands in braces"),
]


class ResourceDeclaration(Section):
    """Something to read. Exactly one of `text`, `file`, `directory`, `url` and `function` says what."""

    uri: _Uri = Field(
        description="Its URI. With `directory` it ends with one variable for the path, such as `{page*}`; with "
        "`function` variables are the function's parameters.",
        examples=["handbook://{page*}", "status://today"],
    )
    name: str = Field(
        default="",
        max_length=128,
        description="A word for it; made of the URI when empty.",
        examples=["hours"],
    )
    title: str = Field(default="", max_length=256, description="Name for people.", examples=["Opening hours"])
    description: str = Field(
        default="",
        max_length=8192,
        description="What it is and when to read it: the model reads this.",
        examples=["When the harbour office is open."],
    )
    text: str | None = Field(default=None, description="The content itself.", examples=["Open from 9 to 5."])
    file: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="A file, relative to the blueprint.",
        examples=["docs/terms.md"],
    )
    directory: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="A directory, relative to the blueprint: every file below it has a URI. Nothing outside of it is "
        "reached, whatever a URI or link says.",
        examples=["handbook"],
    )
    url: SecureUrl | None = Field(
        default=None,
        description="A page of another server, fetched anew for every read (https; http on loopback).",
        examples=["https://status.example/summary.json"],
    )
    function: Annotated[
        str | None,
        Field(pattern=rf"^{_DOTTED}:{_DOTTED}$"),
        Allowed("a module and a function in it, such as my_server.resources:report"),
    ] = Field(
        default=None,
        description="A typed Python function that gives the content: text, bytes, or data that goes out as JSON.",
        examples=["my_server.resources:report"],
    )
    media_type: Annotated[
        str,
        Field(pattern=r"^([\w.+-]+/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*)?$", max_length=256),
        Allowed("a media type such as text/markdown"),
    ] = Field(
        default="",
        description="Of the content; guessed from names and content when empty.",
        examples=["text/markdown"],
    )
    audience: tuple[Literal["user", "assistant"], ...] = Field(
        default=(), description="Whom it is for; both when empty.", examples=[["assistant"]]
    )
    priority: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="How much it matters: 1 is needed, 0 is optional.",
        examples=[0.8],
    )
    scopes: tuple[ScopeName, ...] = Field(
        default=(),
        description="A caller without all of these neither sees nor reads it.",
        examples=[["docs:read"]],
    )
    cache: Annotated[float, DurationRule(maximum=86400.0)] | None = Field(
        default=None, description="How long clients may keep it (protocol 2026-07-28). Unset: not at all."
    )
    cache_scope: Literal["private", "public"] = Field(
        default="private",
        description="`public` lets shared caches give it to other callers; never with `scopes`.",
    )
    max_size: Annotated[int, SizeRule(maximum=1024**3)] = Field(
        default=1024**2, description="Bytes that the content may have; `limits.response_size` holds as well."
    )
    listed: bool = Field(
        default=True,
        description="Whether the files of a `directory` stand in the list of resources, the first 1,000.",
    )
    deny: tuple[str, ...] = Field(
        default=(),
        description="Paths of a `directory` that nobody may read, in .gitignore syntax. Adds to the built-in list of "
        "secret-bearing names.",
        examples=[["drafts/"]],
    )
    networks: tuple[str, ...] = Field(
        default=(),
        description="Private addresses or networks that a `url` may lead to; without it only public ones.",
        examples=[["10.20.0.0/16"]],
    )
    timeout: Annotated[float, DurationRule(maximum=3600.0)] = Field(
        default=10.0, description="Time limit for fetching a `url`."
    )

    @property
    def source(self) -> str:
        """Which of `SOURCES` it has."""
        return next(name for name in SOURCES if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(getattr(self, name) is not None for name in SOURCES) != 1:
            raise refused(f"exactly one of {', '.join(SOURCES)}")
        if self.cache_scope == "public" and (self.scopes or self.cache is None):
            raise refused('`cache_scope = "public"` with a `cache`, and not with `scopes`')
        if self.priority is not None and not math.isfinite(self.priority):
            raise refused("a priority from 0 to 1")
        return self

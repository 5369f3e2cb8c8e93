"""What can be read of a server: MCP resources, and templates of many, whoever offers them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal, Protocol, TypeAlias, runtime_checkable

from seawall.errors import Problem
from seawall.toolsets.interface import CallContext, Toolset

__all__ = [
    "CacheRule",
    "Completes",
    "Content",
    "Look",
    "OffersReadables",
    "Readable",
    "States",
    "readables_of",
    "same_uri",
    "uri_clashes",
]

_VARIABLE: Final = re.compile(r"\{\w+\}")
_ONE: Final = "?"
_ANY: Final = "*"  # neither of the two stands in a URI of a resource


@dataclass(frozen=True, slots=True)
class CacheRule:
    """How long clients may keep what they read (specification 2026-07-28, SEP-2549).

    Attributes:
        seconds: after which it is stale.
        scope: whether a `public` cache may give it to others, or each caller keeps it to themselves.
    """

    seconds: float
    scope: Literal["private", "public"] = "private"


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a resource without reading it.

    Attributes:
        uri: its own, where a template lists it; empty for the resource that was asked.
        name: likewise.
        size: bytes, before any encoding.
        modified: when it changed last.
        media_type: of its content; empty for that of its offer.
    """

    uri: str = ""
    name: str = ""
    size: int | None = None
    modified: datetime | None = None
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What was read, with a media type that only reading tells."""

    data: str | bytes
    media_type: str


Reads: TypeAlias = Callable[[Mapping[str, str], CallContext], Awaitable[str | bytes | Content]]
Completes: TypeAlias = Callable[[str, str, Mapping[str, str]], Awaitable[Sequence[str]]]
States: TypeAlias = Callable[[Mapping[str, str]], Hashable]


@dataclass(frozen=True, slots=True)
class Readable:
    """Something to read: an MCP resource, or a template of many.

    Attributes:
        uri: as `stock://items`; with variables, each in the form `{name}` or `{name*}`, it is a template.
        name: a word for it.
        title: for people.
        description: for the model.
        media_type: of its content.
        read: gives the content, of a template for the texts of its variables. Raises OperationError only.
        variables: those of the URI.
        scopes: what a caller must have beside the scopes of the toolset, to see and read it.
        audience: whom it is for; empty for anybody.
        priority: how much it matters, from 0 to 1; None when nobody says.
        cache: how long clients may keep it; None for not at all.
        look: tells size and age; of a template, of everything that it lists.
        complete: values that a variable may have: its name, what is there of it, and the other variables so far.
        state: by what the content is known, for the texts of the variables: another value when it has changed, None when
            there is none. It blocks, and is cheap; it raises nothing. None where nobody can tell without reading.
    """

    uri: str
    name: str
    title: str
    description: str
    media_type: str
    read: Reads
    variables: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    audience: tuple[Literal["user", "assistant"], ...] = ()
    priority: float | None = None
    cache: CacheRule | None = None
    look: Callable[[], Awaitable[Sequence[Look]]] | None = None
    complete: Completes | None = None
    state: States | None = None


@runtime_checkable
class OffersReadables(Protocol):
    """What a toolset may have beside `Toolset`: things to read."""

    @property
    def readables(self) -> Sequence[Readable]:
        """All of them; no two with the same URI."""


def readables_of(toolset: Toolset) -> Sequence[Readable]:
    """Everything that the toolset offers to read; of most kinds that is nothing."""
    return toolset.readables if isinstance(toolset, OffersReadables) else ()


def same_uri(one: str, other: str) -> bool:
    """Whether a URI could be of both, and nothing says of which.

    A URI without variables is clear beside a template that it fits, too: it comes first. Of two templates none does, so
    that they must not have a URI in common: `stock://{a}/x` and `stock://y/{b}` have `stock://y/x`.
    """
    if ("{" in one) != ("{" in other):
        return False
    first, second = one.split("/"), other.split("/")
    return len(first) == len(second) and all(
        _meet(_VARIABLE.sub(_ONE + _ANY, left), _VARIABLE.sub(_ONE + _ANY, right))
        for left, right in zip(first, second, strict=True)
    )


def uri_clashes(readables: Mapping[str, Sequence[Readable]], *, source: str) -> tuple[Problem, ...]:
    """A problem for each URI that two toolsets offer.

    Args:
        readables: what each toolset offers, by its name, in the blueprint's order.
        source: name of the blueprint.
    """
    seen: list[tuple[str, str]] = []
    problems = []
    for index, (toolset, offered) in enumerate(readables.items()):
        for each in offered:
            for owner, uri in seen:
                if same_uri(uri, each.uri):
                    also = "" if uri == each.uri else f", as {uri!r}"
                    problems.append(
                        Problem(
                            source=source,
                            line=None,
                            column=None,
                            key=f"toolset[{index}]",
                            found=each.uri,
                            allowed="a URI of its own for each resource",
                            suggestion=None,
                            message=f"the toolsets {owner!r} and {toolset!r} both offer the resource {each.uri!r}{also}; "
                            "give it another URI in one of them",
                        )
                    )
                    break
        seen += [(toolset, each.uri) for each in offered]
    return tuple(problems)


@lru_cache(4096)
def _meet(one: str, other: str) -> bool:
    """Whether a text fits both patterns, in which `?` is any character and `*` any number of them."""
    if not one or not other:
        return not (one or other).strip(_ANY)
    if one[0] == _ANY:
        return _meet(one[1:], other) or _meet(one, other[1:])
    if other[0] == _ANY:
        return _meet(one, other[1:]) or _meet(one[1:], other)
    return (one[0] == other[0] or _ONE in {one[0], other[0]}) and _meet(one[1:], other[1:])

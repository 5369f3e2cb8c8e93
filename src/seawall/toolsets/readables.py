"""What toolsets offer to read, and whether a URI could be of two of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from seawall.errors import Problem
from seawall.toolsets.interface import OffersReadables, Readable, Toolset

__all__ = ["readables_of", "same_uri", "uri_clashes"]

_VARIABLE: Final = re.compile(r"\{\w+\}")
_ONE: Final = "?"
_ANY: Final = "*"  # neither of the two stands in a URI of a resource


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

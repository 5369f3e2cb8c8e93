"""How the pages put values and lists into pieces of a line."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

from seawall.reference.document import Block, Bullets, Inline, Paragraph, Table, Verbatim
from seawall.reference.values import Reference
from seawall.types import JsonValue

__all__ = [
    "NOTHING",
    "anchor",
    "bullets",
    "command",
    "facts",
    "listed",
    "paragraphs",
    "prose",
    "said",
    "seconds",
    "shown",
    "value",
]

NOTHING = "—"
"""Stands in a cell that has nothing to say."""

_LONGEST = 400  # characters of one value in a table


def said(*parts: Inline) -> Paragraph:
    """A paragraph."""
    return Paragraph(parts)


def bullets(*items: Sequence[Inline]) -> Bullets:
    """A list."""
    return Bullets(tuple(tuple(item) for item in items))


def facts(rows: Iterable[tuple[str, Sequence[Inline]]]) -> Table:
    """A table of two columns: what, and its value."""
    return Table(("What", "Value"), tuple(((name,), tuple(parts)) for name, parts in rows))


def listed(names: Iterable[str], *, empty: str = NOTHING) -> tuple[Inline, ...]:
    """Names, each verbatim, with commas between."""
    parts: list[Inline] = []
    for name in names:
        parts += [", ", Verbatim(name)] if parts else [Verbatim(name)]
    return tuple(parts) or (empty,)


def value(given: JsonValue, *, hidden: bool = False) -> tuple[Inline, ...]:
    """A value as TOML has it; what is hidden says so."""
    if given is None:
        return ("unset",)
    text = json.dumps(given, ensure_ascii=False)
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return (Verbatim(shown), " (hidden)") if hidden else (Verbatim(shown),)


def shown(given: JsonValue, *, empty: str = "none") -> tuple[Inline, ...]:
    """A value within a sentence: without quotes, and a list as its items."""
    if isinstance(given, list):
        return listed(map(str, given), empty=empty)
    return (Verbatim(given),) if isinstance(given, str) else value(given)


def prose(text: str) -> tuple[Inline, ...]:
    """Text of a person, in which words between backticks are those of a program."""
    parts = re.split(r"`([^`\n]+)`", " ".join(text.split()))
    pieces: list[Inline] = [Verbatim(part) if number % 2 else part for number, part in enumerate(parts)]
    return tuple(piece for piece in pieces if piece != "") or (NOTHING,)


def seconds(number: float) -> str:
    """A time limit."""
    return f"{number:g} s"


def paragraphs(text: str) -> Iterator[Block]:
    """Text of several paragraphs, each line of a list on its own."""
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = part.strip().splitlines()
        if len(lines) > 1 and all(line.lstrip().startswith(("- ", "* ")) for line in lines):
            yield bullets(*(prose(line.lstrip()[2:]) for line in lines))
        elif lines:
            yield said(*prose(part))


def command(reference: Reference, *words: str, profile: bool = True) -> str:
    """A call of `seawall` from the blueprint's directory, as a shell reads it."""
    chosen = ("--profile", reference.server.profile) if profile and reference.server.profile else ()
    return shlex.join(("seawall", *words, *chosen))


def anchor(prefix: str, name: str, number: int) -> str:
    """The id of a heading: small letters, digits and hyphens, the same whenever it is made."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    exact = re.fullmatch(r"[a-z0-9_]+", name) is not None
    return f"{prefix}-{plain}" if exact and plain else f"{prefix}-{plain or 'x'}-{number}"

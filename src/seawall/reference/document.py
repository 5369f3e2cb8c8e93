"""A page of documentation as plain data, so that each form (Markdown, HTML) escapes everything in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "Block",
    "Bullets",
    "Cell",
    "Code",
    "Heading",
    "Inline",
    "Link",
    "Page",
    "Paragraph",
    "Strong",
    "Table",
    "Verbatim",
]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Words of a program: a name, a value, a path."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that a hurried reader must see."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Leads to a heading of this or another page.

    Attributes:
        text: what is shown.
        page: name of the page, without suffix.
        anchor: id of the heading there; empty for the page itself.
    """

    text: str
    page: str
    anchor: str = ""


Inline: TypeAlias = str | Verbatim | Strong | Link
"""A piece of a line; a `str` is text of whatever origin, and never markup."""

Cell: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading. `anchor` is its id, of small letters, digits and hyphens."""

    level: int
    parts: Cell
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    parts: Cell


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list without numbers."""

    items: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has as many cells as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A block of text that is shown as it is."""

    text: str
    language: str = ""


Block: TypeAlias = Heading | Paragraph | Bullets | Table | Code


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        name: of the file, without suffix.
        title: its first heading.
        blocks: what stands below it.
    """

    name: str
    title: str
    blocks: tuple[Block, ...]

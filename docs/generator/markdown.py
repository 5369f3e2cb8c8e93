"""Markdown as GitHub shows it: tables, code and lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["bullets", "code", "fence", "page", "table"]

_NOTICE: Final = "<!-- Written by `make docs` from the source; do not edit. -->"


def page(title: str, *parts: str) -> str:
    """A whole page: its title, the notice that it is generated, and its parts with blank lines between them."""
    return "\n\n".join([f"# {title}", _NOTICE, *(part.strip("\n") for part in parts if part)]) + "\n"


def code(text: str) -> str:
    """The text as inline code, whatever backticks it has (CommonMark 0.31, section 6.1)."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{marks}{pad}{text}{pad}{marks}"


def fence(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text.strip(chr(10))}\n```"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a cell may hold any inline Markdown."""
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines)


def bullets(items: Iterable[tuple[str, str]]) -> str:
    """A list of facts; one without a value is left out."""
    return "\n".join(f"- {name}: {value}" for name, value in items if value)


def _row(cells: Sequence[str]) -> str:
    shown = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(shown)} |"

"""The code blocks, headings and links of our Markdown documents."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Block", "all_blocks", "anchors", "blocks", "documents", "entry", "headings", "links"]

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        language: its language word.
        text: what it holds, without the fences.
        lead: the line before it, which says what it is.
    """

    language: str
    text: str
    lead: str = ""


def documents() -> list[Path]:
    """Every Markdown document of the repository that a reader is meant to read."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")])


def all_blocks(document: Path) -> list[Block]:
    """Every block of the document, in order."""
    text = document.read_text()
    return [Block(match[1], match[2], _lead(text[: match.start()])) for match in _BLOCK.finditer(text)]


def _lead(before: str) -> str:
    """The last line of text; none when that is the end of another block."""
    line = before.rstrip().rpartition("\n")[2]
    return "" if line == "```" else line


def blocks(document: Path, language: str) -> list[Block]:
    """The document's blocks in that language, in order."""
    return [block for block in all_blocks(document) if block.language == language]


def links(document: Path) -> list[str]:
    """The targets of the document's links, those within code blocks left out."""
    return _LINK.findall(_BLOCK.sub("", document.read_text()))


def headings(text: str) -> list[str]:
    """The text of each heading, as it is written."""
    return [match[2] for match in _HEADING.finditer(_BLOCK.sub("", text))]


def anchors(text: str) -> set[str]:
    """What `#…` may name in the document: each heading's words as GitHub joins them, numbered when they repeat."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in headings(text):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def entry(text: str, heading: str) -> str | None:
    """What stands below the first heading of these words, up to the next heading; None when there is none."""
    match = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return match[1].strip() if match else None

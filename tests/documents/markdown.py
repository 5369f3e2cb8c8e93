"""The code blocks and links of our Markdown documents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Block", "blocks", "documents", "links"]

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language word and its text without the fences."""

    language: str
    text: str


def documents() -> list[Path]:
    """Every Markdown document of the repository that a reader is meant to read."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")])


def blocks(document: Path, language: str) -> list[Block]:
    """The document's blocks in that language, in order."""
    found = (Block(match[1], match[2]) for match in _BLOCK.finditer(document.read_text()))
    return [block for block in found if block.language == language]


def links(document: Path) -> list[str]:
    """The targets of the document's links, those within code blocks left out."""
    return _LINK.findall(_BLOCK.sub("", document.read_text()))

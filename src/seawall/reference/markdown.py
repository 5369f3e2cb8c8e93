"""Pages as Markdown (GitHub Flavored Markdown 0.29). Whatever a text holds, it stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from seawall.reference.document import (
    Block,
    Bullets,
    Code,
    Heading,
    Inline,
    Link,
    Page,
    Paragraph,
    Strong,
    Table,
    Verbatim,
)
from seawall.reference.text import one_line, several_lines

__all__ = ["SUFFIX", "blocks_as_markdown", "page_as_markdown"]

SUFFIX: Final = ".md"

# Every character that can begin markup within a line, by the specification's section 6; escaped by a backslash,
# which is allowed before any ASCII punctuation (section 2.4). `@`, `#` and URLs: forges make links of them.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>|~!&$@])")
_LINE_START: Final = re.compile(r"^([#+=-]|[0-9]{1,9}[.)])")
_AUTOMATIC: Final = re.compile(r"(?i)\b(https?|ftp)://|\bwww\.")
_REFERENCE: Final = re.compile(r"#(?=[0-9])")
_TICKS: Final = re.compile(r"`+")


def page_as_markdown(page: Page, head: str) -> str:
    """The page as a file; `head` is its first line."""
    title = Heading(1, (page.title,))
    return f"{head}\n\n{blocks_as_markdown((title, *page.blocks))}"


def blocks_as_markdown(blocks: tuple[Block, ...]) -> str:
    """The blocks, an empty line between each two, with a newline at the end."""
    return "\n\n".join("\n".join(_lines(block)) for block in blocks) + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, parts, anchor):
            if anchor:
                yield f'<a id="{anchor}"></a>\n'
            yield f"{'#' * level} {_cell(parts)}"
        case Paragraph(parts):
            yield _start(_cell(parts))
        case Bullets(items):
            yield from (f"- {_start(_cell(item))}" for item in items)
        case Table(columns, rows):
            yield _row(_text(column) for column in columns)
            yield _row("---" for _ in columns)
            yield from (_row(_in_table(cell) for cell in row) for row in rows)
        case Code(text, language):
            yield from _fenced(several_lines(text), language)


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _start(line: str) -> str:
    """The beginning of a line, where other characters begin markup than within it."""
    return _LINE_START.sub(lambda found: f"{found[1][:-1]}\\{found[1][-1]}", line)


def _cell(parts: tuple[Inline, ...]) -> str:
    return "".join(map(_inline, parts))


def _in_table(parts: tuple[Inline, ...]) -> str:
    # Within a table a bar ends a cell also in verbatim text, unless a backslash stands before it.
    return "".join(
        _inline(part).replace("|", r"\|") if isinstance(part, Verbatim) else _inline(part) for part in parts
    )


def _inline(part: Inline) -> str:
    match part:
        case Verbatim(text):
            return _verbatim(one_line(text))
        case Strong(text):
            return f"**{_text(text)}**"
        case Link(text, page, anchor):
            target = f"{page}{SUFFIX}" if page else ""
            return f"[{_text(text)}]({target}{f'#{anchor}' if anchor else ''})"
    return _text(part, ends=True)


def _text(text: str, *, ends: bool = False) -> str:
    """Text without power; with `ends` a space at either end is kept, since a piece of a line comes after it."""
    clean = one_line(text)
    if ends and clean:
        clean = f"{' ' if text[0].isspace() else ''}{clean}{' ' if text[-1].isspace() else ''}"
    elif ends and text:
        clean = " "
    clean = _MARKUP.sub(r"\\\1", clean)
    clean = _REFERENCE.sub(r"\\#", clean)
    return _AUTOMATIC.sub(_unlinked, clean)


def _unlinked(found: re.Match[str]) -> str:
    """A URL or host in text must not become a link that nobody wrote; an entity is no part of either."""
    return found[0].replace(":", "&#58;").replace(".", "&#46;")


def _verbatim(text: str) -> str:
    if not text:
        return "(empty)"
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if text.startswith("`") or text.endswith("`") or (text[0] == text[-1] == " ") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _fenced(text: str, language: str) -> Iterator[str]:
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield text.rstrip("\n")
    yield fence

"""Pages as one self-contained HTML file: no scripts, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
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

__all__ = ["pages_as_html"]

# `form-action`, `base-uri` and `frame-ancestors` do not fall back to `default-src` (CSP level 3); the last has no
# effect in a document's own meta element and is left out.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE: Final = """\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;display:block;overflow-x:auto}
th,td{border:1px solid #8886;padding:.3rem .6rem;text-align:left;vertical-align:top}
code{font:14px ui-monospace,monospace;overflow-wrap:anywhere}
pre{border:1px solid #8886;padding:.6rem;overflow-x:auto}
nav ul{columns:2}"""


def pages_as_html(pages: Sequence[Page], *, title: str, head: str) -> str:
    """The pages after one another, with a list of them before; `head` is an HTML comment for the first line."""
    lines = [
        "<!DOCTYPE html>",
        head,
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">',
        f"<title>{_text(title)}</title>",
        f"<style>\n{_STYLE}\n</style></head><body>",
        "<nav><ul>",
        *(f'<li><a href="#{page.name}">{_text(page.title)}</a></li>' for page in pages),
        "</ul></nav>",
    ]
    for page in pages:
        lines.append(f'<section id="{page.name}"><h1>{_text(page.title)}</h1>')
        lines += [line for block in page.blocks for line in _block(block)]
        lines.append("</section>")
    return "\n".join([*lines, "</body></html>", ""])


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, parts, anchor):
            place = f' id="{anchor}"' if anchor else ""
            yield f"<h{level}{place}>{_line(parts)}</h{level}>"
        case Paragraph(parts):
            yield f"<p>{_line(parts)}</p>"
        case Bullets(items):
            yield "<ul>"
            yield from (f"<li>{_line(item)}</li>" for item in items)
            yield "</ul>"
        case Table(columns, rows):
            yield f"<table><thead><tr>{''.join(f'<th>{_text(each)}</th>' for each in columns)}</tr></thead><tbody>"
            yield from (f"<tr>{''.join(f'<td>{_line(cell)}</td>' for cell in row)}</tr>" for row in rows)
            yield "</tbody></table>"
        case Code(text):
            yield f"<pre><code>{escape(several_lines(text).rstrip(chr(10)))}</code></pre>"


def _line(parts: tuple[Inline, ...]) -> str:
    return "".join(map(_inline, parts))


def _inline(part: Inline) -> str:
    match part:
        case Verbatim(text):
            return f"<code>{_text(text) or '(empty)'}</code>"
        case Strong(text):
            return f"<strong>{_text(text)}</strong>"
        case Link(text, page, anchor):
            return f'<a href="#{anchor or page}">{_text(text)}</a>'
    before, after = (" " if edge.isspace() else "" for edge in (part[:1], part[-1:]))
    return f"{before}{_text(part)}{after}"


def _text(text: str) -> str:
    return escape(one_line(text))

"""Whatever a text holds, from the blueprint or from a tool, a document shows it and does nothing else with it.

Judged by parsers that are not ours: a page with hostile words has the same structure as one with ordinary words.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
from fastmcp.tools.base import Tool, ToolResult
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reference.hostile import PLAIN, TEXTS
from runtime.toy import SMALLEST, assembled
from seawall import reference

PARSER = MarkdownIt("commonmark").enable("table")
SHAPE = {"paragraph_open", "heading_open", "table_open", "tr_open", "td_open", "th_open", "bullet_list_open"}
ANCHOR = re.compile(r'<a id="[a-z0-9-]+">|</a>')
TARGET = re.compile(r"[a-zA-Z]+\.md(#[a-z0-9-]+)?")
HIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "nav",
        "ul",
        "li",
        "a",
        "section",
        "h1",
        "h2",
        "h3",
        "p",
    ),
    *("table", "thead", "tbody", "tr", "th", "td", "code", "pre", "strong"),
}


class Foreign(Tool):
    """A tool whose every word is somebody else's."""

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        raise NotImplementedError(arguments)


def foreign(text: str) -> Foreign:
    chosen = {"description": text, "default": text, "enum": [text, PLAIN]}
    properties = {text: {"type": "string", "description": text}, "b": chosen, "c": {"pattern": "^a|b`$"}}
    return Foreign(
        name="foreign",
        title=text,
        description=f"Begins. {text}",
        parameters={"type": "object", "properties": properties, "required": ["b"]},
        output_schema={"type": "object", "properties": {text: {"type": "string", "description": text}}},
    )


async def documented(text: str) -> reference.Reference:
    """A server in which the text stands wherever a text can."""
    written = text.replace("${", "$${")
    lines = (
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in (("purpose", written), ("title", written[:100]))
    )
    assembly, _ = assembled(SMALLEST.replace('"toy"\n', f'"toy"\n{"".join(lines)}', 1))
    assembly.mcp.add_tool(foreign(text))

    @assembly.mcp.prompt(name="p", description=text)
    def p(x: str) -> str:
        return x

    @assembly.mcp.resource("a://b", name="r", title=text, description=text)
    def r() -> str:
        return ""

    return await reference.collect(assembly, environment={})


@functools.cache
def collected(text: str) -> reference.Reference:
    return asyncio.run(documented(text))


@functools.cache
def parsed(text: str) -> Mapping[str, list[Token]]:
    return {name: PARSER.parse(page) for name, page in reference.markdown(collected(text)).items()}


def inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def has_lines(text: str) -> bool:
    """Whether the text has several paragraphs or a list, which it may keep."""
    return "\n" in text or "\r" in text or text.startswith("- ")


@pytest.mark.parametrize("text", TEXTS)
def test_markdown_has_the_shape_that_ordinary_words_give_it(text: str) -> None:
    assert parsed(text).keys() == parsed(PLAIN).keys()
    for name, tokens in parsed(text).items():
        if not has_lines(text):
            usual = [token.type for token in parsed(PLAIN)[name] if token.type in SHAPE]
            assert [token.type for token in tokens if token.type in SHAPE] == usual, name


@pytest.mark.parametrize("text", TEXTS)
def test_markdown_has_no_html_image_or_link_that_is_not_ours(text: str) -> None:
    for tokens in parsed(text).values():
        blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
        assert blocks == [reference.MARK]
        pieces = list(inline(tokens))
        assert all(ANCHOR.fullmatch(piece.content) for piece in pieces if piece.type == "html_inline")
        assert not [piece for piece in pieces if piece.type == "image"]
        targets = [str(piece.attrs["href"]) for piece in pieces if piece.type == "link_open"]
        assert all(TARGET.fullmatch(target) for target in targets), targets


@pytest.mark.parametrize("text", [text for text in TEXTS if "evil.example" in text])
def test_a_forge_makes_no_link_of_a_url_in_a_text(text: str) -> None:
    """GitHub Flavored Markdown, section 6.9: bare URLs, hosts that begin with www and mail addresses become links."""
    for page in reference.markdown(collected(text)).values():
        prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page, flags=re.MULTILINE | re.DOTALL)
        assert not re.search(r"https?://\w*evil|www\.evil|\w@evil", prose)


@pytest.mark.parametrize("text", TEXTS)
def test_no_page_has_characters_that_are_not_shown(text: str) -> None:
    found = collected(text)
    for page in (*reference.markdown(found).values(), *reference.html(found).values()):
        assert HIDDEN.search(page) is None


@pytest.mark.parametrize("text", ["a | b || c", "\\| a", "`y|z`", "a \\", "&lt;b&gt;", "<b>", PLAIN])
def test_a_cell_has_the_whole_text_as_a_word_of_a_program_and_as_prose(text: str) -> None:
    """A bar would end the cell, and the rest of the row would be lost."""
    cells = [
        "".join(child.content for child in token.children or ())
        for token in parsed(text)["tools.md"]
        if token.type == "inline"
    ]
    assert [text, "text", "—", "—", text.replace("`", "")] in [cells[at : at + 5] for at in range(len(cells))]


def test_ordinary_words_are_shown_as_they_are() -> None:
    for page in ("README.md", "tools.md", "resources.md", "settings.md"):
        assert PLAIN in reference.markdown(collected(PLAIN))[page]


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}


@pytest.mark.parametrize("text", TEXTS)
def test_html_has_no_element_that_is_not_ours(text: str) -> None:
    reader = _Reader(reference.html(collected(text))["index.html"])
    assert set(reader.tags) <= ELEMENTS
    assert all(value.startswith("#") for name, value in reader.attributes if name == "href")
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name == "src"]
    if not has_lines(text):
        usual = _Reader(reference.html(collected(PLAIN))["index.html"])
        assert [tag for tag in reader.tags if tag != "code"] == [tag for tag in usual.tags if tag != "code"]


def test_html_loads_and_runs_nothing() -> None:
    """One file, with a policy that allows no source but its own style."""
    page = reference.html(collected(PLAIN))["index.html"]
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_the_same_server_gives_the_same_text() -> None:
    again = asyncio.run(documented(PLAIN))
    assert reference.markdown(again) == reference.markdown(collected(PLAIN))
    assert reference.html(again) == reference.html(collected(PLAIN))

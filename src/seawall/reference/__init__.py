"""The documentation of a server, generated from the server itself: plain data first, then pages in several forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seawall.reference.collect import collect
from seawall.reference.document import Page
from seawall.reference.html import pages_as_html
from seawall.reference.markdown import SUFFIX, blocks_as_markdown, page_as_markdown
from seawall.reference.pages.offers import offers_page
from seawall.reference.pages.operating import operating_page
from seawall.reference.pages.overview import overview, summary_blocks
from seawall.reference.pages.running import running_page
from seawall.reference.pages.security import security_page
from seawall.reference.pages.settings import settings_page
from seawall.reference.pages.tools import tools_page
from seawall.reference.values import Reference

__all__ = ["MARK", "Reference", "collect", "html", "markdown", "summary"]

MARK: Final = "<!-- Written by `seawall docs`, which overwrites it. -->"
"""Stands in each file, so that no file of somebody else's is taken for one of these."""


def markdown(reference: Reference) -> Mapping[str, str]:
    """The pages as Markdown: name of the file, and its text. The same reference gives the same text."""
    return {f"{page.name}{SUFFIX}": page_as_markdown(page, MARK) for page in _pages(reference)}


def html(reference: Reference) -> Mapping[str, str]:
    """The pages as one HTML file that loads nothing: its name, and its text."""
    title = f"{reference.server.title}: documentation"
    return {"index.html": pages_as_html(_pages(reference), title=title, head=MARK)}


def summary(reference: Reference, *, directory: str = "docs") -> str:
    """Purpose, tools and how to begin, as Markdown for a project's README; `directory` holds the pages."""
    return blocks_as_markdown(summary_blocks(reference, directory=directory))


def _pages(reference: Reference) -> tuple[Page, ...]:
    offers = offers_page(reference)
    others = (
        tools_page(reference),
        *(() if offers is None else (offers,)),
        settings_page(reference),
        running_page(reference),
        operating_page(reference),
        security_page(reference),
    )
    return (overview(reference, others), *others)

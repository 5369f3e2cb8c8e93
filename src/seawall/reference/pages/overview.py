"""The first page: what the server is for and what it offers, and the part of it that a project's README shows."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.reference.document import Block, Code, Heading, Inline, Link, Page, Table, Verbatim
from seawall.reference.pages.tools import tool_anchor
from seawall.reference.pages.words import NOTHING, bullets, command, facts, listed, paragraphs, prose, said
from seawall.reference.values import Reference, ToolFacts

__all__ = ["overview", "summary_blocks"]


def overview(reference: Reference, others: tuple[Page, ...]) -> Page:
    """The page that leads to the others."""
    return Page("README", reference.server.title, tuple(_blocks(reference, others)))


def summary_blocks(reference: Reference, *, directory: str) -> tuple[Block, ...]:
    """Purpose, tools and how to begin, for a README beside a directory with the pages; empty for no links."""
    server = reference.server
    blocks = [*paragraphs(server.purpose), *_tools(reference, f"{directory}/" if directory else None)]
    blocks += _beside_tools(reference)
    calls = [
        command(reference, "check", server.blueprint),
        command(reference, "serve", server.blueprint),
        command(reference, "serve", server.blueprint, "--transport", "http"),
    ]
    return (*blocks, Code("\n".join(calls), "sh"))


def _blocks(reference: Reference, others: tuple[Page, ...]) -> Iterator[Block]:
    server = reference.server
    yield from paragraphs(
        server.purpose or "No purpose is stated: `server.purpose` says it to people and models."
    )
    yield facts(
        (
            ("Name", (Verbatim(server.name),)),
            ("Version", (Verbatim(server.version),)),
            ("Blueprint", (Verbatim(server.blueprint),)),
            ("Profile", _profile(reference)),
            ("Tools", (_cost(reference.tools),)),
        )
    )
    yield Heading(2, ("Toolsets",))
    yield (
        Table(
            ("Toolset", "Kind", "Access", "Tools"),
            tuple(
                (
                    (Verbatim(each.name),),
                    (Verbatim(each.kind),),
                    ("may change things" if each.access == "write" else "read-only",),
                    listed(each.tools),
                )
                for each in reference.toolsets
            ),
        )
        if reference.toolsets
        else said("None: all tools come from code.")
    )
    yield Heading(2, ("Tools",))
    yield from _tools(reference, "")
    yield from _beside_tools(reference)
    yield Heading(2, ("Read on",))
    yield bullets(*((Link(page.title, page.name),) for page in others))


def _tools(reference: Reference, directory: str | None) -> Iterator[Block]:
    if not reference.tools:
        yield said("It offers no tools.")
        return
    rows = []
    for number, tool in enumerate(reference.tools):
        name: Inline = Verbatim(tool.name)
        if directory is not None:
            name = Link(tool.name, f"{directory}tools", tool_anchor(tool, number))
        changes = "no" if tool.read_only else "yes"
        rows.append(((name,), prose(_first_sentence(tool.description)), (changes,)))
    yield Table(("Tool", "What it does", "Changes things"), tuple(rows))


def _beside_tools(reference: Reference) -> Iterator[Block]:
    """Prompts and resources, one line each."""
    if reference.prompts:
        rows = [
            ((Verbatim(each.name),), prose(_first_sentence(each.description))) for each in reference.prompts
        ]
        yield Table(("Prompt", "What it is for"), tuple(rows))
    if reference.resources:
        rows = [
            ((Verbatim(each.uri),), prose(_first_sentence(each.description))) for each in reference.resources
        ]
        yield Table(("Resource", "What it holds"), tuple(rows))


def _first_sentence(text: str) -> str:
    line = " ".join(text.split())
    sentence, stop, _ = line.partition(". ")
    return f"{sentence}." if stop else line or NOTHING


def _cost(tools: tuple[ToolFacts, ...]) -> str:
    return f"{len(tools)}, about {sum(tool.tokens for tool in tools):,} tokens of a client's context"


def _profile(reference: Reference) -> tuple[Inline, ...]:
    server = reference.server
    if server.profile:
        return (Verbatim(server.profile),)
    return ("none chosen of ", *listed(server.profiles)) if server.profiles else ("none",)

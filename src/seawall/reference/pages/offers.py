"""The page about resources and prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seawall.reference.document import Block, Heading, Inline, Page, Table, Verbatim
from seawall.reference.pages.words import facts, paragraphs, prose, said
from seawall.reference.values import PromptFacts, Reference, ResourceFacts

__all__ = ["offers_page"]


def offers_page(reference: Reference) -> Page | None:
    """Both; None when the server has neither."""
    if not reference.resources and not reference.prompts:
        return None
    return Page("resources", "Resources and prompts", tuple(_blocks(reference)))


def _blocks(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Resources",))
    if not reference.resources:
        yield said("None.")
    for resource in reference.resources:
        yield from _resource(resource)
    yield Heading(2, ("Prompts",))
    if not reference.prompts:
        yield said("None.")
    for prompt in reference.prompts:
        yield from _prompt(prompt)


def _resource(resource: ResourceFacts) -> Iterator[Block]:
    yield Heading(3, prose(resource.title))
    yield from paragraphs(resource.description)
    where = "URI template (RFC 6570)" if resource.template else "URI"
    rows: list[tuple[str, Sequence[Inline]]] = [
        (where, (Verbatim(resource.uri),)),
        ("Media type", (Verbatim(resource.mime_type),)),
    ]
    if resource.toolset is not None:
        rows.append(("Toolset", (Verbatim(resource.toolset),)))
    yield facts(rows)


def _prompt(prompt: PromptFacts) -> Iterator[Block]:
    yield Heading(3, (Verbatim(prompt.name),))
    yield from paragraphs(prompt.description)
    if not prompt.arguments:
        yield said("It takes no arguments.")
        return
    yield Table(
        ("Argument", "Needed", "Meaning"),
        tuple(
            ((Verbatim(each.name),), ("yes" if each.required else "no",), prose(each.description))
            for each in prompt.arguments
        ),
    )

"""The page about resources and prompts."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.reference.document import Block, Heading, Page, Table, Verbatim
from seawall.reference.pages.words import facts, listed, paragraphs, prose, said
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
    media_type = (Verbatim(resource.mime_type),) if resource.mime_type else ("that of each content",)
    yield facts(
        (
            (where, (Verbatim(resource.uri),)),
            ("Media type", media_type),
            *((("Needs the scopes", listed(resource.scopes)),) if resource.scopes else ()),
            *((("Toolset", (Verbatim(resource.toolset),)),) if resource.toolset else ()),
            *((("Clients may keep it", (resource.cache,)),) if resource.cache else ()),
        )
    )


def _prompt(prompt: PromptFacts) -> Iterator[Block]:
    yield Heading(3, (Verbatim(prompt.name),))
    yield from paragraphs(prompt.description)
    if prompt.scopes:
        yield said("It needs the scopes ", *listed(prompt.scopes), ".")
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

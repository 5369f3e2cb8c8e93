"""The page about resources and prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from seawall.errors import OperationError, PromptFailedError, ResourceNotFoundError, UnknownToolError
from seawall.reference.answers import ANY_CALL, answers
from seawall.reference.document import Block, Cell, Code, Heading, Page, Table, Verbatim
from seawall.reference.pages.words import facts, listed, paragraphs, prose, said
from seawall.reference.values import PromptFacts, Reference, ResourceFacts
from seawall.types import JsonObject

__all__ = ["offers_page"]

_VARIABLE: Final = re.compile(r"\{(\w+)(\*?)\}")
_ERRORS: Final[tuple[type[OperationError], ...]] = (
    ResourceNotFoundError,
    PromptFailedError,
    *(each for each in ANY_CALL if each is not UnknownToolError),
)


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
    yield from _all_errors()


def _resource(resource: ResourceFacts) -> Iterator[Block]:
    yield Heading(3, prose(resource.title))
    yield from paragraphs(resource.description)
    where = "URI template (RFC 6570)" if resource.template else "URI"
    media_type = (Verbatim(resource.mime_type),) if resource.mime_type else ("that of each content",)
    yield facts(
        (
            (where, (Verbatim(resource.uri),)),
            *_variables(resource),
            ("Media type", media_type),
            *((("Needs the scopes", listed(resource.scopes)),) if resource.scopes else ()),
            *((("Toolset", (Verbatim(resource.toolset),)),) if resource.toolset else ()),
            *((("Clients may keep it", (resource.cache,)),) if resource.cache else ()),
            *((("Changes", ("clients can subscribe to them",)),) if resource.subscribable else ()),
        )
    )
    if not resource.template:
        yield said("Read by ", Verbatim("resources/read"), " with:")
        yield _json({"uri": resource.uri})


def _variables(resource: ResourceFacts) -> Iterator[tuple[str, Cell]]:
    """What stands in the template: with a `*` it takes several names with `/` between them (RFC 6570, 3.2.3)."""
    for name, several in _VARIABLE.findall(resource.uri) if resource.template else ():
        yield "Variable", (Verbatim(name), ", a path of one name or several" if several else ", one name")


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
    yield said("Made by ", Verbatim("prompts/get"), " with:")
    needed = [each for each in prompt.arguments if each.required]
    yield _json(
        {"name": prompt.name, "arguments": {each.name: "…" for each in needed or prompt.arguments[:1]}}
    )


def _json(params: JsonObject) -> Code:
    return Code(json.dumps(params, ensure_ascii=False, indent=2), "json")


def _all_errors() -> Iterator[Block]:
    yield Heading(2, ("Errors",))
    yield said(
        "What cannot be read or made is an error of the protocol: its message says what happened and the next step. What "
        "does not exist, is denied or is hidden from its caller has one and the same answer.",
    )
    rows = tuple(
        (
            (Verbatim(each.code),),
            prose(each.meaning),
            (each.next_step,),
            ("may succeed" if each.retryable else "the same",),
        )
        for each in answers(_ERRORS)
    )
    yield Table(("Code", "Meaning", "What the caller does", "Again later"), rows)

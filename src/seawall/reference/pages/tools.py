"""The page about tools: arguments, examples, results, errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from seawall.reference.document import Block, Code, Heading, Inline, Link, Page, Table, Verbatim
from seawall.reference.pages.words import (
    NOTHING,
    anchor,
    bullets,
    command,
    facts,
    listed,
    paragraphs,
    prose,
    said,
    seconds,
)
from seawall.reference.values import Answer, Field, Reference, SearchedFacts, ToolFacts, ToolsetFacts
from seawall.types import JsonObject

__all__ = ["tool_anchor", "tools_page"]

_ERRORS = "errors"


def tools_page(reference: Reference) -> Page:
    """One section a tool, then every error with what to do."""
    return Page("tools", "Tools", tuple(_blocks(reference)))


def tool_anchor(tool: ToolFacts, number: int) -> str:
    """The id of a tool's heading; `number` is its place in the list."""
    return anchor("tool", tool.name, number)


def _blocks(reference: Reference) -> Iterator[Block]:
    if not reference.tools:
        yield said("The server offers no tools.")
    for number, tool in enumerate(reference.tools):
        yield Heading(2, (Verbatim(tool.name),), tool_anchor(tool, number))
        yield from paragraphs(tool.description)
        yield facts(_facts(tool))
        yield from _arguments(tool)
        yield from _examples(tool, reference)
        yield from _result(tool)
        yield from _errors(tool)
    for toolset in reference.toolsets:
        yield from _searched(toolset)
    yield from _left_out(reference)
    yield from _all_errors(reference)


def _searched(toolset: ToolsetFacts) -> Iterator[Block]:
    """What is behind the tools that search: a line each, since the schemas of a thousand operations are no page."""
    if not toolset.searched:
        return
    yield Heading(2, ("Found by search: ", Verbatim(toolset.name)))
    yield said(
        f"{toolset.searchable:,} operations that the list of tools does not have: clients search for them, have one "
        "described, and call it. An argument with a star is required."
    )
    rows = [
        ((Verbatim(each.name),), prose(each.title), (_effect(each),), _named(each))
        for each in toolset.searched
    ]
    yield Table(("Name", "What", "Effect", "Arguments"), tuple(rows))
    if toolset.searchable > len(toolset.searched):
        yield said(f"And {toolset.searchable - len(toolset.searched):,} more.")


def _named(operation: SearchedFacts) -> tuple[Inline, ...]:
    starred = [f"{name}{'*' if name in operation.required else ''}" for name in operation.arguments]
    return tuple(listed(starred)) if starred else (NOTHING,)


def _facts(tool: ToolFacts) -> Iterator[tuple[str, Sequence[Inline]]]:
    if tool.title != tool.name:
        yield "Title", prose(tool.title)
    yield "From", ("the toolset ", Verbatim(tool.toolset)) if tool.toolset else ("code of the project",)
    yield "Effect", (_effect(tool),)
    if tool.scopes:
        yield "Needs scopes", listed(tool.scopes)
    if tool.timeout is not None:
        yield "Time limit", (seconds(tool.timeout),)
    yield "Cost", (f"about {tool.tokens:,} tokens in the list of tools",)


def _effect(tool: ToolFacts | SearchedFacts) -> str:
    """The hints in words. What a tool does not say is, by the specification, the worse of the two."""
    if tool.read_only:
        said_of = ["changes nothing"]
    else:
        said_of = [
            "adds, never destroys" if tool.destructive is False else "may change or destroy what is there"
        ]
        if tool.idempotent:
            said_of.append("the same call again changes nothing more")
    if tool.open_world is not False:
        said_of.append("reaches what lies outside of the server")
    return "; ".join(said_of)


def _arguments(tool: ToolFacts) -> Iterator[Block]:
    yield Heading(3, ("Arguments",))
    if tool.parameters:
        yield _fields(tool.parameters, "Default")
    else:
        yield said("It takes any arguments." if tool.extra else "It takes none.")


def _fields(fields: Iterable[Field], third: str) -> Table:
    return Table(
        ("Name", "Type", third, "Limits", "Meaning"),
        tuple(
            (
                (Verbatim(field.name),),
                (field.type,),
                _default(field, needed="required" if third == "Default" else "always"),
                ("; ".join(field.limits) or NOTHING,),
                prose(field.description),
            )
            for field in fields
        ),
    )


def _default(field: Field, *, needed: str) -> tuple[Inline, ...]:
    if field.has_default:
        return (Verbatim(json.dumps(field.default, ensure_ascii=False)),)
    return (needed if field.required else NOTHING,)


def _examples(tool: ToolFacts, reference: Reference) -> Iterator[Block]:
    if not tool.examples:
        return
    yield Heading(3, ("Examples",))
    for example in tool.examples:
        yield Code(_json(example), "json")
    arguments = json.dumps(tool.examples[0], ensure_ascii=False)
    yield said("The first one from a terminal, through all guards:")
    yield Code(command(reference, "run", reference.server.blueprint, tool.name, "--args", arguments), "sh")


def _json(example: JsonObject) -> str:
    return json.dumps(example, ensure_ascii=False, indent=2)


def _result(tool: ToolFacts) -> Iterator[Block]:
    yield Heading(3, ("Result",))
    if tool.form == "text":
        yield said(
            "Text; after it, behind an empty line, one line about it, such as its range and how to go on. The same as "
            "data is in ",
            Verbatim("_meta"),
            " under ",
            Verbatim("io.github.seawall/result"),
            ".",
        )
    elif tool.form == "any":
        yield said(
            "What the service answers: JSON as structured content (",
            Verbatim("body"),
            ", with ",
            Verbatim("status"),
            " and what is to be said about it), text as text, pictures, recordings and files as content.",
        )
    elif tool.form == "content":
        yield said("Content blocks, of a form that the tool does not describe.")
    else:
        yield said("Structured content, and the same as JSON text.")
        if tool.output:
            yield _fields(tool.output, "There")


def _errors(tool: ToolFacts) -> Iterator[Block]:
    yield Heading(3, ("Errors",))
    own = listed([each.code for each in tool.errors], empty="none of its own")
    yield said(*own, "; and those of any call. What to do: see ", Link("Errors", "tools", _ERRORS), ".")


def _left_out(reference: Reference) -> Iterator[Block]:
    items = [
        (Verbatim(each.name), f" ({toolset.name}): ", *prose(each.reason))
        for toolset in reference.toolsets
        for each in toolset.left_out
    ]
    if items:
        yield Heading(2, ("Not offered",))
        yield bullets(*items)


def _all_errors(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Errors",), _ERRORS)
    yield said(
        "An error is a result with ",
        Verbatim("isError"),
        ": its text says what happened, the code, and the next step; as data it is in ",
        Verbatim("_meta"),
        " under ",
        Verbatim("io.github.seawall/error"),
        ".",
    )
    own = {each.code: each for tool in reference.tools for each in tool.errors}
    shared = {each.code: each for each in reference.errors}
    rows = [_answer(each, "any call") for each in shared.values()]
    rows += [
        _answer(each, ", ".join(tool.name for tool in reference.tools if each in tool.errors))
        for code, each in sorted(own.items())
        if code not in shared
    ]
    yield Table(("Code", "Meaning", "What the caller does", "Again later", "Of"), tuple(rows))


def _answer(each: Answer, of: str) -> tuple[tuple[Inline, ...], ...]:
    again = "may succeed" if each.retryable else "the same"
    whose: tuple[Inline, ...] = (of,) if of == "any call" else listed(of.split(", "))
    return (Verbatim(each.code),), prose(each.meaning), (each.next_step,), (again,), whose

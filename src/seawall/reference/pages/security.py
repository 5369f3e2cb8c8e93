"""The page about security: what the server can and cannot reach, and who can reach it. Declared facts, no guesses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from seawall.reference.document import Block, Cell, Heading, Page, Strong, Table, Verbatim
from seawall.reference.pages.words import bullets, listed, prose, said, shown
from seawall.reference.values import Reference, ToolFacts
from seawall.toolsets.interface import Reach

__all__ = ["security_page"]

_WORDS: Final = {
    "files": "files",
    "network": "connections to other systems",
    "process": "programs that it starts",
    "code": "code of the project",
}


def security_page(reference: Reference) -> Page:
    """What it can reach, what it cannot, and who can reach it."""
    return Page("security", "Security", tuple(_blocks(reference)))


def _blocks(reference: Reference) -> Iterator[Block]:
    yield from _reach(reference)
    yield from _beyond(reference)
    yield from _changes(reference)
    yield from _local(reference)
    yield from _http(reference)


def _reach(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("What it can reach",))
    rows = [
        (
            (Verbatim(name),),
            (_WORDS[each.what],),
            (Verbatim(each.subject),),
            (each.access,),
            prose("; ".join(each.limits)),
        )
        for name, reach in _sources(reference)
        for each in reach or ()
    ]
    if rows:
        yield Table(
            (
                "Toolset" if not reference.resources else "Toolset or resource",
                "What",
                "Which",
                "Access",
                "Within",
            ),
            tuple(rows),
        )
    else:
        yield said("Nothing is declared.")


def _sources(reference: Reference) -> Iterator[tuple[str, tuple[Reach, ...] | None]]:
    """Everything that can touch something, with what it says of that."""
    yield from ((each.name, each.reach) for each in reference.toolsets)
    yield from ((each.uri, each.reach) for each in reference.resources)


def _beyond(reference: Reference) -> Iterator[Block]:
    """What it cannot reach, which can only be said when every source of tools says what it reaches."""
    yield Heading(2, ("What it cannot reach",))
    silent = [toolset.name for toolset in reference.toolsets if toolset.reach is None]
    added = [tool.name for tool in reference.tools if tool.toolset is None]
    unknown = [each.uri for each in reference.resources if each.reach is None]
    reached: list[Reach] = [each for _, reach in _sources(reference) for each in reach or ()]
    code = [each.subject for each in reached if each.what == "code"]
    if silent:
        yield said(
            Strong("Nothing can be said about"),
            " ",
            *listed(silent),
            ": this kind of toolset does not say what it reaches.",
        )
    if code or added:
        yield said(
            Strong("Code of the project runs with all rights of the server's user:"),
            " ",
            *listed([*code, *(f"{name} (a tool)" for name in added)]),
            ". What it opens by itself is not confined by Seawall; a container, or a user of its own, confines it.",
        )
    none = [
        words
        for what, words in _WORDS.items()
        if what != "code" and what not in {each.what for each in reached}
    ]
    if unknown:
        yield said(
            Strong("Nothing can be said about the resources"),
            " ",
            *listed(unknown),
            ": where they come from is not declared.",
        )
    if not (silent or code or added or unknown):
        yield said(
            "Through its tools and resources: " if reference.resources else "Through its tools: ",
            ", ".join(["everything that is not named above", *(f"no {each}" for each in none)]),
            ".",
        )
    elif none:
        yield said("Beside that, no toolset declares that it reaches ", " or ".join(none), ".")


def _changes(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("What it can change",))
    changing = [tool for tool in reference.tools if not tool.read_only]
    if not changing:
        yield said("Every tool says that it changes nothing.")
        return
    yield said("These tools may change something; all others say that they change nothing:")
    yield bullets(*(_changing(tool) for tool in changing))


def _changing(tool: ToolFacts) -> Cell:
    words = "adds, never destroys" if tool.destructive is False else "may change or destroy"
    needs: Cell = ("; needs the scopes ", *listed(tool.scopes)) if tool.scopes else ()
    return Verbatim(tool.name), f": {words}", *needs


def _local(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Who can reach it over stdio",))
    yield said(
        "The one program that started it, with the rights of its own user. It has the scopes ",
        *shown(reference.setting("stdio", "scopes")),
        " (",
        Verbatim("stdio.scopes"),
        ").",
    )


def _http(reference: Reference) -> Iterator[Block]:
    exposure = reference.exposure
    yield Heading(2, ("Who can reach it over HTTP",))
    where = "this machine alone" if exposure.loopback else "whoever can connect to this address"
    items: list[Cell] = [
        ("It listens on ", *_value(reference, "host"), ", port ", *_value(reference, "port"), f": {where}."),
        _callers(reference),
        (
            "Hosts beside its own: ",
            *_value(reference, "allowed_hosts"),
            "; web pages beside its own: ",
            *_value(reference, "allowed_origins"),
            ". All others are refused, so that a page of a foreign site cannot use the server.",
        ),
        ("It speaks plain HTTP: TLS ends at a proxy in front of it.",),
        (
            "Anybody who can connect may ask ",
            *listed(("/livez", "/readyz")),
            ", whose answers disclose nothing.",
        ),
    ]
    if exposure.metrics == "own":
        items.append(
            (
                "Whoever reaches port ",
                *_value(reference, "metrics_port"),
                " of ",
                *_value(reference, "metrics_host"),
                " reads the metrics.",
            )
        )
    yield bullets(*items)


def _callers(reference: Reference) -> Cell:
    exposure = reference.exposure
    if exposure.authentication == "jwt":
        return (
            "Callers need an access token of ",
            *_value(reference, "auth.issuer"),
            " for ",
            *_value(reference, "auth.audience"),
            "; its scopes decide which tools they see.",
        )
    if exposure.authentication == "token":
        return (
            "Callers need one of the tokens of ",
            *listed(exposure.principals),
            "; its scopes decide which tools they see.",
        )
    if exposure.loopback:
        return ("Callers are not asked who they are, and have no scopes.",)
    if reference.setting("http", "allow_unauthenticated"):
        return (
            Strong("Callers are not asked who they are"),
            ": ",
            Verbatim("http.allow_unauthenticated"),
            " leaves that to a proxy.",
        )
    return ("The server refuses to listen there, since callers are not asked who they are.",)


def _value(reference: Reference, name: str) -> Cell:
    return shown(reference.setting("http", name))

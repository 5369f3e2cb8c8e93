"""The page about settings: each with its effective value, its default and where the value came from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from seawall.reference.document import Block, Code, Heading, Inline, Page, Table, Verbatim
from seawall.reference.pages.words import NOTHING, command, prose, said, value
from seawall.reference.values import Reference, SettingFacts

__all__ = ["settings_page"]


def settings_page(reference: Reference) -> Page:
    """Every setting, by table."""
    return Page("settings", "Settings", tuple(_blocks(reference)))


def _blocks(reference: Reference) -> Iterator[Block]:
    yield said(
        "The strongest that gives a value wins: default, file, profile, environment, flag. Secrets are never shown, "
        "only where they are. The same for the server as it is on another machine:"
    )
    yield Code(command(reference, "config", reference.server.blueprint), "sh")
    yield from _variables(reference)
    for section, members in groupby(reference.settings, key=lambda each: each.section):
        yield Heading(2, (Verbatim(section),) if section else ("The whole file",))
        yield Table(
            ("Setting", "Value", "Default", "Origin", "Meaning"), tuple(_row(each) for each in members)
        )


def _variables(reference: Reference) -> Iterator[Block]:
    if not reference.variables and not reference.secret_files:
        return
    yield Heading(2, ("What it needs from its environment",))
    rows: list[tuple[tuple[Inline, ...], ...]] = [
        (
            (Verbatim(each.name),),
            ("a secret" if each.secret else "a value",),
            ("needed" if each.required else "has a default, or only changes one",),
        )
        for each in reference.variables
    ]
    rows += [((Verbatim(path),), ("a secret, in a file",), ("needed",)) for path in reference.secret_files]
    yield Table(("Variable or file", "Holds", "Needed"), tuple(rows))


def _row(setting: SettingFacts) -> tuple[tuple[Inline, ...], ...]:
    if setting.required:
        default: tuple[Inline, ...] = ("required",)
    else:
        default = value(setting.default) if setting.default is not None else (NOTHING,)
    return (
        (Verbatim(setting.name),),
        value(setting.value, hidden=setting.hidden),
        default,
        (setting.origin,),
        prose(setting.description),
    )

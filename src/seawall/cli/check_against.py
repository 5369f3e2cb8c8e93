"""`seawall check --against PROFILE`: what is different there, where that comes from, and whether it lets more in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from rich.console import RenderableType
from rich.text import Text

from seawall.blueprint import LoadedBlueprint
from seawall.blueprint.locate import KeyPath, path_of
from seawall.blueprint.settings import Setting, leaves, settings
from seawall.blueprint.wording import dotted, shortened
from seawall.cli.effects import Effect, effect
from seawall.cli.origins import origin_as_json, told
from seawall.cli.output import plain
from seawall.errors import SeawallError
from seawall.runtime.assemble import build
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.readables import readables_of
from seawall.types import JsonObject

__all__ = ["Against", "Difference", "against_as_json", "compare", "render"]

Offers: TypeAlias = Mapping[str, tuple[str, ...]]
_KINDS = ("tools", "prompts", "resources")
_NOTHING: tuple[object, ...] = (None, (), {})
_LONGEST = 80  # characters of a value


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that differs.

    Attributes:
        name: of the setting, as `seawall config` has it.
        here: as it is checked; None where this side has no such setting.
        there: as it is with the other profile.
        effect: whether the other profile `widens` or `narrows` what callers can reach, or merely `changes` something.
    """

    name: str
    here: Setting | None
    there: Setting | None
    effect: Effect


@dataclass(frozen=True, slots=True)
class Against:
    """All of it.

    Attributes:
        profile: the other one.
        differences: in the order of the tables.
        more: tools, prompts and resources that it has beside those here, by the word for them.
        fewer: those that it has not.
        unknown: why they could not be found out; None when they were.
    """

    profile: str
    differences: tuple[Difference, ...]
    more: Offers = field(default_factory=dict)
    fewer: Offers = field(default_factory=dict)
    unknown: str | None = None


def compare(
    loaded: LoadedBlueprint, other: LoadedBlueprint, kinds: Mapping[str, ToolsetKind], profile: str
) -> Against:
    """What is different with the other profile."""
    here, there = _settings(loaded), _settings(other)
    found = []
    for name in dict.fromkeys((*here, *there)):
        (mine, before), (theirs, after) = here.get(name, (None, None)), there.get(name, (None, None))
        if before != after and not (before in _NOTHING and after in _NOTHING):
            found.append(Difference(name, mine, theirs, effect(_path(mine or theirs), before, after)))
    try:
        own, others = _offers(loaded, kinds), _offers(other, kinds)
    except SeawallError as error:
        return Against(profile, tuple(found), unknown=str(error))
    return Against(profile, tuple(found), more=_beside(own, others), fewer=_beside(others, own))


def _path(setting: Setting | None) -> KeyPath:
    """The setting's table and its name, without the name of its toolset or the number of its resource."""
    if setting is None:
        return ()
    return (*setting.section[:1], *path_of(setting.name))


def _settings(loaded: LoadedBlueprint) -> dict[str, tuple[Setting, object]]:
    shown = settings(loaded, environment=os.environ)
    raw = (value for path, value in leaves(loaded.blueprint) if path != ("toolset",))
    return {
        ".".join(filter(None, (dotted(each.section), each.name))): (each, value)
        for each, value in zip(shown, raw, strict=True)
    }


def _offers(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> Offers:
    assembly = build(loaded, kinds)
    assembly.workers.close()
    searched = (name for each in assembly.catalogues.values() for name in each.names)
    readables = (each for source in assembly.sources.values() for each in readables_of(source))
    return {
        "tools": (*assembly.owners, *searched),
        "prompts": tuple(each.name for each in assembly.prompts),
        "resources": tuple(each.uri for each in readables),
    }


def _beside(these: Offers, others: Offers) -> Offers:
    """What there is among the others alone."""
    return {kind: tuple(each for each in others[kind] if each not in these[kind]) for kind in _KINDS}


# --- telling it


def against_as_json(against: Against) -> JsonObject:
    """The stable form for programs."""
    return {
        "profile": against.profile,
        "differences": [
            {
                "setting": each.name,
                "effect": each.effect,
                "here": _side(each.here),
                "there": _side(each.there),
            }
            for each in against.differences
        ],
        **{f"more_{kind}": list(against.more.get(kind, ())) for kind in _KINDS},
        **{f"fewer_{kind}": list(against.fewer.get(kind, ())) for kind in _KINDS},
        "unknown_tools": against.unknown,
    }


def _side(setting: Setting | None) -> JsonObject | None:
    if setting is None:
        return None
    return {"value": setting.value, "hidden": setting.hidden, "origin": origin_as_json(setting.origin)}


_STYLES: Mapping[Effect, str] = {"widens": "bold yellow", "narrows": "green", "changes": ""}


def render(against: Against) -> Iterator[RenderableType]:
    """The comparison for a person."""
    yield Text(f"With the profile {plain(against.profile)}:", style="bold")
    for each in against.differences:
        text = Text(f"  {each.effect:<7}  ", style=_STYLES[each.effect])
        text.append(
            f"{plain(each.name)}: {_value(each.here)} -> {_value(each.there)}", style="default not bold"
        )
        yield text
    for words, offers in (("widens   more", against.more), ("narrows  fewer", against.fewer)):
        for kind, names in offers.items():
            if names:
                yield Text(f"  {words} {kind}: {plain(', '.join(names))}")
    if against.unknown:
        yield Text(f"  What it offers is not known: {plain(against.unknown)}")
    if not against.differences:
        yield Text("  nothing is different.")


def _value(setting: Setting | None) -> str:
    if setting is None:
        return "(unset)"
    value = "(unset)" if setting.value is None else plain(shortened(str(setting.value), _LONGEST))
    return f"{value} ({told(setting.origin)})"

"""`seawall check --against PROFILE`: what is different there, where that comes from, and whether it lets more in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from rich.console import RenderableType
from rich.text import Text

from seawall.blueprint import LoadedBlueprint
from seawall.blueprint.auth import host_is_loopback
from seawall.blueprint.settings import Setting, leaves, settings
from seawall.blueprint.wording import dotted, shortened
from seawall.cli.origins import origin_as_json, told
from seawall.cli.output import plain
from seawall.errors import SeawallError
from seawall.runtime.assemble import build
from seawall.security.rate import Rate
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.readables import readables_of
from seawall.types import JsonObject

__all__ = ["Against", "Difference", "against_as_json", "compare", "render"]

Effect: TypeAlias = Literal["widens", "narrows", "changes"]
Offers: TypeAlias = Mapping[str, tuple[str, ...]]
_KINDS = ("tools", "prompts", "resources")
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
        if before != after or (mine is None) != (theirs is None):
            found.append(Difference(name, mine, theirs, _effect(name, before, after)))
    try:
        own, others = _offers(loaded, kinds), _offers(other, kinds)
    except SeawallError as error:
        return Against(profile, tuple(found), unknown=str(error))
    return Against(profile, tuple(found), more=_beside(own, others), fewer=_beside(others, own))


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


# --- whether it lets more in


def _more(before: Any, after: Any) -> Effect:  # noqa: ANN401  numbers, or None for no limit
    return "widens" if after is None or (before is not None and after > before) else "narrows"


def _rate(before: Any, after: Any) -> Effect:  # noqa: ANN401  as it is written, or None
    return _more(*(None if each is None else Rate.parse(each).per_second for each in (before, after)))


def _listed(before: Any, after: Any) -> Effect:  # noqa: ANN401  arrays of words
    """Of a list that lets in what it names."""
    old, new = set(before or ()), set(after or ())
    if "*" in old | new:
        return "widens" if "*" in new else "narrows"
    return "widens" if old < new else "narrows" if new < old else "changes"


def _needed(before: Any, after: Any) -> Effect:  # noqa: ANN401  as above
    """Of a list that keeps out who lacks one of them, or what it names."""
    turned: dict[Effect, Effect] = {"widens": "narrows", "narrows": "widens", "changes": "changes"}
    return turned[_listed(before, after)]


def _address(before: Any, after: Any) -> Effect:  # noqa: ANN401  texts
    local = [host_is_loopback(str(each)) for each in (before, after)]
    return "changes" if local[0] == local[1] else "widens" if local[0] else "narrows"


def _asked(before: Any, after: Any) -> Effect:  # noqa: ANN401  kinds of authentication, or None
    return "narrows" if before is None else "widens" if after is None else "changes"


_WORDS: Mapping[str, str] = {
    "access": "write",
    "on_missing_scope": "challenge",
    "on_failure": "continue",
    "cache_scope": "public",
}
"""The word of a setting that lets more in than its others."""

_RULES: Mapping[str, Callable[[Any, Any], Effect]] = {
    "limits.rate": _rate,
    "limits": _more,
    "http.body_limit": _more,
    "http.header_limit": _more,
    "http.sessions": _more,
    "http.connections": _more,
    "http.host": _address,
    "http.metrics_host": _address,
    "http.auth.kind": _asked,
    "http.auth.required_scopes": _needed,
    "http.allowed_hosts": _listed,
    "http.allowed_origins": _listed,
    "http.trusted_proxies": _listed,
    "http.allow_unauthenticated": _more,
    "stdio.scopes": _listed,
    "scopes": _needed,
    "operation_scopes": _needed,
    "deny": _needed,
    "max_file_size": _more,
    "max_size": _more,
    "networks": _listed,
    "timeout": _more,
}


def _effect(name: str, before: object, after: object) -> Effect:
    parts = name.split(".")
    if (word := _WORDS.get(parts[-1])) is not None:
        return "widens" if after == word else "narrows" if before == word else "changes"
    of_toolset = ".".join(parts[2:3]) if parts[0] == "toolset" else ""
    for key in (name, ".".join(parts[:-1]), parts[-1], of_toolset):
        if (rule := _RULES.get(key)) is not None:
            return rule(before, after)
    return "changes"


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

"""The settings of a blueprint in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from seawall.blueprint import LoadedBlueprint
from seawall.blueprint.locate import KeyPath
from seawall.blueprint.origin import (
    Default,
    EnvironmentOrigin,
    FileOrigin,
    FlagOrigin,
    Origin,
    ProfileOrigin,
)
from seawall.blueprint.settings import settings
from seawall.blueprint.wording import dotted
from seawall.reference.values import SettingFacts

__all__ = ["setting_facts"]


def setting_facts(loaded: LoadedBlueprint, environment: Mapping[str, str]) -> tuple[SettingFacts, ...]:
    """Every setting, safe to show, in the order of the blueprint's tables."""
    return tuple(
        SettingFacts(
            section=_header(each.section),
            name=each.name,
            value=each.value,
            hidden=each.hidden,
            default=each.default,
            required=each.required,
            origin=_told(each.origin, each.text),
            description=each.description,
        )
        for each in settings(loaded, environment=environment)
    )


def _header(section: KeyPath) -> str:
    if not section:
        return ""
    return f"[[toolset]] {section[1]}" if section[0] == "toolset" else f"[{dotted(section)}]"


def _told(origin: Origin, text: str | None) -> str:
    """Without the line, which another line above would change: `seawall config` has it."""
    made_of = "" if text is None else f", from {text}"
    match origin:
        case Default():
            return "default"
        case FileOrigin():
            return f"file{made_of}"
        case ProfileOrigin(name=name):
            return f"profile {name}{made_of}"
        case EnvironmentOrigin(variable=variable):
            return f"variable {variable}"
        case FlagOrigin(flag=flag):
            return f"flag {flag}"
        case _:
            assert_never(origin)

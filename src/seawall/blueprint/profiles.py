"""The `[profile.NAME]` tables: values that are laid over those of the file when the profile is chosen.

Tables merge, everything else replaces. A profile names a toolset by its effective name, as environment
variables do: `[profile.prod.toolset.files]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from seawall.blueprint.fault import Fault, FaultKind
from seawall.blueprint.locate import KeyPath
from seawall.blueprint.tree import PROFILE_NAME, toolset_names
from seawall.blueprint.wording import shown

__all__ = [
    "FIXED",
    "FIXED_OF_TOOLSET",
    "MAX_PROFILES",
    "PROFILE",
    "PROFILE_NAME",
    "Layered",
    "Profile",
    "lay",
    "read_profiles",
]

PROFILE: Final = "profile"
"""The table of the blueprint that holds the profiles."""

MAX_PROFILES: Final = 32
"""Profiles of one blueprint; each is checked at every start, so that their number is bounded."""

_NAMES: Final = "a name of 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit"
_OF_THE_FILE: Final = "only outside of profiles"
FIXED: Final = {
    "format": "a profile cannot change `format`, which says how the whole file is read",
    PROFILE: "a profile holds no profiles of its own",
}
"""What no profile may change, and why."""

FIXED_OF_TOOLSET: Final = {
    "kind": "a profile cannot change a toolset's `kind`: of another kind it would be another toolset",
    "name": "a profile cannot change a toolset's `name`, by which profiles and variables address it",
}
"""What no profile may change of a toolset, and why."""

_TOOLSETS: Final = "[profile.NAME.toolset.TOOLSET], a table for each toolset that it changes"


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile, without what no profile may hold.

    Attributes:
        name: by which it is chosen.
        sections: the overlay of every table but `toolset`.
        toolsets: the overlays of toolsets, by their numbers in the file.
        names: what the profile calls each of these toolsets.
    """

    name: str
    sections: Mapping[str, Any]
    toolsets: Mapping[int, Mapping[str, Any]]
    names: Mapping[int, str]


@dataclass(frozen=True)
class Layered:
    """The values of a file with those of one profile, or of none, laid over them.

    Attributes:
        data: the values.
        profile: the name of the profile.
        replaced: for each value (or table that the file has not) of the profile, where it is written.
        merged: for each table that file and profile share, where the profile's part is written.
    """

    data: dict[str, Any]
    profile: str | None = None
    replaced: Mapping[KeyPath, KeyPath] = field(default_factory=dict)
    merged: Mapping[KeyPath, KeyPath] = field(default_factory=dict)

    def written(self, path: KeyPath) -> KeyPath:
        """The place in the file of the value at `path`: within the profile when that gives it."""
        for length in range(len(path), 0, -1):
            if (place := self.replaced.get(path[:length])) is not None:
                return (*place, *path[length:])
        return path

    def effective(self, place: KeyPath) -> KeyPath | None:
        """The path of the value that is written at `place`; None when it has no effect."""
        if place[:1] != (PROFILE,):
            return place if self.written(place) == place else None
        for length in range(len(place), 0, -1):
            if (path := self._paths.get(place[:length])) is not None:
                return (*path, *place[length:])
        return None

    @cached_property
    def _paths(self) -> Mapping[KeyPath, KeyPath]:
        return {written: path for path, written in self.replaced.items()}


def read_profiles(data: Mapping[str, Any]) -> tuple[dict[str, Profile], list[Fault]]:
    """The profiles of a file, and the faults of their form; what is faulty is left out of the profile."""
    table = data.get(PROFILE, {})
    if not isinstance(table, Mapping):
        return {}, [Fault((PROFILE,), FaultKind.TYPE, allowed="[profile.NAME], a table for each profile")]
    numbers: dict[str, int] = {}
    for number, name in toolset_names(data):
        numbers.setdefault(name, number)
    reader = _Reader(numbers)
    profiles = {name: reader.profile(name, item) for name, item in list(table.items())[:MAX_PROFILES]}
    if len(table) > MAX_PROFILES:
        path = (PROFILE, list(table)[MAX_PROFILES])
        sentence = f"the blueprint has more than {MAX_PROFILES} profiles"
        allowed = f"at most {MAX_PROFILES} profiles"
        reader.faults.append(Fault(path, FaultKind.REFUSED, allowed=allowed, sentence=sentence))
    return profiles, reader.faults


def lay(data: Mapping[str, Any], profile: Profile) -> Layered:
    """The values with those of the profile laid over them; neither is changed."""
    merger = _Merger()
    place: KeyPath = (PROFILE, profile.name)
    merged = merger.table(data, profile.sections, (), place)
    if profile.toolsets:
        merger.merged["toolset",] = (*place, "toolset")
        merged["toolset"] = tuple(
            merger.table(entry, overlay, ("toolset", number), (*place, "toolset", profile.names[number]))
            if (overlay := profile.toolsets.get(number)) is not None
            else entry
            for number, entry in enumerate(data["toolset"])
        )
    return Layered(merged, profile.name, merger.replaced, merger.merged)


class _Merger:
    def __init__(self) -> None:
        self.replaced: dict[KeyPath, KeyPath] = {}
        self.merged: dict[KeyPath, KeyPath] = {}

    def table(
        self, old: Mapping[str, Any], new: Mapping[str, Any], path: KeyPath, place: KeyPath
    ) -> dict[str, Any]:
        # The recursion is bounded: documents deeper than locate.MAX_DEPTH are refused before.
        self.merged[path] = place
        table = dict(old)
        for key, value in new.items():
            below, written = (*path, key), (*place, key)
            if isinstance(value, Mapping) and isinstance(old.get(key), Mapping):
                table[key] = self.table(old[key], value, below, written)
            else:
                table[key] = value
                self.replaced[below] = written
        return table


class _Reader:
    """Takes the profiles apart; `numbers` are those of the toolsets, by their names."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self.faults: list[Fault] = []
        self._numbers = numbers

    def profile(self, name: str, table: object) -> Profile:
        place: KeyPath = (PROFILE, name)
        if not re.fullmatch(PROFILE_NAME, name):
            sentence = f"{shown(name)} cannot be the name of a profile"
            self.faults.append(Fault(place, FaultKind.REFUSED, allowed=_NAMES, sentence=sentence))
        if not isinstance(table, Mapping):
            self.faults.append(Fault(place, FaultKind.TYPE, allowed="a table"))
            return Profile(name, {}, {}, {})
        sections = dict(self._without(table, FIXED, place))
        overlays = dict(self._toolsets(sections.pop("toolset", {}), (*place, "toolset")))
        toolsets = {self._numbers[called]: overlay for called, overlay in overlays.items()}
        return Profile(name, sections, toolsets, {self._numbers[called]: called for called in overlays})

    def _toolsets(self, table: object, place: KeyPath) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if not isinstance(table, Mapping):
            self.faults.append(Fault(place, FaultKind.TYPE, allowed=_TOOLSETS))
            return
        for name, overlay in table.items():
            if name not in self._numbers:
                self.faults.append(Fault((*place, name), FaultKind.UNKNOWN))
            elif not isinstance(overlay, Mapping):
                allowed = f"a table with settings of the toolset {shown(name)}"
                self.faults.append(Fault((*place, name), FaultKind.TYPE, allowed=allowed))
            else:
                yield name, dict(self._without(overlay, FIXED_OF_TOOLSET, (*place, name)))

    def _without(
        self, table: Mapping[str, Any], fixed: Mapping[str, str], place: KeyPath
    ) -> Iterator[tuple[str, Any]]:
        for key, value in table.items():
            if key not in fixed:
                yield key, value
                continue
            fault = Fault((*place, key), FaultKind.REFUSED, allowed=_OF_THE_FILE, sentence=fixed[key])
            self.faults.append(fault)

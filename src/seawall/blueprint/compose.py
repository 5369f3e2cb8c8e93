"""The layers of a blueprint put together: file, then profile, then environment, then flags.

Whatever the call chooses, the whole file is judged: every profile, and the values that the chosen one hides. The
exception is what depends on the environment. A string with `${…}` that has no effect now is not judged, since the
variables of production are not set on a developer's machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from seawall.blueprint.blueprint import Blueprint
from seawall.blueprint.explain import MAX_PROBLEMS, NameClash
from seawall.blueprint.fault import Fault, FaultKind
from seawall.blueprint.interpolate import Filled, Unfilled
from seawall.blueprint.kinds import Kinds
from seawall.blueprint.locate import KeyPath
from seawall.blueprint.overrides import (
    PROFILE_VARIABLE,
    Invocation,
    Overrides,
    override,
    read_array,
    read_scalar,
)
from seawall.blueprint.profiles import PROFILE, Layered, Profile, lay, read_profiles
from seawall.blueprint.tree import get, put, toolset_names
from seawall.blueprint.validate import validate
from seawall.blueprint.vocabulary import nearest
from seawall.blueprint.wording import choice, shown
from seawall.errors import Problem

__all__ = ["Composed", "compose"]


@dataclass(frozen=True, slots=True)
class Composed:
    """What became of the layers.

    Attributes:
        blueprint: the effective values; None when they have faults.
        data: the values of the file and its profiles as they are written, with overrides applied.
        layered: the chosen profile over the file.
        overrides: what environment and call set, with their problems.
        profiles: the names of all profiles, in file order.
        faults: of all layers, each at the path where it is written.
    """

    blueprint: Blueprint | None
    data: Mapping[str, Any]
    layered: Layered
    overrides: Overrides
    profiles: tuple[str, ...]
    faults: tuple[Fault | Unfilled | NameClash, ...]


def compose(
    filled: Filled, *, kinds: Kinds, environment: Mapping[str, str], invocation: Invocation
) -> Composed:
    """Lay the chosen profile, the environment and the flags over the file; judge all of it."""
    file = {key: value for key, value in filled.data.items() if key != PROFILE}
    profiles, faults = read_profiles(filled.data)
    name, chosen_by = _choice(environment, invocation)
    chosen = profiles.get(name) if name is not None else None
    layered = lay(file, chosen) if chosen else Layered(dict(file))
    overrides = override(layered.data, environment, invocation, kinds)
    if name is not None and chosen is None:
        overrides.problems.append(_unknown_profile(name, tuple(profiles), chosen_by))
    judge = _Judge(filled, file, layered, overrides, kinds)
    blueprint, found = judge.effective()
    found += judge.hidden()
    for other in profiles.values():
        if other is not chosen and len(found) <= MAX_PROBLEMS:  # of a hopeless file, enough is known
            found += judge.unchosen(other)
    unfilled = [each for each in dict.fromkeys(filled.unfilled) if judge.judges(each)]
    empty = {each.path for each in unfilled}
    faulty = [fault for fault in (*faults, *found) if fault.path not in empty]
    return Composed(
        blueprint,
        judge.written(),
        layered,
        overrides,
        tuple(profiles),
        (*unfilled, *faulty, *_name_clashes(layered.data)),
    )


@dataclass(frozen=True)
class _Judge:
    """Finds the faults of the layers; `file` is the file without its profiles."""

    filled: Filled
    file: dict[str, Any]
    layered: Layered
    overrides: Overrides
    kinds: Kinds

    def effective(self) -> tuple[Blueprint | None, list[Fault]]:
        """The effective blueprint, or its faults, each at the path where its value is written."""
        blueprint, faults = self._validated(self.layered, self.overrides)
        if self.layered.profile is None:
            return blueprint, faults
        # What environment and flags set would be wrong without the profile, too.
        without = Layered(dict(self.file))
        for path in self.overrides.origins:
            put(without.data, path, get(self.layered.data, path))
        known = _known(self._validated(without, self.overrides)[1])
        outside = [fault for fault in faults if self.overrides.covering(fault.path)]
        rest = [fault for fault in faults if not self.overrides.covering(fault.path)]
        return blueprint, outside + list(_placed(rest, self.layered, known))

    def hidden(self) -> Iterator[Fault]:
        """The faults of those values of the file that the chosen profile replaces."""
        if not self.layered.replaced:
            return
        for fault in self._of_the_file:
            replaced = self.layered.written(fault.path) != fault.path
            judged = fault.kind is not FaultKind.MISSING and not self._depends(fault)
            if replaced and judged and not self.overrides.covering(fault.path):
                yield fault

    def unchosen(self, profile: Profile) -> Iterator[Fault]:
        """The faults that the file would have with another profile, and has not without."""
        layered = lay(self.file, profile)
        faults = self._validated(layered, Overrides())[1]
        for fault in _placed(faults, layered, _known(self._of_the_file)):
            if (fault.profile or fault.path[:1] == (PROFILE,)) and not self._depends(fault):
                yield fault

    def judges(self, unfilled: Unfilled) -> bool:
        """Whether a reference that could not be filled in is a problem here and now."""
        path = self.layered.effective(unfilled.path)
        if path is None:
            return not unfilled.unset
        return self.overrides.covering(path) is None

    def written(self) -> dict[str, Any]:
        """The values at the paths where they are written; overrides stand in for what they override."""
        data = {**self.file, PROFILE: self.filled.data.get(PROFILE, {})}
        for path in self.overrides.origins:
            put(data, path, get(self.layered.data, path))
        return data

    @cached_property
    def _of_the_file(self) -> list[Fault]:
        return self._validated(Layered(dict(self.file)), Overrides())[1]

    @cached_property
    def _substituted(self) -> set[KeyPath]:
        """The strings with variables, and what they are part of."""
        paths = self.filled.substituted
        return {path[:length] for path in paths for length in range(1, len(path) + 1)}

    def _depends(self, fault: Fault) -> bool:
        """Whether the fault may be one of the environment rather than of the file."""
        return fault.kind not in {FaultKind.MISSING, FaultKind.UNKNOWN} and fault.path in self._substituted

    def _validated(self, layered: Layered, overrides: Overrides) -> tuple[Blueprint | None, list[Fault]]:
        """The blueprint that the values are, or their faults, by effective paths."""
        data = layered.data
        blueprint, faults = validate(data, self.kinds)
        if reread := self._reread(faults, layered, overrides):
            blueprint, faults = validate(data, self.kinds)
            for path in reread.keys() & {fault.path for fault in faults if fault.kind is FaultKind.TYPE}:
                put(data, path, reread[path])  # it was a text after all: explain the text
        return blueprint, faults

    def _reread(self, faults: list[Fault], layered: Layered, overrides: Overrides) -> dict[KeyPath, str]:
        """Read as numbers, booleans or (in overrides) arrays the texts of variables that failed as strings.

        Only a text that came whole from a variable: `port = "8000"` stays the mistake that it is.
        Changes the data in place and hands back the texts that it replaced.
        """
        replaced: dict[KeyPath, str] = {}
        for fault in faults:
            overridden = fault.path in overrides.origins
            substituted = self.filled.substituted.get(layered.written(fault.path))
            whole = overridden or (substituted is not None and substituted.whole)
            text = get(layered.data, fault.path)
            if fault.kind is not FaultKind.TYPE or not whole or not isinstance(text, str):
                continue
            value: object = read_scalar(text)
            if value is None and overridden:
                value = read_array(text)
            if value is not None:
                put(layered.data, fault.path, value)
                replaced[fault.path] = text
        return replaced


def _known(faults: list[Fault]) -> set[tuple[KeyPath, FaultKind]]:
    return {(fault.path, fault.kind) for fault in faults}


def _placed(faults: list[Fault], layered: Layered, known: set[tuple[KeyPath, FaultKind]]) -> Iterator[Fault]:
    """The faults of layered values, by the paths where these are written; `known` are those of the file alone."""
    for fault in faults:
        place = layered.written(fault.path)
        if place == fault.path and (fault.path, fault.kind) not in known:
            # The profile makes it a fault, although it does not give the value: shown at its part of the table.
            table = fault.path[:-1] if fault.kind is FaultKind.MISSING else fault.path
            if table in layered.merged:
                place = (*layered.merged[table], *fault.path[len(table) :])
            else:
                fault = replace(fault, profile=layered.profile)  # noqa: PLW2901  the same fault, told fully
        yield replace(fault, path=place)


def _choice(environment: Mapping[str, str], invocation: Invocation) -> tuple[str | None, str]:
    """The name of the chosen profile, or None; and what chose it."""
    if invocation.profile is not None:
        return invocation.profile, invocation.chosen_by
    return environment.get(PROFILE_VARIABLE) or None, PROFILE_VARIABLE


def _unknown_profile(name: str, profiles: tuple[str, ...], source: str) -> Problem:
    allowed = choice(map(shown, profiles)) if profiles else "no profile: the blueprint has no [profile.NAME]"
    meant = nearest(name, profiles)
    allows = f"allowed: {allowed}."
    way_out = f"did you mean {shown(meant)}? {allows.capitalize()}" if meant else allows
    return Problem(
        source=source,
        line=None,
        column=None,
        key=PROFILE,
        found=shown(name),
        allowed=allowed,
        suggestion=meant,
        message=f"unknown profile {shown(name)}; {way_out}",
    )


def _name_clashes(data: Mapping[str, Any]) -> Iterator[NameClash]:
    first: dict[str, KeyPath] = {}
    for number, name in toolset_names(data):
        entry: KeyPath = ("toolset", number)
        path = (*entry, "name") if get(data, (*entry, "name")) else entry
        if name in first:
            yield NameClash(path, first[name], name)
        first.setdefault(name, path)

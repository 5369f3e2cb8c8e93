"""Settings from outside of the file.

The environment's are named `SEAWALL_HTTP__PORT=9000`, `SEAWALL_TOOLSET__FILES__ACCESS=write`; a call's flags
stand above them.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from seawall.blueprint.kinds import Kinds
from seawall.blueprint.locate import KeyPath
from seawall.blueprint.origin import EnvironmentOrigin, FlagOrigin, Override
from seawall.blueprint.tree import get, put, toolset_names
from seawall.blueprint.vocabulary import Vocabulary, nearest, settings_of
from seawall.blueprint.wording import shortened
from seawall.errors import Problem

__all__ = [
    "PREFIX",
    "PROFILE_VARIABLE",
    "Invocation",
    "Overrides",
    "names",
    "override",
    "read_array",
    "read_scalar",
    "strangers",
    "variable_word",
]

_SIGN: Final = re.compile(r"[^a-z0-9_]")

PREFIX: Final = "SEAWALL_"
"""Begins the name of every variable that sets a setting; `__` stands between table and setting."""

PROFILE_VARIABLE: Final = "SEAWALL_PROFILE"
"""Chooses a profile when no flag does; empty means none."""

_OWN: Final = frozenset({PROFILE_VARIABLE, "SEAWALL_TRANSPORT", "SEAWALL_DEBUG"})
_SERVICE: Final = re.compile(
    r"SEAWALL_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_\w+)"
)  # kubernetes.io/docs: Services
_SCALAR: Final = re.compile(r"[A-Za-z0-9+._-]{1,64}")
_MAX_ARRAY: Final = 65536  # characters


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the call itself says about the blueprint; it stands above the environment.

    Attributes:
        profile: the profile that `--profile` names; None leaves the choice to `SEAWALL_PROFILE`.
        chosen_by: what to call `profile` in a problem.
        flags: by the flag's name, the setting that it stands for and the text that was given.
    """

    profile: str | None = None
    chosen_by: str = "--profile"
    flags: Mapping[str, tuple[KeyPath, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Overrides:
    """What the environment and the call set, and what they tried to.

    Attributes:
        origins: the variable or flag for each setting that one set.
        problems: the variables that name no setting.
    """

    origins: dict[KeyPath, Override] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def covering(self, path: KeyPath) -> Override | None:
        """The variable or flag that set the setting or a table around it."""
        found = (self.origins.get(path[:length]) for length in range(len(path), 0, -1))
        return next((origin for origin in found if origin), None)


def names(environment: Mapping[str, str]) -> list[str]:
    """The variables that are meant as settings: our prefix, and `__` in the name; other names are reserved."""
    return sorted(name for name in environment if name.upper().startswith(PREFIX) and "__" in name)


def strangers(environment: Mapping[str, str], data: Mapping[str, Any], kinds: Kinds) -> dict[str, str | None]:
    """The variables with our prefix that set nothing, each with the one that is meant, where that can be guessed.

    Not those that Seawall reads beside the settings, nor what Kubernetes sets for a service that is named `seawall`.

    Args:
        environment: all variables.
        data: the blueprint's values: its toolsets have variables of their own.
        kinds: the models of `[[toolset]]`.
    """
    found = [
        name
        for name in sorted(environment)
        if name.upper().startswith(PREFIX)
        and "__" not in name
        and name.upper() not in _OWN
        and not _SERVICE.fullmatch(name)
        and not environment[name].startswith("tcp://")
    ]
    if not found:
        return {}
    known = list(_Resolver(dict(data), Vocabulary(kinds)).known())
    return {name: _meant(name[len(PREFIX) :].lower(), known) for name in found}


def _meant(tail: str, known: Sequence[str]) -> str | None:
    """The variable that somebody may have meant who wrote `HTTP_PORT`, `PORT` or `PROT`."""
    flat = {word.replace("__", "_"): word for word in reversed(known)}
    last = {word.rpartition("__")[2]: word for word in reversed(known)}
    own = {name[len(PREFIX) :].lower(): name[len(PREFIX) :].lower() for name in _OWN}
    for words in (flat, last, own | flat | last):
        near = tail if tail in words else nearest(tail, list(words))
        if near is not None and (near == tail or words not in (flat, last)):
            return PREFIX + words[near].upper()
    return None


def override(
    data: dict[str, Any], environment: Mapping[str, str], invocation: Invocation, kinds: Kinds
) -> Overrides:
    """Put the settings of environment and call into the data, in place; each arrives as a text."""
    overrides = Overrides()
    for flag, (path, text) in invocation.flags.items():
        overrides.origins[path] = FlagOrigin(flag)
        put(data, path, text)
    if names(environment):
        _from_environment(overrides, data, environment, kinds)
    return overrides


def _from_environment(
    overrides: Overrides, data: dict[str, Any], environment: Mapping[str, str], kinds: Kinds
) -> None:
    # The vocabulary is costly to make, and a blueprint without overrides does not need it.
    vocabulary = Vocabulary(kinds)
    resolver = _Resolver(data, vocabulary)
    found = [(name, resolver.paths(name[len(PREFIX) :])) for name in names(environment)]
    for name, paths in found:
        if len(paths) != 1:
            overrides.problems.append(resolver.unknown(name) if not paths else _ambiguous(name, len(paths)))
        elif isinstance(other := overrides.origins.get(paths[0]), FlagOrigin):
            continue  # the flag stands above it
        elif other is not None:
            overrides.problems.append(_twice(name, other.label))
        else:
            overrides.origins[paths[0]] = EnvironmentOrigin(name)
            put(data, paths[0], environment[name])


def read_scalar(text: str) -> bool | int | float | None:
    """The number or boolean that a text is in TOML; None when it is none, so that the text stays a text."""
    text = text.strip()
    if _SCALAR.fullmatch(text) is None:
        return None
    value = _toml(text)
    return value if isinstance(value, bool | int | float) else None


def read_array(text: str) -> tuple[Any, ...] | None:
    """The array that a text is in TOML or JSON; None when it is none."""
    text = text.strip()
    if not text.startswith("[") or len(text) > _MAX_ARRAY:
        return None
    value = _toml(text)
    if value is None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
    return tuple(value) if isinstance(value, list) else None


def _toml(text: str) -> object:
    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return None
    return read["value"] if list(read) == ["value"] else None


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Finds the setting that a variable names."""

    data: dict[str, Any]
    vocabulary: Vocabulary

    def paths(self, tail: str) -> list[KeyPath]:
        """The settings that a variable may name, by its name without our prefix: one, when all is well."""
        return list(self._below((), tail.lower()))

    def unknown(self, name: str) -> Problem:
        """The problem of a variable that names no setting."""
        known = list(self.known())
        tail = name[len(PREFIX) :].lower()
        table = tail.rpartition("__")[0] + "__"
        near = [PREFIX + each.upper() for each in known if each.startswith(table)]
        allowed = ", ".join(near) or f"{PREFIX}<TABLE>__<SETTING>, such as {PREFIX}HTTP__PORT"
        meant = nearest(tail, known)
        suggestion = PREFIX + meant.upper() if meant else None
        way_out = f"did you mean {suggestion}?" if suggestion else f"allowed: {allowed}."
        sentence = f"the variable {shortened(name)} names no setting; {way_out}"
        return _problem(name, allowed, sentence, suggestion)

    def known(self) -> Iterator[str]:
        """Every variable that sets something, without our prefix and in small letters."""
        return self._all((), "")

    def _below(self, table: KeyPath, tail: str) -> Iterator[KeyPath]:
        for word, path in self._choices(table, tail):
            if tail == word and not self._is_section(path):
                yield path
            elif tail.startswith(f"{word}__"):
                yield from self._below(path, tail.removeprefix(f"{word}__"))

    def _choices(self, table: KeyPath, tail: str) -> list[tuple[str, KeyPath]]:
        """What a name may continue with: settings, toolsets by their names, or the free keys of a table."""
        if table == ("toolset",):
            return [(variable_word(name), ("toolset", number)) for number, name in toolset_names(self.data)]
        if settings := settings_of(self.vocabulary.node(table, self.data) or {}):
            return [(variable_word(name), (*table, name)) for name in settings]
        if self.vocabulary.node((*table, tail), self.data) is None:
            return []
        present = get(self.data, table)
        keys = list(present) if isinstance(present, Mapping) else []
        new = [tail] if tail and tail not in map(variable_word, keys) else []
        return [(variable_word(key), (*table, key)) for key in [*keys, *new]]

    def _all(self, table: KeyPath, words: str) -> Iterator[str]:
        for word, path in self._choices(table, ""):
            if self._is_section(path):
                yield from self._all(path, f"{words}{word}__")
            elif table:
                yield words + word

    def _is_section(self, path: KeyPath) -> bool:
        if path == ("toolset",):
            return True
        return bool(settings_of(self.vocabulary.node(path, self.data) or {}))


def variable_word(name: str) -> str:
    """How a setting, a toolset or a free key is called within a variable's name, where signs and spaces are `_`."""
    return _SIGN.sub("_", name.lower())


def _ambiguous(name: str, count: int) -> Problem:
    allowed = "names that differ in more than signs, spaces and capitals"
    sentence = f"the variable {shortened(name)} names {count} settings at once; allowed: {allowed}."
    return _problem(name, allowed, sentence, None)


def _twice(name: str, other: str) -> Problem:
    sentence = (
        f"the variables {shortened(other)} and {shortened(name)} name the same setting; unset one of them."
    )
    return _problem(name, "one variable for each setting", sentence, None)


def _problem(name: str, allowed: str, message: str, suggestion: str | None) -> Problem:
    key = name[len(PREFIX) :].lower().replace("__", ".")
    return Problem(
        source=name,
        line=None,
        column=None,
        key=key,
        found=shortened(name),
        allowed=allowed,
        suggestion=suggestion,
        message=message,
    )

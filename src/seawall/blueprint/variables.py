"""Which environment variables a blueprint needs, by name alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from seawall.blueprint.load import LoadedBlueprint
from seawall.blueprint.origin import EnvironmentOrigin
from seawall.blueprint.profiles import PROFILE
from seawall.blueprint.settings import leaves

__all__ = ["Variable", "secret_files", "variables"]

_FILLED: Final = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(:-)?")
_SECRET: Final = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_FILE: Final = re.compile(r"file:(/.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that decides about the server.

    Attributes:
        name: of the variable.
        required: whether the server cannot start without it.
        secret: whether its value must never be shown.
        overrides: whether it is one of the form `SEAWALL_…`, which now sets a setting.
    """

    name: str
    required: bool
    secret: bool
    overrides: bool = False


def variables(loaded: LoadedBlueprint) -> tuple[Variable, ...]:
    """Those that `${NAME}` and `env:NAME` name, and those of the form `SEAWALL_…` that set something; by name.

    What stands in a profile that was not chosen does not count.
    """
    found: dict[str, Variable] = {}
    for each in (*_filled_in(loaded), *_secrets(loaded), *_overriding(loaded)):
        known = found.get(each.name, each)
        found[each.name] = Variable(
            each.name,
            each.required or known.required,
            each.secret or known.secret,
            each.overrides and known.overrides,
        )
    return tuple(found[name] for name in sorted(found))


def secret_files(loaded: LoadedBlueprint) -> tuple[str, ...]:
    """The files to which references of the blueprint point, each once, by path."""
    paths = {match[1] for text in _texts(loaded) if (match := _FILE.fullmatch(text))}
    return tuple(sorted(paths))


def _filled_in(loaded: LoadedBlueprint) -> Iterator[Variable]:
    for path, substituted in loaded.provenance.substituted.items():
        if path[0] == PROFILE and path[1] != loaded.profile:
            continue
        for match in _FILLED.finditer(substituted.written):
            if match[1] is not None:
                yield Variable(match[1], required=match[2] is None, secret=False)


def _secrets(loaded: LoadedBlueprint) -> Iterator[Variable]:
    for text in _texts(loaded):
        if match := _SECRET.fullmatch(text):
            yield Variable(match[1], required=True, secret=True)


def _overriding(loaded: LoadedBlueprint) -> Iterator[Variable]:
    for path, _ in leaves(loaded.blueprint):
        origin = loaded.provenance.origin(path)
        if isinstance(origin, EnvironmentOrigin):
            yield Variable(origin.variable, required=False, secret=False, overrides=True)


def _texts(loaded: LoadedBlueprint) -> Iterator[str]:
    for _, value in leaves(loaded.blueprint):
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, str):
                yield each

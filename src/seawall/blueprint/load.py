"""From the text of a blueprint to frozen values, or to every problem that it has."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from seawall.blueprint.blueprint import Blueprint
from seawall.blueprint.toolset import ToolsetDeclaration

__all__ = ["Kinds", "LoadedBlueprint", "load", "parse"]

Kinds: TypeAlias = Mapping[str, type[ToolsetDeclaration]]
"""The model of `[[toolset]]` for each value that `kind` may have."""


@dataclass(frozen=True, slots=True)
class LoadedBlueprint:
    """A blueprint with what its text does not say.

    Attributes:
        blueprint: the values.
        directory: the blueprint's own directory, absolute; its relative paths start here.
        source: what to call the file in a message.
    """

    blueprint: Blueprint
    directory: Path
    source: str


def load(path: Path, *, kinds: Kinds, environment: Mapping[str, str]) -> LoadedBlueprint:
    """Read the blueprint at `path`."""
    text = path.read_text(encoding="utf-8")
    return parse(
        text, source=str(path), directory=path.absolute().parent, kinds=kinds, environment=environment
    )


def parse(
    text: str, *, source: str, directory: Path, kinds: Kinds, environment: Mapping[str, str]
) -> LoadedBlueprint:
    """Read a blueprint from its text."""
    raw = _tuples(tomllib.loads(text))
    declarations = tuple(kinds[entry["kind"]].model_validate(entry) for entry in raw.pop("toolset", ()))
    blueprint = Blueprint.model_validate({**raw, "toolset": declarations})
    return LoadedBlueprint(blueprint=blueprint, directory=directory, source=source)


def _tuples(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    return value

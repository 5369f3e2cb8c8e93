"""Every example that we ship is a blueprint that loads, and that an editor finds right."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from seawall.blueprint import json_schema, load
from seawall.toolsets.registry import installed_kinds

_EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("seawall.toml"))


def test_there_are_examples() -> None:
    assert _EXAMPLES


@pytest.mark.parametrize("path", _EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_an_example_is_a_blueprint(path: Path) -> None:
    kinds = {name: kind.declaration for name, kind in installed_kinds().items()}
    loaded = load(path, kinds=kinds, environment={})
    assert loaded.blueprint.toolset
    jsonschema_rs.validate(json_schema(kinds), tomllib.loads(path.read_text()))

"""The declaration: frozen models of `seawall.toml`, and what reads them."""

from __future__ import annotations

from seawall.blueprint.blueprint import Blueprint
from seawall.blueprint.jsonschema import json_schema
from seawall.blueprint.load import LoadedBlueprint, load, parse
from seawall.blueprint.overrides import Invocation
from seawall.blueprint.toolset import ToolsetDeclaration

__all__ = ["Blueprint", "Invocation", "LoadedBlueprint", "ToolsetDeclaration", "json_schema", "load", "parse"]

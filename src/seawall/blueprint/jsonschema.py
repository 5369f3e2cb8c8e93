"""The JSON Schema of `seawall.toml`, by which editors check and complete it."""

from __future__ import annotations

from seawall.blueprint.blueprint import Blueprint
from seawall.blueprint.load import Kinds
from seawall.types import JsonObject

__all__ = ["json_schema"]


def json_schema(kinds: Kinds) -> JsonObject:
    """The JSON Schema (draft 2020-12) of a blueprint whose toolsets are of these kinds."""
    schema: JsonObject = Blueprint.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "x-kinds": list(kinds)}

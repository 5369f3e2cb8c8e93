"""The JSON Schema of `seawall.toml`, by which editors check and complete it."""

from __future__ import annotations

from typing import Any, Final

from seawall.blueprint.kinds import Kinds
from seawall.blueprint.schema import SchemaNode, blueprint_schema, section_schema
from seawall.blueprint.section import ALLOWED_KEYWORD
from seawall.types import JsonObject

__all__ = ["json_schema"]

_VARIABLE: Final = {"type": "string", "pattern": r"\$\{"}
_SCALARS: Final = {"integer", "number", "boolean"}


def json_schema(kinds: Kinds) -> JsonObject:
    """The JSON Schema (draft 2020-12) of a blueprint whose toolsets are of these kinds.

    A `[[toolset]]` is one of the kinds' models, told apart by the constant `kind`. Wherever a number, a word
    of a list or a patterned text is asked for, a string with `${…}` is allowed as well; only `kind` itself
    must be written out. What a schema cannot say (unique names, set variables) is left to the loader.
    """
    schema = blueprint_schema()
    schema["properties"]["toolset"]["items"] = {"oneOf": [_toolset(kind, kinds) for kind in sorted(kinds)]}
    opened: SchemaNode = _opened(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Seawall blueprint",
        **opened,
    }


def _toolset(kind: str, kinds: Kinds) -> SchemaNode:
    node = section_schema(kinds[kind])
    said = node["properties"].get("kind", {}).get("description", "Which kind of toolset this is.")
    properties = {**node["properties"], "kind": {"const": kind, "description": said}}
    required = ["kind", *(name for name in node.get("required", []) if name != "kind")]
    return {**node, "title": f"[[toolset]] of kind {kind}", "properties": properties, "required": required}


def _opened(value: Any) -> Any:  # noqa: ANN401  JSON
    """The schema with `${…}` strings allowed, without null (TOML has none) and without our own keyword."""
    if isinstance(value, list):
        return [_opened(item) for item in value]
    if not isinstance(value, dict):
        return value
    node = {
        key: _members(item) if key == "properties" else item if key in _VALUES else _opened(item)
        for key, item in value.items()
        if key != ALLOWED_KEYWORD
    }
    return _with_variable(_without_null(node))


_VALUES: Final = {"default", "examples", "const", "enum", "required"}


def _members(properties: SchemaNode) -> SchemaNode:
    return {
        name: node if name == "kind" and "const" in node else _opened(node)
        for name, node in properties.items()
    }


def _without_null(node: SchemaNode) -> SchemaNode:
    branches = [branch for branch in node.get("anyOf", []) if branch.get("type") != "null"]
    node = {key: item for key, item in node.items() if key != "default" or item is not None}
    if len(branches) == 1:
        return {**branches[0], **{key: item for key, item in node.items() if key != "anyOf"}}
    return {**node, "anyOf": branches} if branches else node


def _with_variable(node: SchemaNode) -> SchemaNode:
    """Let a string with a variable stand where the node would refuse it."""
    restricted = node.get("type") in _SCALARS or "enum" in node or "const" in node or "pattern" in node
    if not restricted or "anyOf" in node:
        return node
    said: SchemaNode = {key: node.pop(key) for key in ("description", "default", "examples") if key in node}
    return {**said, "anyOf": [node, _VARIABLE]}

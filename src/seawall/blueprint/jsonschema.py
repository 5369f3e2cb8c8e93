"""The JSON Schema of `seawall.toml`, by which editors check and complete it."""

from __future__ import annotations

from typing import Final

from seawall.blueprint.kinds import Kinds
from seawall.blueprint.profiles import FIXED, FIXED_OF_TOOLSET, MAX_PROFILES, PROFILE, PROFILE_NAME
from seawall.blueprint.quantities import UNITS_KEYWORD, quantity_text
from seawall.blueprint.schema import SchemaNode, blueprint_schema, overlay_schema, section_schema
from seawall.blueprint.section import ALLOWED_KEYWORD
from seawall.types import JsonObject

__all__ = ["json_schema"]

_VARIABLE: Final = {"type": "string", "pattern": r"\$\{"}
_SCALARS: Final = {"integer", "number", "boolean"}
_FORMS: Final = {"anyOf", "oneOf", "allOf"}
_INNER: Final = {"items", "additionalProperties"}


def json_schema(kinds: Kinds) -> JsonObject:
    """The JSON Schema (draft 2020-12) of a blueprint whose toolsets are of these kinds.

    A `[[toolset]]` is one of the kinds' models, told apart by the constant `kind`. Wherever a number, a word
    of a list or a patterned text is asked for, a string with `${…}` is allowed as well; only `kind` itself
    must be written out. What a schema cannot say (unique names, set variables, of which kind the toolset is that
    a profile changes) is left to the loader.
    """
    schema = blueprint_schema()
    toolsets = [_toolset(kind, kinds) for kind in sorted(kinds)]
    profile = _profile(schema, toolsets)
    schema["properties"]["toolset"]["items"] = {"oneOf": toolsets}
    schema["properties"][PROFILE] = {
        "type": "object",
        "description": "Profiles by their names: values laid over those of the file when one is chosen.",
        "maxProperties": MAX_PROFILES,
        "propertyNames": {"pattern": PROFILE_NAME},
        "additionalProperties": profile,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Seawall blueprint",
        **_opened(schema),
    }


def _toolset(kind: str, kinds: Kinds) -> SchemaNode:
    node = section_schema(kinds[kind])
    said = node["properties"].get("kind", {}).get("description", "Which kind of toolset this is.")
    properties = {**node["properties"], "kind": {"const": kind, "description": said}}
    required = ["kind", *(name for name in node.get("required", []) if name != "kind")]
    return {**node, "title": f"[[toolset]] of kind {kind}", "properties": properties, "required": required}


def _profile(schema: SchemaNode, toolsets: list[SchemaNode]) -> SchemaNode:
    """What one profile may hold: the same sections with nothing required, and toolsets by their names."""
    node = overlay_schema(schema, without=tuple(FIXED))
    forms = [overlay_schema(each, without=tuple(FIXED_OF_TOOLSET)) for each in toolsets]
    node["properties"]["toolset"] = {
        "type": "object",
        "description": "What changes of the toolsets, by their names.",
        "additionalProperties": {"anyOf": forms} if forms else {},
    }
    return node


def _opened(node: SchemaNode, *, whole: bool = True) -> SchemaNode:
    """The schema as an editor needs it: `${…}` allowed, no null (TOML has none), none of our own keywords.

    `whole` is False for one form among several: `${…}` is then added beside them, not to each.
    """
    node = _with_readable_default(_without_null(node))
    opened: SchemaNode = {}
    for keyword, value in node.items():
        if keyword in {ALLOWED_KEYWORD, UNITS_KEYWORD}:
            continue
        if keyword == "properties":
            opened[keyword] = {name: _member(name, inner) for name, inner in value.items()}
        elif keyword in _FORMS:
            opened[keyword] = [_opened(form, whole=False) for form in value]
        else:
            opened[keyword] = _opened(value) if keyword in _INNER and isinstance(value, dict) else value
    return _with_variable(opened) if whole else opened


def _member(name: str, node: SchemaNode) -> SchemaNode:
    return node if name == "kind" and "const" in node else _opened(node)


def _without_null(node: SchemaNode) -> SchemaNode:
    branches = [branch for branch in node.get("anyOf", []) if branch.get("type") != "null"]
    node = {key: item for key, item in node.items() if key != "default" or item is not None}
    if len(branches) == 1:
        return {**branches[0], **{key: item for key, item in node.items() if key != "anyOf"}}
    return {**node, "anyOf": branches} if branches else node


def _with_readable_default(node: SchemaNode) -> SchemaNode:
    """`"10MiB"` rather than 10485760; and none for a table, since each of its settings has its own."""
    if "properties" in node:
        return {key: item for key, item in node.items() if key != "default"}
    if "default" in node and UNITS_KEYWORD in node:
        return {**node, "default": quantity_text(node["default"], node[UNITS_KEYWORD])}
    return node


def _with_variable(node: SchemaNode) -> SchemaNode:
    """Let a string with a variable stand where the node would refuse it."""
    if forms := node.get("anyOf"):
        refused = any(_refuses_variables(form) for form in forms)
        return {**node, "anyOf": [*forms, _VARIABLE]} if refused else node
    if not _refuses_variables(node):
        return node
    said: SchemaNode = {key: node[key] for key in ("description", "default", "examples") if key in node}
    rule = {key: item for key, item in node.items() if key not in said}
    return {**said, "anyOf": [rule, _VARIABLE]}


def _refuses_variables(node: SchemaNode) -> bool:
    return node.get("type") in _SCALARS or any(word in node for word in ("enum", "const", "pattern"))

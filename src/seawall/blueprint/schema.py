"""The models' JSON Schema with every reference put in place: what the settings are, as plain data."""

from __future__ import annotations

import functools
from typing import Any, TypeAlias

from seawall.blueprint.blueprint import Blueprint
from seawall.blueprint.section import Section

__all__ = ["SchemaNode", "blueprint_schema", "overlay_schema", "section_schema"]

SchemaNode: TypeAlias = dict[str, Any]
"""One node of a JSON Schema."""


def blueprint_schema() -> SchemaNode:
    """The schema of a whole blueprint; its toolsets have only the settings that all kinds share."""
    return section_schema(Blueprint)


def section_schema(section: type[Section]) -> SchemaNode:
    """The schema of one section, without `$ref` and without the titles that repeat the names."""
    schema = _generated(section)
    own = {keyword: value for keyword, value in schema.items() if keyword != "$defs"}
    node: SchemaNode = _inlined(own, schema.get("$defs", {}), ())
    return node


@functools.cache
def _generated(section: type[Section]) -> SchemaNode:
    """What pydantic makes of it, which takes some milliseconds; nobody changes it."""
    return section.model_json_schema()


def overlay_schema(node: SchemaNode, *, without: tuple[str, ...] = ()) -> SchemaNode:
    """The schema of what a profile may lay over a table: the same settings, none required, no defaults.

    An array is replaced as a whole, so that its items stay as they are. `without` names settings of the table
    itself that no profile may change.
    """
    relaxed: SchemaNode = {}
    for keyword, value in node.items():
        if keyword == "properties":
            kept = {name: inner for name, inner in value.items() if name not in without}
            relaxed[keyword] = {name: overlay_schema(inner) for name, inner in kept.items()}
        elif keyword in {"anyOf", "oneOf"}:  # without what is required, several forms may fit
            relaxed["anyOf"] = [overlay_schema(form) for form in value]
        elif keyword == "additionalProperties" and isinstance(value, dict):
            relaxed[keyword] = overlay_schema(value)
        elif keyword not in {"required", "default", "discriminator"}:
            relaxed[keyword] = value
    return relaxed


def _inlined(value: Any, definitions: SchemaNode, within: tuple[str, ...]) -> Any:  # noqa: ANN401  JSON
    if isinstance(value, list):
        return [_inlined(item, definitions, within) for item in value]
    if not isinstance(value, dict):
        return value
    name = str(value.get("$ref", "")).removeprefix("#/$defs/")
    if name in within:  # a section that holds itself: one level is enough for explaining and completing
        return {"type": "object"}
    if name:
        value = {**definitions[name], **{key: item for key, item in value.items() if key != "$ref"}}
        within = (*within, name)
    return {
        key: _members(item, definitions, within) if key in _NAMED else _inlined(item, definitions, within)
        for key, item in value.items()
        if key not in {"title", "discriminator"}  # the latter holds references; `const` tells as much
    }


_NAMED = frozenset({"properties", "patternProperties"})  # their keys are names of settings, not keywords


def _members(value: SchemaNode, definitions: SchemaNode, within: tuple[str, ...]) -> SchemaNode:
    return {name: _inlined(node, definitions, within) for name, node in value.items()}

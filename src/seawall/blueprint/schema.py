"""The models' JSON Schema with every reference put in place: what the settings are, as plain data."""

from __future__ import annotations

from typing import Any, TypeAlias

from seawall.blueprint.blueprint import Blueprint
from seawall.blueprint.section import Section

__all__ = ["SchemaNode", "blueprint_schema", "section_schema"]

SchemaNode: TypeAlias = dict[str, Any]
"""One node of a JSON Schema."""


def blueprint_schema() -> SchemaNode:
    """The schema of a whole blueprint; its toolsets have only the settings that all kinds share."""
    return section_schema(Blueprint)


def section_schema(section: type[Section]) -> SchemaNode:
    """The schema of one section, without `$ref` and without the titles that repeat the names."""
    schema = section.model_json_schema()
    definitions = schema.pop("$defs", {})
    node: SchemaNode = _inlined(schema, definitions, ())
    return node


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

"""Schemas as those of a request: without what only the service may set, and with every definition that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, cast

from seawall.types import JsonObject, JsonValue

__all__ = ["needed_definitions", "target", "writable"]

_REFERENCE: Final = "#/$defs/"
_MAPS: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLE: Final = frozenset(
    {
        "items",
        "additionalProperties",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)


def target(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """The schema itself, or what it refers to, with what stands beside the reference laid over it.

    A chain of references without an end gives the schema that anything fits.
    """
    beside: JsonObject = {}
    for _ in range(len(definitions) + 1):
        name = _referred(schema)
        if name is None:
            return {**schema, **beside} if beside else schema
        beside = {**{key: value for key, value in schema.items() if key != "$ref"}, **beside}
        schema = definitions.get(name, {})
    return beside


def writable(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """The schema without members that are `readOnly`, at any depth, and without demanding them.

    "A property marked as readOnly SHOULD NOT be sent as part of the request" (OpenAPI 3.0.4, 4.7.24.2). Definitions
    are not followed: each is cleaned by a call of its own. The very same object when nothing is to be left out.
    """
    changed: JsonObject = {}
    for word, value in schema.items():
        new: JsonValue = value
        if word in _MAPS and isinstance(value, dict):
            new = _each(value, definitions)
            if word == "properties":
                new = _without_read_only(new, definitions)
        elif word in _LISTS and isinstance(value, list):
            new = [writable(item, definitions) if isinstance(item, dict) else item for item in value]
        elif word in _SINGLE and isinstance(value, dict):
            new = writable(value, definitions)
        if new != value:
            changed[word] = new
    if not changed:
        return schema
    made = {**schema, **changed}
    if "properties" in changed and isinstance(demanded := made.get("required"), list):
        gone = set(cast("JsonObject", schema["properties"])) - set(cast("JsonObject", changed["properties"]))
        made["required"] = [name for name in demanded if name not in gone]
        if not made["required"]:
            del made["required"]
    return made


def needed_definitions(
    schemas: Iterable[JsonValue], definitions: Mapping[str, JsonObject], *, request: bool
) -> JsonObject:
    """Every definition that the schemas need, and that those need in turn; for a request, each as `writable` has it."""
    found: JsonObject = {}
    open_ends = [name for schema in schemas for name in _names_in(schema)]
    while open_ends:
        name = open_ends.pop()
        if name in found or name not in definitions:
            continue
        found[name] = writable(definitions[name], definitions) if request else definitions[name]
        open_ends.extend(_names_in(found[name]))
    return dict(sorted(found.items()))


def _names_in(schema: JsonValue) -> Iterable[str]:
    values = [schema]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            name = _referred(value)
            if name is not None:
                yield name
            values.extend(value.values())
        elif isinstance(value, list):
            values.extend(value)


def _referred(schema: JsonObject) -> str | None:
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith(_REFERENCE):
        return None
    return reference.removeprefix(_REFERENCE).replace("~1", "/").replace("~0", "~")


def _each(members: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    return {
        name: writable(value, definitions) if isinstance(value, dict) else value
        for name, value in members.items()
    }


def _without_read_only(members: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    return {
        name: value
        for name, value in members.items()
        if not (isinstance(value, dict) and target(value, definitions).get("readOnly") is True)
    }

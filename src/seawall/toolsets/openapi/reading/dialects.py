"""What the older dialects say with words of their own, in those of 2020-12."""

from __future__ import annotations

from seawall.types import JsonObject, JsonValue

__all__ = ["as_typed", "nullable"]


def nullable(schema: JsonObject) -> JsonObject:
    """What 3.0 calls nullable. With `allOf` and the like, writers mean that null is allowed beside all of it."""
    composed = any(word in schema for word in ("$ref", "allOf", "anyOf", "oneOf", "not", "const"))
    types = schema.get("type")
    if composed:
        if (
            types is None
            and set(schema) - {"title", "description"} == {"anyOf"}
            and isinstance(schema["anyOf"], list)
        ):
            return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
        notes: JsonObject = {
            word: schema.pop(word)
            for word in ("title", "description", "default", "deprecated")
            if word in schema
        }
        return {**notes, "anyOf": [schema, {"type": "null"}]}
    if isinstance(types, str) and types != "null":
        schema["type"] = [types, "null"]
    elif isinstance(types, list) and "null" not in types:
        schema["type"] = [*types, "null"]
    enum = schema.get("enum")
    if isinstance(enum, list) and None not in enum:
        schema["enum"] = [*enum, None]
    return schema


def as_typed(value: JsonValue, kind: JsonValue) -> JsonValue:
    """A value of an enum as its type has it: writers of YAML forget quotes, and others set too many."""
    kinds: list[JsonValue] = kind if isinstance(kind, list) else [kind]
    if "string" in kinds and isinstance(value, (int, float)):
        fitting = {"boolean": isinstance(value, bool), "number": not isinstance(value, bool)}
        fitting["integer"] = fitting["number"] and isinstance(value, int)
        if not any(fitting.get(str(name), False) for name in kinds):
            return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str) and "string" not in kinds and kind is not None:
        return _unquoted(value, kinds)
    return value


def _unquoted(text: str, kinds: list[JsonValue]) -> JsonValue:
    if "boolean" in kinds and text in {"true", "false"}:
        return text == "true"
    if len(text) < 20 and ("integer" in kinds or "number" in kinds):  # noqa: PLR2004  digits of a number that is meant
        try:
            return int(text)
        except ValueError:
            return float(text) if "number" in kinds and text.replace(".", "", 1).isdigit() else text
    return text

"""The parts of a composition by `allOf`, where one of them forbids what stands in the others."""

from __future__ import annotations

from typing import Final

from seawall.toolsets.openapi.reading.references import DanglingError, References
from seawall.types import JsonObject, JsonValue

__all__ = ["opened_parts"]

_MAX_DEPTH: Final = 8  # levels of compositions that are looked through
_MAX_PARTS: Final = 32  # of one composition


def opened_parts(raw: JsonObject, references: References, depth: int = 0) -> tuple[JsonObject, bool]:
    """The schema without the `additionalProperties: false` of itself and its parts, and whether there was one to take.

    One that is composed of a single part, and of nothing beside it, means what it says.
    """
    parts = raw.get("allOf")
    if not isinstance(parts, list) or len(parts) > _MAX_PARTS or depth > _MAX_DEPTH:
        return raw, False
    if depth == 0 and len(parts) == 1 and not raw.get("properties"):
        return raw, False
    own = raw.get("additionalProperties") is False
    opened: list[JsonValue] = []
    closed = own
    for part in parts:
        open_part, was_closed = _opened(part, references, depth + 1)
        opened.append(open_part)
        closed = closed or was_closed
    if not closed:
        return raw, False
    kept = {name: value for name, value in raw.items() if not (own and name == "additionalProperties")}
    return {**kept, "allOf": opened}, True


def _opened(part: JsonValue, references: References, depth: int) -> tuple[JsonValue, bool]:
    target = part
    if isinstance(part, dict) and isinstance(reference := part.get("$ref"), str):
        try:
            target = references.find(reference).value
        except DanglingError:
            return part, False
    if not isinstance(target, dict):
        return part, False
    if "allOf" in target:
        inner, closed = opened_parts(target, references, depth)
        return (inner, True) if closed else (part, False)
    if target.get("additionalProperties") is not False:
        return part, False
    return {name: value for name, value in target.items() if name != "additionalProperties"}, True

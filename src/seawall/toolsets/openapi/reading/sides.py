"""Properties that belong to one side alone: `readOnly` to answers, `writeOnly` to requests."""

from __future__ import annotations

from typing import Final

from seawall.toolsets.openapi.reading.definitions import Side, is_marked
from seawall.toolsets.openapi.reading.references import DanglingError, References
from seawall.types import JsonObject, JsonValue

__all__ = ["Sides", "not_requiring"]

_MAX_COMPOSED: Final = 12  # levels and parts of `allOf` that are looked through
_MAX_CHAIN: Final = 8  # references that lead to a property


class Sides:
    """Finds the properties that have no place on a side, in schemas as they are written."""

    def __init__(self, references: References) -> None:
        self._references = references

    def is_hidden(self, raw: JsonValue, side: Side) -> bool:
        """Whether a property has no place on this side (OpenAPI 3.0, 4.7.24.2; JSON Schema validation, 9.4)."""
        mine, other = ("readOnly", "writeOnly") if side == "input" else ("writeOnly", "readOnly")
        seen = 0
        while isinstance(raw, dict):
            if is_marked(raw, mine):
                return not is_marked(raw, other)
            parts = raw.get("allOf")
            if isinstance(parts, list) and any(
                isinstance(part, dict) and is_marked(part, mine) for part in parts
            ):
                return True
            seen += 1
            if seen > _MAX_CHAIN or not isinstance(raw.get("$ref"), str):
                return False
            try:
                raw = self._references.find(str(raw["$ref"])).value
            except DanglingError:
                return False
        return False

    def hidden_names(self, raw: JsonValue, side: Side, depth: int = 0) -> set[str]:
        """The properties that a composition by `allOf` declares anywhere and that have no place on this side."""
        if isinstance(raw, dict) and isinstance(reference := raw.get("$ref"), str):
            try:
                raw = self._references.find(reference).value
            except DanglingError:
                return set()
        if not isinstance(raw, dict) or depth > _MAX_COMPOSED:
            return set()
        properties = raw.get("properties")
        pairs = properties.items() if isinstance(properties, dict) else ()
        hidden = {name for name, value in pairs if self.is_hidden(value, side)}
        parts = raw.get("allOf")
        for part in parts[:_MAX_COMPOSED] if isinstance(parts, list) else ():
            hidden |= self.hidden_names(part, side, depth + 1)
        return hidden


def not_requiring(raw: JsonObject, names: set[str]) -> JsonObject:
    """The schema, and those that stand directly in its `allOf`, without these names in `required`."""
    changed = dict(raw)
    required = raw.get("required")
    if isinstance(required, list):
        changed["required"] = [name for name in required if not isinstance(name, str) or name not in names]
    parts = raw.get("allOf")
    if isinstance(parts, list):
        changed["allOf"] = [
            not_requiring(part, names) if isinstance(part, dict) and "$ref" not in part else part
            for part in parts
        ]
    return changed

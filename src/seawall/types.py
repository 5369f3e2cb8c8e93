"""The few aliases that layers exchange. If this file grows past a screen, the design has grown too."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["JsonObject", "JsonValue"]

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
"""Anything that JSON can say (RFC 8259)."""

JsonObject: TypeAlias = "dict[str, JsonValue]"
"""A JSON object: arguments of a tool, a schema, a structured result."""

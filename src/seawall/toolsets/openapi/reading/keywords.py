"""The keywords of JSON Schema 2020-12 whose values are no schemas: which values each one takes, and what can be mended.

A description's schema becomes valid by construction: a keyword is taken over only with a value that the
meta-schema allows; what stands here decides that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from seawall.toolsets.cleaning import clean_line, clean_prose, is_clean
from seawall.toolsets.openapi.reading.patterns import usable_pattern
from seawall.types import JsonValue

__all__ = ["SIMPLE", "Refused", "examples_of", "types_of", "unique"]

_MAX_NUMBER: Final = 1e300  # beyond it, arithmetic of validators is no longer exact or defined
_MAX_COUNT: Final = 2**53  # of a length; what is larger limits nothing
_MAX_EXAMPLE: Final = 200  # characters of an example as JSON; larger ones cost a model more than they tell it
_MAX_EXAMPLES: Final = 2
_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_MEANT: Final[Mapping[str, str]] = {
    **dict.fromkeys(("int", "int32", "int64", "long", "short", "bigint"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "numeric"), "number"),
    **dict.fromkeys(("bool", "Boolean"), "boolean"),
    **dict.fromkeys(
        ("str", "text", "date", "datetime", "date-time", "uuid", "file", "binary", "password"), "string"
    ),
    **dict.fromkeys(("list", "tuple"), "array"),
    **dict.fromkeys(("map", "dict", "hash", "json"), "object"),
    "none": "null",
}


class Refused(Exception):  # noqa: N818  a verdict on one value, no error of the program
    """A keyword has a value that cannot be mended; the text ends the sentence `KEYWORD …`."""


Keyword: TypeAlias = Callable[[JsonValue], JsonValue]
"""Gives the value as 2020-12 takes it. Raises Refused."""


def _number(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        try:
            value = float(value) if len(value) < 64 else None  # noqa: PLR2004  digits of any number that is meant
        except ValueError:
            value = None
        value = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused("is no number")
    if not abs(value) < _MAX_NUMBER:
        raise Refused("is too large to limit anything")
    return value


def _positive(value: JsonValue) -> JsonValue:
    number = _number(value)
    if not isinstance(number, (int, float)) or number <= 0:
        raise Refused("is no number above zero")
    return number


def _count(value: JsonValue) -> JsonValue:
    number = _number(value)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if not isinstance(number, int) or number < 0:
        raise Refused("is no count")
    if number > _MAX_COUNT:
        raise Refused("is too large to limit anything")
    return number


def _flag(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise Refused("is neither true nor false")
    return value


def _pattern(value: JsonValue) -> JsonValue:
    if not isinstance(value, str) or not is_clean(value):
        raise Refused("is no text")
    usable = usable_pattern(value)
    if usable is None:
        raise Refused("cannot be compiled")
    return usable


def _name(value: JsonValue) -> JsonValue:
    text = clean_line(value)
    if not text:
        raise Refused("is no text")
    return text


def _any(value: JsonValue) -> JsonValue:
    if not is_clean(value):
        raise Refused("holds characters that are not shown, or no JSON")
    return value


def _names_by_name(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict) or not is_clean(value):
        raise Refused("is no object")
    if not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in value.values()
    ):
        raise Refused("does not hold lists of names")
    return {name: unique(names) for name, names in value.items() if isinstance(names, list)}


SIMPLE: Final[Mapping[str, Keyword]] = {
    "title": clean_line,
    "description": clean_prose,
    "format": _name,
    "contentEncoding": _name,
    "contentMediaType": _name,
    "const": _any,
    "default": _any,
    "pattern": _pattern,
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": _number,
    "exclusiveMaximum": _number,
    "multipleOf": _positive,
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count
    ),
    **dict.fromkeys(("minContains", "maxContains"), _count),
    **dict.fromkeys(("uniqueItems", "deprecated"), _flag),
    "dependentRequired": _names_by_name,
}


def types_of(value: JsonValue) -> tuple[list[str], list[str]]:
    """The types that a `type` names, each once, and what in it could not be understood. YAML's bare `null` counts."""
    good: list[str] = []
    bad: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        name = "null" if item is None else item if isinstance(item, str) else ""
        meant = next((t for t in (name, name.strip().lower()) if t in _TYPES), None) or _MEANT.get(
            name.strip().lower()
        )
        if meant is None:
            bad.append(clean_line(item) or "no text")
            continue
        if name not in _TYPES and name != "file":  # which Swagger 2.0 has
            bad.append(f"{clean_line(name)}, read as {meant}")
        if meant not in good:
            good.append(meant)
    return good, bad


def examples_of(schema: Mapping[str, JsonValue]) -> list[JsonValue]:
    """A few short examples, from `example`, a list of `examples`, or a map of example objects, as 3.0 has elsewhere."""
    found: list[JsonValue] = [schema["example"]] if "example" in schema else []
    several = schema.get("examples")
    if isinstance(several, list):
        found += several[:16]
    elif isinstance(several, dict):
        found += [
            item["value"] if isinstance(item, dict) and "value" in item else item
            for item in list(several.values())[:16]
            if not (isinstance(item, dict) and ("$ref" in item or "externalValue" in item))
        ]
    return list(filter(_is_short, unique(found)))[:_MAX_EXAMPLES]


def _is_short(value: JsonValue) -> bool:
    if value is None:
        return False
    if isinstance(value, (dict, list)) and len(value) > _MAX_EXAMPLE:
        return False
    if isinstance(value, str) and len(value) > _MAX_EXAMPLE:
        return False
    return is_clean(value) and len(json.dumps(value, ensure_ascii=False)) <= _MAX_EXAMPLE


def unique(values: list[JsonValue]) -> list[JsonValue]:
    """Each value once, as JSON compares them: `true` is not `1`."""
    seen: dict[str, JsonValue] = {}
    for value in values:
        seen.setdefault(json.dumps(value, sort_keys=True), value)
    return list(seen.values())

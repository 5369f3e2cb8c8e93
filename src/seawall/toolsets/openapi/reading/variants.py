"""The kinds of a value whose schema names a `discriminator`, where the kinds point at the schema and not it at them.

`Cat` is all of `Pet` and more, and `Pet` says that its `kind` tells which (Swagger 2.0, "Composition and Inheritance";
OpenAPI 3.2, 4.25.3). Nothing in `Pet` leads to `Cat`, so whoever reads `Pet` alone never learns what a cat has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from seawall.toolsets.cleaning import is_clean_name
from seawall.toolsets.openapi.reading.faults import FaultLog, pointer
from seawall.toolsets.openapi.reading.references import DanglingError, Found, References
from seawall.types import JsonObject, JsonValue

__all__ = ["Kind", "Variants", "discriminator_of", "with_kinds"]

_PLACES: Final = ("#/components/schemas", "#/definitions")
_MAX_KINDS: Final = (
    32  # of one schema; more are not told to a model, and anything may stand beside its own members
)
_MAX_VALUES: Final = 64  # that one kind goes by


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of a schema.

    Attributes:
        reference: leads to its schema.
        values: what the discriminator says for it.
        stated: whether its own schema already asks for one of these values.
    """

    reference: str
    values: tuple[str, ...]
    stated: bool


class Variants:
    """Finds the kinds of the schemas of one description."""

    def __init__(self, references: References, faults: FaultLog) -> None:
        self._references = references
        self._faults = faults
        self._below: dict[str, list[str]] | None = None
        self._kinds: dict[str, tuple[Kind, ...]] = {}

    def of(self, found: Found) -> tuple[Kind, ...]:
        """The kinds of a schema that has a discriminator and no choice of its own; empty for any other."""
        if found.key not in self._kinds:
            self._kinds[found.key] = self._found(found)
        return self._kinds[found.key]

    def at(self, where: str, raw: JsonObject) -> tuple[Kind, ...]:
        """The same for the schema that stands there."""
        return self.of(Found(f"#{where}", raw)) if "discriminator" in raw else ()

    def _found(self, found: Found) -> tuple[Kind, ...]:
        raw = found.value
        name = discriminator_of(raw)
        if name is None or not isinstance(raw, dict) or "oneOf" in raw or "anyOf" in raw:
            return ()
        words = self._mapped(raw.get("discriminator"))
        below = self._descendants(found.key)
        keys = [*below, *(key for key in words if key not in below and key != found.key)]
        if len(keys) > _MAX_KINDS:
            self._faults.add(
                found.where, f"it has {len(keys)} kinds, too many to tell; any member may stand in it"
            )
            return (Kind("", (), stated=False),)
        return tuple(self._kind(key, name, words.get(key, ())) for key in keys)

    def _kind(self, key: str, name: str, words: tuple[str, ...]) -> Kind:
        raw = self._references.find(key).value
        stated = tuple(_stated(raw, name))
        own = raw.get("x-ms-discriminator-value") if isinstance(raw, dict) else None
        implied = (
            (own,)
            if isinstance(own, str)
            else (key.rpartition("/")[2].replace("~1", "/").replace("~0", "~"),)
        )
        values = stated or words or implied
        return Kind(key, tuple(filter(is_clean_name, values[:_MAX_VALUES])), stated=bool(stated))

    def _mapped(self, discriminator: JsonValue) -> dict[str, tuple[str, ...]]:
        """By the key of a schema, the words that `mapping` has for it."""
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        words: dict[str, tuple[str, ...]] = {}
        for word, reference in mapping.items() if isinstance(mapping, dict) else ():
            try:
                key = self._references.find(str(reference)).key
            except DanglingError:
                continue
            words[key] = (*words.get(key, ()), word)
        return words

    def _descendants(self, key: str) -> list[str]:
        """Every schema that is all of this one and more, directly or not, in the order of the description."""
        if self._below is None:
            self._below = self._inheritance()
        seen = {key: None}
        waiting = [key]
        while waiting:
            for below in self._below.get(waiting.pop(0), ()):
                if below not in seen:
                    seen[below] = None
                    waiting.append(below)
        return list(seen)[1:]

    def _inheritance(self) -> dict[str, list[str]]:
        below: dict[str, list[str]] = defaultdict(list)
        for place in _PLACES:
            for name, schema in self._named(place).items():
                for reference in _parts(schema):
                    try:
                        above = self._references.find(reference).key
                    except DanglingError:
                        continue
                    below[above].append(pointer(place, name))
        return dict(below)

    def _named(self, place: str) -> Mapping[str, JsonValue]:
        try:
            value = self._references.find(place).value
        except DanglingError:
            return {}
        return value if isinstance(value, dict) else {}


def discriminator_of(raw: JsonValue) -> str | None:
    """The name of the property that tells the kind; 2.0 writes it without an object around it."""
    said = raw.get("discriminator") if isinstance(raw, dict) else None
    name = said.get("propertyName") if isinstance(said, dict) else said
    return name if isinstance(name, str) and is_clean_name(name) else None


def with_kinds(schema: JsonObject, name: str, kinds: list[tuple[Kind, JsonObject]]) -> JsonObject:
    """A translated schema as a choice of its kinds, and of itself for a kind that nobody describes.

    Args:
        schema: of what all kinds have.
        name: of the property that tells them apart.
        kinds: with what each refers to.
    """
    closed = schema.get("additionalProperties") is False
    made = {word: value for word, value in schema.items() if not (closed and word == "additionalProperties")}
    members = cast("JsonObject", schema.get("properties", {}))
    allowed = _values(members.get(name))
    branches: list[JsonValue] = []
    known: list[JsonValue] = []
    for kind, target in kinds:
        values: list[JsonValue] = [word for word in kind.values if allowed is None or word in allowed]
        known += values
        said: JsonObject = {} if kind.stated or not values else {name: _one_of(values)}
        branches.append({**target, **({"properties": said, "required": [name]} if said else {})})
    other: JsonObject = (
        {"properties": {name: {"not": {"enum": list(dict.fromkeys(map(str, known)))}}}} if known else {}
    )
    if closed:
        others: JsonObject = {member: {} for member in members}
        other = {
            "properties": {**others, **cast("JsonObject", other.get("properties", {}))},
            "additionalProperties": False,
        }
    return {**made, "anyOf": [*branches, other]}


def _one_of(values: list[JsonValue]) -> JsonObject:
    return {"const": values[0]} if len(values) == 1 else {"enum": values}


def _parts(schema: JsonValue) -> Iterator[str]:
    parts = schema.get("allOf") if isinstance(schema, dict) else None
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and isinstance(reference := part.get("$ref"), str):
            yield reference


def _stated(raw: JsonValue, name: str) -> Iterator[str]:
    """The values that a schema, or a part of it that stands there in full, asks of the property."""
    if not isinstance(raw, dict):
        return
    parts = raw.get("allOf")
    for each in (raw, *(parts if isinstance(parts, list) else ())):
        members = each.get("properties") if isinstance(each, dict) else None
        yield from _values(members.get(name) if isinstance(members, dict) else None) or ()


def _values(schema: JsonValue) -> list[str] | None:
    if not isinstance(schema, dict):
        return None
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else None

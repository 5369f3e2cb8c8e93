"""Schemas of every dialect as JSON Schema 2020-12.

Swagger 2.0 and OpenAPI 3.0 have dialects of their own (`nullable`, `exclusiveMinimum: true`, `type: file`), 3.1 and 3.2
have 2020-12 itself, and real descriptions mix them. So one translation knows all of it: keywords of 2020-12 are
taken over when their values are valid, those of the older dialects are translated, and the rest is left out. What
comes out is therefore valid, whatever went in.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias, cast

from seawall.toolsets.cleaning import is_clean, is_clean_name
from seawall.toolsets.openapi.reading.circles import break_circles
from seawall.toolsets.openapi.reading.definitions import Names, Side, is_marked
from seawall.toolsets.openapi.reading.dialects import as_typed, nullable
from seawall.toolsets.openapi.reading.faults import FaultLog, pointer, shown
from seawall.toolsets.openapi.reading.keywords import SIMPLE, Refused, examples_of, types_of, unique
from seawall.toolsets.openapi.reading.parts import opened_parts
from seawall.toolsets.openapi.reading.patterns import usable_pattern
from seawall.toolsets.openapi.reading.references import DanglingError, References
from seawall.toolsets.openapi.reading.sides import Sides, not_requiring
from seawall.toolsets.openapi.reading.variants import Kind, Variants, discriminator_of, with_kinds
from seawall.types import JsonObject, JsonValue

__all__ = ["Dialect", "SchemaReader", "TooMuchError"]

Dialect: TypeAlias = Literal["2.0", "3.0", "3.1", "3.2"]

_MAX_DEPTH: Final = (
    40  # schemas within schemas; real ones stay below 20, and tools that read a result stop at 64
)
_MAX_ENUM: Final = 5000  # allowed values; more are data, and too many to tell a model
_ONE: Final = (
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_SEVERAL: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_BY_NAME: Final = ("properties", "patternProperties", "dependentSchemas")
_BESIDE_REFERENCE: Final = ("title", "description", "default", "deprecated")


class _At(NamedTuple):
    """Where a schema stands, for which side it is made, and how many schemas are around it."""

    where: str
    side: Side
    depth: int = 0

    def below(self, *names: object) -> _At:
        return _At(pointer(self.where, *names), self.side, self.depth + 1)


class TooMuchError(Exception):
    """All schemas together are more than the bound on them."""


class SchemaReader:
    """Translates schemas; what they refer to is put aside to become definitions."""

    def __init__(self, dialect: Dialect, references: References, faults: FaultLog, *, schemas: int) -> None:
        """Translate for one description.

        Args:
            dialect: in which the description is written.
            references: finds what schemas refer to.
            faults: takes what could not be taken over.
            schemas: how many schemas are translated at most.
        """
        self._siblings = dialect in {"3.1", "3.2"}  # whether keywords beside a reference count
        self._references = references
        self._faults = faults
        self._left = schemas
        self._variants = Variants(references, faults)
        self._names = Names(references, lambda found: (each.reference for each in self._variants.of(found)))
        self._sides = Sides(references)
        self.definitions: dict[str, JsonObject] = {}

    def read(self, raw: JsonValue, where: str, side: Side) -> JsonObject:
        """The schema as 2020-12. What refers to a definition as a whole becomes that definition's own content.

        Raises:
            TooMuchError: there were too many schemas before.
        """
        schema = self._schema(raw, _At(where, side))
        name = _only_reference(schema)
        if name is None:
            return schema
        self._make_definitions(until=name)
        return self.definitions[name]

    def finish(self) -> dict[str, JsonObject]:
        """All definitions, after making those that are still waiting; none contains itself in place."""
        self._make_definitions(until=None)
        break_circles(self.definitions, self._names.extra, self._faults)
        return self.definitions

    def _make_definitions(self, *, until: str | None) -> None:
        waiting = self._names.new
        while waiting and (until is None or until not in self.definitions):
            name = until or next(iter(waiting))
            found, side = waiting.pop(name)
            self.definitions[name] = self._schema(found.value, _At(found.where, side))

    # --- one schema -------------------------------------------------------------------------------------

    def _schema(self, raw: JsonValue, at: _At) -> JsonObject:
        self._left -= 1
        if self._left < 0:
            raise TooMuchError
        if isinstance(raw, bool):
            return {} if raw else {"not": {}}
        if not isinstance(raw, dict):
            self._faults.add(at.where, f"a schema belongs here, not {shown(raw)}; anything is allowed")
            return {}
        if at.depth >= _MAX_DEPTH:
            self._faults.add(
                at.where, f"schemas nest deeper than {_MAX_DEPTH} levels; anything is allowed below"
            )
            return {}
        if isinstance(raw.get("$ref"), str):
            return self._referring(raw, at)
        return self._plain(raw, at)

    def _referring(self, raw: JsonObject, at: _At) -> JsonObject:
        reference = str(raw["$ref"])
        beside: JsonObject
        if self._siblings:
            rest = {name: value for name, value in raw.items() if name != "$ref"}
            beside = self._plain(rest, at) if rest else {}
        else:  # officially ignored; writers mean these all the same
            beside = self._simple({name: raw[name] for name in _BESIDE_REFERENCE if name in raw}, at.where)
        target = self._target(reference, at)
        if target is None:
            return beside
        if (is_marked(raw, "nullable") or is_marked(raw, "x-nullable")) and "anyOf" not in beside:
            return {**beside, "anyOf": [target, {"type": "null"}]}
        return {**target, **beside}

    def _target(self, reference: str, at: _At) -> JsonObject | None:
        try:
            found = self._references.find(reference)
        except DanglingError as problem:
            self._faults.add(
                at.where, f"the reference {shown(reference)} leads nowhere ({problem}); anything is allowed"
            )
            return None
        if isinstance(found.value, bool):
            return {} if found.value else {"not": {}}
        if not isinstance(found.value, dict):
            self._faults.add(
                at.where, f"the reference {shown(reference)} leads to no schema; anything is allowed"
            )
            return None
        return {"$ref": f"#/$defs/{self._names.of(found, at.side)}"}

    def _plain(self, raw: JsonObject, at: _At) -> JsonObject:
        if "allOf" in raw and (hidden := self._sides.hidden_names(raw, at.side)):
            raw = not_requiring(raw, hidden)
        if "allOf" in raw:
            raw = self._opened(raw, at.where)
        schema: JsonObject = {}
        self._types(raw, schema, at.where)
        schema.update(self._simple(raw, at.where))
        self._enum(raw, schema, at.where)
        self._bounds(raw, schema)
        self._items(raw, schema, at)
        self._properties(raw, schema, at)
        for word in _ONE:
            if word in raw:
                schema[word] = self._schema(raw[word], at.below(word))
        for word in _SEVERAL:
            if word in raw:
                self._several(word, raw[word], schema, at)
        if examples := examples_of(raw):
            schema["examples"] = examples
        self._dynamic(raw, schema, at)
        if kinds := self._variants.at(at.where, raw):
            schema = self._told_apart(schema, discriminator_of(raw) or "", kinds, at)
        if is_marked(raw, "nullable") or is_marked(raw, "x-nullable"):
            schema = nullable(schema)
        return schema

    def _told_apart(self, schema: JsonObject, name: str, kinds: tuple[Kind, ...], at: _At) -> JsonObject:
        if not kinds[0].reference:
            return {"additionalProperties": True, **schema}
        targets = [(each, self._target(each.reference, at)) for each in kinds]
        return with_kinds(schema, name, [(each, target) for each, target in targets if target is not None])

    def _opened(self, raw: JsonObject, where: str) -> JsonObject:
        """A composition, none of whose parts forbids what stands in the others.

        `additionalProperties: false` in a part, or beside `allOf`, knows nothing of the other parts. Generators write it
        for each class of a hierarchy all the same, and mean all of it together.
        """
        opened, closed = opened_parts(raw, self._references)
        if not closed:
            return raw
        self._faults.add(where, "a part of `allOf` forbids what stands in the others; all together do")
        return {**opened, "unevaluatedProperties": False}

    def _simple(self, raw: JsonObject, where: str) -> JsonObject:
        schema: JsonObject = {}
        for word, value in raw.items():
            keyword = SIMPLE.get(word)
            if keyword is None or (isinstance(value, bool) and word.startswith("exclusive")):
                continue
            try:
                usable = keyword(value)
            except Refused as reason:
                self._faults.add(where, f"`{word}` {reason}: {shown(value)}; it was left out")
                continue
            if usable not in ("", None) or word in {"const", "default"}:
                schema[word] = usable
            if word == "pattern" and usable != value:
                self._faults.add(where, f"the pattern {shown(value)} was rewritten, as it would not compile")
        return schema

    def _types(self, raw: JsonObject, schema: JsonObject, where: str) -> None:
        if "type" in raw:
            good, bad = types_of(raw["type"])
            if bad:
                self._faults.add(where, f"`type` has no {shown(', '.join(bad))}")
            if good:
                schema["type"] = good[0] if len(good) == 1 else cast("list[JsonValue]", good)
            if raw["type"] == "file":  # Swagger 2.0
                schema["format"] = "binary"
        if (
            "type" not in schema
            and isinstance(raw.get("properties"), dict)
            and raw["properties"]
            and not self._siblings
        ):
            schema["type"] = "object"

    def _enum(self, raw: JsonObject, schema: JsonObject, where: str) -> None:
        values = raw.get("enum")
        if "enum" not in raw:
            return
        if not isinstance(values, list) or not values or len(values) > _MAX_ENUM:
            size = (
                "is empty"
                if values == []
                else "is no list"
                if not isinstance(values, list)
                else "has too many values"
            )
            self._faults.add(where, f"`enum` {size}; any value of the type is allowed")
            return
        kept = [value for value in values if is_clean(value)]
        if len(kept) < len(values):
            self._faults.add(where, "values of `enum` hold characters that are not shown; they were left out")
        kept = [as_typed(value, schema.get("type")) for value in kept]
        if kept:
            schema["enum"] = once = unique(kept)
            if len(once) < len(kept):
                self._faults.add(where, "`enum` has a value twice")

    def _bounds(self, raw: JsonObject, schema: JsonObject) -> None:
        """`exclusiveMinimum: true` says that the minimum itself is not allowed (draft 4)."""
        for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if raw.get(exclusive) is True and inclusive in schema:
                schema[exclusive] = schema.pop(inclusive)

    # --- schemas within -----------------------------------------------------------------------------------

    def _items(self, raw: JsonObject, schema: JsonObject, at: _At) -> None:
        items = raw.get("items")
        if isinstance(items, list):  # a tuple, until draft 2019-09
            self._several("prefixItems", items, schema, at)
            items = raw.get("additionalItems")
        if isinstance(items, bool):
            schema["items"] = items
        elif items is not None:
            schema["items"] = self._schema(items, at.below("items"))

    def _several(self, word: str, values: JsonValue, schema: JsonObject, at: _At) -> None:
        if isinstance(values, dict):
            values = [values]
        if not isinstance(values, list) or not values:
            self._faults.add(at.where, f"`{word}` is no list of schemas; it was left out")
            return
        schema[word] = [self._schema(value, at.below(word, number)) for number, value in enumerate(values)]

    def _properties(self, raw: JsonObject, schema: JsonObject, at: _At) -> None:
        left_out: set[str] = set()
        for word in _BY_NAME:
            values = raw.get(word)
            if isinstance(values, dict):
                made = self._by_name(word, values, at, left_out)
                if made or word == "properties":
                    schema[word] = cast("JsonObject", made)
            elif word in raw:
                self._faults.add(at.where, f"`{word}` is no object; it was left out")
        self._required(raw, schema, at.where, left_out)
        additional = raw.get("additionalProperties")
        if isinstance(additional, bool):
            schema["additionalProperties"] = additional
        elif additional is not None:
            schema["additionalProperties"] = self._schema(additional, at.below("additionalProperties"))

    def _by_name(self, word: str, values: JsonObject, at: _At, left_out: set[str]) -> dict[str, JsonObject]:
        made: dict[str, JsonObject] = {}
        for name, value in values.items():
            if not self._fits(word, name, at.where) or (
                word == "properties" and self._sides.is_hidden(value, at.side)
            ):
                left_out.add(name)
            else:
                usable = usable_pattern(name) if word == "patternProperties" else name
                made[usable or name] = self._schema(value, at.below(word, name))
        return made

    def _fits(self, word: str, name: str, where: str) -> bool:
        if not is_clean_name(name):
            self._faults.add(
                where, f"the name {shown(name)} in `{word}` holds what is not shown; it was left out"
            )
            return False
        if word == "patternProperties" and usable_pattern(name) is None:
            self._faults.add(where, f"the pattern {shown(name)} cannot be compiled; it was left out")
            return False
        return True

    def _required(self, raw: JsonObject, schema: JsonObject, where: str, left_out: set[str]) -> None:
        names = raw.get("required")
        if "required" not in raw:
            return
        if not isinstance(names, list):
            if names is not False:
                self._faults.add(where, f"`required` is no list of names: {shown(names)}; it was left out")
            return
        written = [str(name) if _is_number(name) else name for name in names]  # YAML's `1`, which names `1:`
        kept = list(dict.fromkeys(name for name in written if isinstance(name, str) and is_clean_name(name)))
        if len(kept) < len(names):
            self._faults.add(where, "`required` has a name twice, or something that is no name")
        if kept := [name for name in kept if name not in left_out]:
            schema["required"] = cast("list[JsonValue]", kept)

    def _dynamic(self, raw: JsonObject, schema: JsonObject, at: _At) -> None:
        """`$dynamicRef` as the plain reference that it is without a dynamic scope; `$recursiveRef` as what encloses it."""
        reference = raw.get("$dynamicRef", raw.get("$recursiveRef"))
        if reference == "#" and (parts := at.where.split("/"))[1:2] in (["components"], ["definitions"]):
            reference = "#" + "/".join(parts[: 4 if parts[1] == "components" else 3])
        target = self._target(reference, at) if isinstance(reference, str) else None
        if target is not None:
            schema.update(target)


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _only_reference(schema: JsonObject) -> str | None:
    if len(schema) != 1 or "$ref" not in schema:
        return None
    return str(schema["$ref"]).removeprefix("#/$defs/")

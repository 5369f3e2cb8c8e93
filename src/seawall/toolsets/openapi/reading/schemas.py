"""Schemas of every dialect as JSON Schema 2020-12.

Swagger 2.0 and OpenAPI 3.0 have dialects of their own (`nullable`, `exclusiveMinimum: true`, `type: file`), 3.1 and 3.2
have 2020-12 itself, and real descriptions mix them. So one translation knows all of it: keywords of 2020-12 are
taken over when their values are valid, those of the older dialects are translated, and the rest is left out. What
comes out is therefore valid, whatever went in.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, cast

from seawall.toolsets.openapi.reading.circles import break_circles
from seawall.toolsets.openapi.reading.cleaning import clean_prose, is_clean, is_clean_name
from seawall.toolsets.openapi.reading.definitions import Names, Side, is_marked
from seawall.toolsets.openapi.reading.faults import FaultLog, pointer, shown
from seawall.toolsets.openapi.reading.keywords import SIMPLE, Refused, examples_of, types_of, unique
from seawall.toolsets.openapi.reading.patterns import usable_pattern
from seawall.toolsets.openapi.reading.references import DanglingError, References
from seawall.types import JsonObject, JsonValue

__all__ = ["Dialect", "SchemaReader", "TooMuchError"]

Dialect: TypeAlias = Literal["2.0", "3.0", "3.1", "3.2"]

_MAX_DEPTH: Final = 40  # schemas within schemas; real ones stay below 20, and tools that read a result stop at 64
_MAX_ENUM: Final = 5000  # allowed values; more are data, and too many to tell a model
_MAX_COMPOSED: Final = 12  # levels and parts of `allOf` that are looked through for properties of one side
_ONE: Final = ("not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties")
_SEVERAL: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_BY_NAME: Final = ("properties", "patternProperties", "dependentSchemas")
_BESIDE_REFERENCE: Final = ("title", "description", "default", "deprecated")


class TooMuchError(Exception):
    """All schemas together are more than the bound on them."""


class SchemaReader:
    """Translates schemas; what they refer to is put aside to become definitions."""

    def __init__(
        self, dialect: Dialect, references: References, faults: FaultLog, *, schemas: int
    ) -> None:
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
        self._names = Names(references)
        self.definitions: dict[str, JsonObject] = {}

    def read(self, raw: JsonValue, where: str, side: Side) -> JsonObject:
        """The schema as 2020-12. What refers to a definition as a whole becomes that definition's own content.

        Raises:
            TooMuchError: there were too many schemas before.
        """
        schema = self._schema(raw, where, side, 0)
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
            self.definitions[name] = self._schema(found.value, found.where, side, 0)

    # --- one schema -------------------------------------------------------------------------------------

    def _schema(self, raw: JsonValue, where: str, side: Side, depth: int) -> JsonObject:
        self._left -= 1
        if self._left < 0:
            raise TooMuchError
        if isinstance(raw, bool):
            return {} if raw else {"not": {}}
        if not isinstance(raw, dict):
            self._faults.add(where, f"a schema belongs here, not {shown(raw)}; anything is allowed")
            return {}
        if depth >= _MAX_DEPTH:
            self._faults.add(where, f"schemas nest deeper than {_MAX_DEPTH} levels; anything is allowed below")
            return {}
        if isinstance(raw.get("$ref"), str):
            return self._referring(raw, where, side, depth)
        return self._plain(raw, where, side, depth)

    def _referring(self, raw: JsonObject, where: str, side: Side, depth: int) -> JsonObject:
        reference = str(raw["$ref"])
        beside: JsonObject
        if self._siblings:
            rest = {name: value for name, value in raw.items() if name != "$ref"}
            beside = self._plain(rest, where, side, depth) if rest else {}
        else:  # officially ignored; writers mean these all the same
            beside = self._simple({name: raw[name] for name in _BESIDE_REFERENCE if name in raw}, where)
        target = self._target(reference, where, side)
        if target is None:
            return beside
        if (is_marked(raw, "nullable") or is_marked(raw, "x-nullable")) and "anyOf" not in beside:
            return {**beside, "anyOf": [target, {"type": "null"}]}
        return {**target, **beside}

    def _target(self, reference: str, where: str, side: Side) -> JsonObject | None:
        try:
            found = self._references.find(reference)
        except DanglingError as problem:
            self._faults.add(where, f"the reference {shown(reference)} leads nowhere ({problem}); anything is allowed")
            return None
        if isinstance(found.value, bool):
            return {} if found.value else {"not": {}}
        if not isinstance(found.value, dict):
            self._faults.add(where, f"the reference {shown(reference)} leads to no schema; anything is allowed")
            return None
        return {"$ref": f"#/$defs/{self._names.of(found, side)}"}

    def _plain(self, raw: JsonObject, where: str, side: Side, depth: int) -> JsonObject:
        if "allOf" in raw and (hidden := self._hidden_names(raw, side, 0)):
            raw = _not_requiring(raw, hidden)
        schema: JsonObject = {}
        self._types(raw, schema, where)
        schema.update(self._simple(raw, where))
        self._enum(raw, schema, where)
        self._bounds(raw, schema)
        self._items(raw, schema, where, side, depth)
        self._properties(raw, schema, where, side, depth)
        for word in _ONE:
            if word in raw:
                schema[word] = self._schema(raw[word], f"{where}/{word}", side, depth + 1)
        for word in _SEVERAL:
            if word in raw:
                self._several(word, raw[word], schema, where, side, depth)
        if examples := examples_of(raw):
            schema["examples"] = examples
        if "$dynamicRef" in raw or "$recursiveRef" in raw:
            self._dynamic(raw, schema, where, side)
        if is_marked(raw, "nullable") or is_marked(raw, "x-nullable"):
            schema = _nullable(schema)
        return schema

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
        if "type" not in schema and isinstance(raw.get("properties"), dict) and raw["properties"] and not self._siblings:
            schema["type"] = "object"

    def _enum(self, raw: JsonObject, schema: JsonObject, where: str) -> None:
        values = raw.get("enum")
        if "enum" not in raw:
            return
        if not isinstance(values, list) or not values or len(values) > _MAX_ENUM:
            size = "is empty" if values == [] else "is no list" if not isinstance(values, list) else "has too many values"
            self._faults.add(where, f"`enum` {size}; any value of the type is allowed")
            return
        kept = [value for value in values if is_clean(value)]
        if len(kept) < len(values):
            self._faults.add(where, "values of `enum` hold characters that are not shown; they were left out")
        kept = [_as_typed(value, schema.get("type")) for value in kept]
        if kept:
            schema["enum"] = unique(kept)
            if len(schema["enum"]) < len(kept):
                self._faults.add(where, "`enum` has a value twice")

    def _bounds(self, raw: JsonObject, schema: JsonObject) -> None:
        """`exclusiveMinimum: true` says that the minimum itself is not allowed (draft 4)."""
        for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if raw.get(exclusive) is True and inclusive in schema:
                schema[exclusive] = schema.pop(inclusive)

    # --- schemas within -----------------------------------------------------------------------------------

    def _items(self, raw: JsonObject, schema: JsonObject, where: str, side: Side, depth: int) -> None:
        items = raw.get("items")
        if isinstance(items, list):  # a tuple, until draft 2019-09
            self._several("prefixItems", items, schema, where, side, depth)
            items = raw.get("additionalItems")
        if isinstance(items, bool):
            schema["items"] = items
        elif items is not None:
            schema["items"] = self._schema(items, f"{where}/items", side, depth + 1)

    def _several(
        self, word: str, values: JsonValue, schema: JsonObject, where: str, side: Side, depth: int
    ) -> None:
        if isinstance(values, dict):
            values = [values]
        if not isinstance(values, list) or not values:
            self._faults.add(where, f"`{word}` is no list of schemas; it was left out")
            return
        schema[word] = [
            self._schema(value, f"{where}/{word}/{number}", side, depth + 1) for number, value in enumerate(values)
        ]

    def _properties(self, raw: JsonObject, schema: JsonObject, where: str, side: Side, depth: int) -> None:
        left_out: set[str] = set()
        for word in _BY_NAME:
            values = raw.get(word)
            if isinstance(values, dict):
                made = self._by_name(word, values, where, side, depth, left_out)
                if made or word == "properties":
                    schema[word] = cast("JsonObject", made)
            elif word in raw:
                self._faults.add(where, f"`{word}` is no object; it was left out")
        self._required(raw, schema, where, left_out)
        additional = raw.get("additionalProperties")
        if isinstance(additional, bool):
            schema["additionalProperties"] = additional
        elif additional is not None:
            schema["additionalProperties"] = self._schema(
                additional, f"{where}/additionalProperties", side, depth + 1
            )

    def _by_name(
        self, word: str, values: JsonObject, where: str, side: Side, depth: int, left_out: set[str]
    ) -> dict[str, JsonObject]:
        made: dict[str, JsonObject] = {}
        for name, value in values.items():
            if not self._fits(word, name, where) or (word == "properties" and self._is_hidden(value, side)):
                left_out.add(name)
            else:
                usable = usable_pattern(name) if word == "patternProperties" else name
                made[usable or name] = self._schema(value, pointer(where, word, name), side, depth + 1)
        return made

    def _fits(self, word: str, name: str, where: str) -> bool:
        if not is_clean_name(name):
            self._faults.add(where, f"the name {shown(name)} in `{word}` holds what is not shown; it was left out")
            return False
        if word == "patternProperties" and usable_pattern(name) is None:
            self._faults.add(where, f"the pattern {shown(name)} cannot be compiled; it was left out")
            return False
        return True

    def _is_hidden(self, raw: JsonValue, side: Side) -> bool:
        """Whether a property has no place on this side (OpenAPI 3.0, 4.7.24.2; JSON Schema validation, 9.4)."""
        mine, other = ("readOnly", "writeOnly") if side == "input" else ("writeOnly", "readOnly")
        seen = 0
        while isinstance(raw, dict):
            if is_marked(raw, mine):
                return not is_marked(raw, other)
            parts = raw.get("allOf")
            if isinstance(parts, list) and any(isinstance(part, dict) and is_marked(part, mine) for part in parts):
                return True
            seen += 1
            if seen > 8 or not isinstance(raw.get("$ref"), str):  # noqa: PLR2004  a chain of references, bounded
                return False
            try:
                raw = self._references.find(str(raw["$ref"])).value
            except DanglingError:
                return False
        return False

    def _hidden_names(self, raw: JsonValue, side: Side, depth: int) -> set[str]:
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
        hidden = {name for name, value in pairs if self._is_hidden(value, side)}
        parts = raw.get("allOf")
        for part in parts[:_MAX_COMPOSED] if isinstance(parts, list) else ():
            hidden |= self._hidden_names(part, side, depth + 1)
        return hidden

    def _required(self, raw: JsonObject, schema: JsonObject, where: str, left_out: set[str]) -> None:
        names = raw.get("required")
        if "required" not in raw:
            return
        if not isinstance(names, list):
            if names is not False:
                self._faults.add(where, f"`required` is no list of names: {shown(names)}; it was left out")
            return
        kept = list(dict.fromkeys(name for name in names if isinstance(name, str) and is_clean_name(name)))
        if len(kept) < len(names):
            self._faults.add(where, "`required` has a name twice, or something that is no name")
        if kept := [name for name in kept if name not in left_out]:
            schema["required"] = cast("list[JsonValue]", kept)

    def _dynamic(self, raw: JsonObject, schema: JsonObject, where: str, side: Side) -> None:
        """`$dynamicRef` as the plain reference that it is without a dynamic scope; `$recursiveRef` as what encloses it."""
        reference = raw.get("$dynamicRef", raw.get("$recursiveRef"))
        if reference == "#" and (parts := where.split("/"))[1:2] in (["components"], ["definitions"]):
            reference = "#" + "/".join(parts[: 4 if parts[1] == "components" else 3])
        target = self._target(reference, where, side) if isinstance(reference, str) else None
        if target is not None:
            schema.update(target)


def _not_requiring(raw: JsonObject, names: set[str]) -> JsonObject:
    """The schema, and those that stand directly in its `allOf`, without these names in `required`."""
    changed = dict(raw)
    required = raw.get("required")
    if isinstance(required, list):
        changed["required"] = [name for name in required if not isinstance(name, str) or name not in names]
    parts = raw.get("allOf")
    if isinstance(parts, list):
        changed["allOf"] = [
            _not_requiring(part, names) if isinstance(part, dict) and "$ref" not in part else part for part in parts
        ]
    return changed


def _only_reference(schema: JsonObject) -> str | None:
    if len(schema) != 1 or "$ref" not in schema:
        return None
    return str(schema["$ref"]).removeprefix("#/$defs/")


def _nullable(schema: JsonObject) -> JsonObject:
    """What 3.0 calls nullable. With `allOf` and the like, writers mean that null is allowed beside all of it."""
    composed = any(word in schema for word in ("$ref", "allOf", "anyOf", "oneOf", "not", "const"))
    types = schema.get("type")
    if composed:
        if types is None and set(schema) - {"title", "description"} == {"anyOf"} and isinstance(schema["anyOf"], list):
            return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
        notes = {word: schema.pop(word) for word in ("title", "description", "default", "deprecated") if word in schema}
        return {**notes, "anyOf": [schema, {"type": "null"}]}
    if isinstance(types, str) and types != "null":
        schema["type"] = [types, "null"]
    elif isinstance(types, list) and "null" not in types:
        schema["type"] = [*types, "null"]
    enum = schema.get("enum")
    if isinstance(enum, list) and None not in enum:
        schema["enum"] = [*enum, None]
    return schema


def _as_typed(value: JsonValue, kind: JsonValue) -> JsonValue:
    """A value of an enum as its type has it: writers of YAML forget quotes, and others set too many."""
    kinds = kind if isinstance(kind, list) else [kind]
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


def described(schema: JsonObject, description: JsonValue) -> JsonObject:
    """The schema with a description, when it has none of its own."""
    text = clean_prose(description)
    return {**schema, "description": text} if text and "description" not in schema else schema

"""Schemas that stand alone: what they refer to is inlined where that is small, and stays in `$defs` where it is not.

Some editors and models mishandle `$ref`, so few of them are better; but a definition that is used often would be
repeated, and a recursive one never ends.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from seawall.toolsets.openapi.reading.structure import (
    BY_NAME,
    ONE,
    SEVERAL,
    circles,
    reference_of,
    references_in,
)
from seawall.types import JsonObject, JsonValue

__all__ = ["Definitions", "closed", "resolved"]

_MAX_INLINED: Final = 16 * 1024  # characters of a schema with everything inlined, about 4,000 tokens
_MAX_SMALL: Final = 120  # characters; a reference and its definition are not shorter
_MAX_DEPTH: Final = 56  # levels of JSON that inlining may make; widely used readers stop at 64
_MAX_SIZE: Final = 10**9  # of sums that grow exponentially
_NOTES: Final = frozenset({"title", "description", "default", "deprecated", "examples"})


@dataclass(frozen=True, slots=True)
class _Measure:
    """Of a definition: characters, and levels of JSON, with everything inlined; whether it is in a circle; what it names."""

    size: int
    depth: int
    recursive: bool
    references: tuple[str, ...]


class Definitions(Mapping[str, JsonObject]):
    """The definitions of a description by name; what `closed` needs to know of them is computed once."""

    __slots__ = ("_measures", "_schemas")

    def __init__(self, schemas: Mapping[str, JsonObject]) -> None:
        self._schemas = dict(schemas)
        self._measures: dict[str, _Measure] | None = None

    def __getitem__(self, name: str) -> JsonObject:
        return self._schemas[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._schemas)

    def __len__(self) -> int:
        return len(self._schemas)

    def __repr__(self) -> str:
        return f"Definitions({len(self._schemas)})"

    def measures(self) -> Mapping[str, _Measure]:
        """Size, depth and recursion of each definition."""
        if self._measures is None:
            self._measures = _measured(self._schemas)
        return self._measures


def resolved(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """The schema with a reference at its top replaced by what it refers to, notes beside it kept; inner ones stay."""
    for _ in range(len(definitions) + 1):
        name = reference_of(schema)
        if name is None or name not in definitions:
            return schema
        schema = _joined(definitions[name], {word: value for word, value in schema.items() if word != "$ref"})
    return {}


def closed(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """The schema as one that stands alone: no reference in it leads anywhere but to its own `$defs`.

    Up to 16 Ki characters everything is inlined that is not recursive. Beyond that, what is used once or is tiny.
    Neither argument is changed; parts of them may be shared with the result. A reference to a definition that
    does not exist allows anything.
    """
    known = definitions if isinstance(definitions, Definitions) else Definitions(definitions)
    return _Closing(known, schema).result()


class _Closing:
    def __init__(self, definitions: Definitions, schema: JsonObject) -> None:
        self._definitions = definitions
        self._measures = definitions.measures()
        self._schema = schema
        self._kept: dict[str, None] = {}
        self._inlined = self._chosen()

    def _chosen(self) -> set[str]:
        """The definitions to inline."""
        direct = references_in(self._schema)
        if not direct:
            return set()
        uses = Counter(direct)
        waiting = list(uses)
        while waiting:
            measure = self._measures.get(waiting.pop())
            for name in measure.references if measure else ():
                if name not in uses:
                    waiting.append(name)
                uses[name] += 1
        whole = len(_text(self._schema)) + sum(
            self._measures[name].size for name in direct if name in self._measures
        )
        return {
            name
            for name in uses
            if name in self._measures
            and not self._measures[name].recursive
            and (whole <= _MAX_INLINED or uses[name] == 1 or self._measures[name].size <= _MAX_SMALL)
        }

    def result(self) -> JsonObject:
        made = self._opened(self._schema, 1)
        definitions: JsonObject = {}
        while missing := [name for name in self._kept if name not in definitions]:
            for name in missing:
                definitions[name] = self._opened(self._definitions[name], 3)
        return {**made, "$defs": definitions} if definitions else made

    def _opened(self, schema: JsonObject, depth: int) -> JsonObject:
        name = reference_of(schema)
        if name is not None:
            beside = {word: value for word, value in schema.items() if word != "$ref"}
            beside = self._opened(beside, depth) if beside else beside
            if name not in self._definitions:
                return beside
            if name not in self._inlined or depth + self._measures[name].depth > _MAX_DEPTH:
                self._kept[name] = None
                return {"$ref": schema["$ref"], **beside}
            return _joined(self._opened(self._definitions[name], depth), beside)
        made = dict(schema)
        for word in schema.keys() & _WORDS:
            made[word] = self._within(word, schema[word], depth)
        return made

    def _within(self, word: str, value: JsonValue, depth: int) -> JsonValue:
        if isinstance(value, dict) and word in ONE:
            return self._opened(value, depth + 1)
        if isinstance(value, list) and word in SEVERAL:
            return [self._opened(item, depth + 2) if isinstance(item, dict) else item for item in value]
        if isinstance(value, dict) and word in BY_NAME:
            return {
                name: self._opened(item, depth + 2) if isinstance(item, dict) else item
                for name, item in value.items()
            }
        return value


_WORDS: Final = frozenset((*ONE, *SEVERAL, *BY_NAME))


def _joined(schema: JsonObject, beside: JsonObject) -> JsonObject:
    """A schema together with what stood beside the reference to it."""
    if not beside or beside.keys() <= _NOTES or not (schema.keys() - _NOTES):
        return {**schema, **beside}
    return {
        "allOf": [schema, *([beside] if "allOf" in beside else [])],
        **({} if "allOf" in beside else beside),
    }


def _text(schema: JsonObject) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def _measured(schemas: Mapping[str, JsonObject]) -> dict[str, _Measure]:
    graph = {name: references_in(schema) for name, schema in schemas.items()}
    recursive: set[str] = set().union(*circles(graph))
    measures: dict[str, _Measure] = {}
    for start in graph:
        waiting = [start]
        while waiting:
            name = waiting[-1]
            inlined = [other for other in graph[name] if other in graph and other not in recursive]
            missing = [other for other in inlined if other not in measures]
            if missing and name not in measures:
                waiting.extend(missing)
                continue
            waiting.pop()
            if name not in measures:
                size = len(_text(schemas[name])) + sum(measures[other].size for other in inlined)
                depth = _depth(schemas[name]) + max((measures[other].depth for other in inlined), default=0)
                measures[name] = _Measure(min(size, _MAX_SIZE), depth, name in recursive, tuple(graph[name]))
    return measures


def _depth(value: JsonValue) -> int:
    depth = 0
    level: list[JsonValue] = [value]
    while level:
        depth += 1
        level = [
            item
            for parent in level
            for item in (
                parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ()
            )
            if isinstance(item, (dict, list))
        ]
    return depth

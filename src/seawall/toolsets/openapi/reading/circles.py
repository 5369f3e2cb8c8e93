"""Definitions that contain themselves without a step into the value, which no validator can finish.

The usual one is inheritance: `Pet` is one of `Cat` and `Dog`, and `Cat` is all of `Pet` and more. What `Cat` means is
`Pet` without the choice, so that becomes a definition of its own. Other circles are cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from seawall.toolsets.openapi.reading.faults import FaultLog, shown
from seawall.toolsets.openapi.reading.structure import circles, reference_of, references_in, subschemas
from seawall.types import JsonObject, JsonValue

__all__ = ["break_circles"]

_MAX_WAYS: Final = (
    20_000  # schemas that one value is judged by in place; choices of choices multiply without end
)
_CHOICES: Final = ("oneOf", "anyOf")


def break_circles(definitions: dict[str, JsonObject], fresh: Callable[[str], str], faults: FaultLog) -> None:
    """Change the definitions in place so that each ends; `fresh` gives a free name made of another."""
    for members in circles(_graph(definitions)):
        _separate_bases(definitions, members, fresh)
    for members in circles(_graph(definitions)):
        for name in sorted(members):
            _cut(definitions[name], members)
            faults.add("", f"the schema {shown(name)} contains itself without end; the circle was cut")
    _cut_explosions(definitions, faults)


def _graph(definitions: dict[str, JsonObject]) -> dict[str, list[str]]:
    return {name: references_in(schema, in_place=True) for name, schema in definitions.items()}


def _separate_bases(
    definitions: dict[str, JsonObject], members: set[str], fresh: Callable[[str], str]
) -> None:
    bases: dict[str, str] = {}
    for name in sorted(members):
        schema = definitions[name]
        choices: JsonObject = {word: schema[word] for word in _CHOICES if word in schema}
        if members.intersection(references_in(choices, in_place=True)):
            bases[name] = fresh(f"{name}.base")
            definitions[bases[name]] = {word: value for word, value in schema.items() if word not in _CHOICES}
    for name in [*members, *bases.values()]:
        _point_to_bases(definitions[name], bases)


def _point_to_bases(schema: JsonObject, bases: dict[str, str]) -> None:
    parts = schema.get("allOf")
    if isinstance(parts, list):
        schema["allOf"] = [_pointed(part, bases) for part in parts]
    for inner in subschemas(schema, in_place=True):
        _point_to_bases(inner, bases)


def _pointed(part: JsonValue, bases: dict[str, str]) -> JsonValue:
    name = reference_of(part) if isinstance(part, dict) else None
    return {**part, "$ref": f"#/$defs/{bases[name]}"} if isinstance(part, dict) and name in bases else part


def _cut(schema: JsonObject, members: set[str]) -> None:
    if reference_of(schema) in members:
        del schema["$ref"]
    for word in ("allOf", *_CHOICES):
        parts = schema.get(word)
        if isinstance(parts, list):
            kept = [part for part in parts if not (isinstance(part, dict) and reference_of(part) in members)]
            if kept:
                schema[word] = kept
            else:
                del schema[word]
    for inner in subschemas(schema, in_place=True):
        _cut(inner, members)


def _cut_explosions(definitions: dict[str, JsonObject], faults: FaultLog) -> None:
    graph = _graph(definitions)
    ways: dict[str, int] = {}
    for start in graph:
        waiting = [start]
        while waiting:
            name = waiting[-1]
            missing = [other for other in graph[name] if other in graph and other not in ways]
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            ways[name] = 1 + sum(ways.get(other, 0) for other in graph[name])
            if ways[name] > _MAX_WAYS:
                ways[name] = 1
                definitions[name].clear()
                faults.add(
                    "", f"the schema {shown(name)} has too many choices of choices; anything is allowed"
                )

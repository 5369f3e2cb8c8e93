"""The shape of 2020-12 schemas: where schemas stand within schemas, which refer to which, and which in circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seawall.types import JsonObject, JsonValue

__all__ = ["BY_NAME", "ONE", "SEVERAL", "circles", "reference_of", "references_in", "subschemas"]

ONE: Final = (
    *("items", "additionalProperties", "not", "if", "then", "else"),
    *("contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
)
SEVERAL: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
BY_NAME: Final = ("properties", "patternProperties", "dependentSchemas")
_IN_PLACE_ONE: Final = ("not", "if", "then", "else")
_IN_PLACE_SEVERAL: Final = ("allOf", "anyOf", "oneOf")
_PREFIX: Final = "#/$defs/"


def reference_of(schema: Mapping[str, JsonValue]) -> str | None:
    """The name of the definition that the schema refers to, or None."""
    reference = schema.get("$ref")
    return (
        reference.removeprefix(_PREFIX)
        if isinstance(reference, str) and reference.startswith(_PREFIX)
        else None
    )


def subschemas(schema: Mapping[str, JsonValue], *, in_place: bool = False) -> Iterator[JsonObject]:
    """The schemas directly within; with `in_place` those only that judge the same value as the schema itself."""
    for word in _IN_PLACE_ONE if in_place else ONE:
        if isinstance(value := schema.get(word), dict):
            yield value
    for word in _IN_PLACE_SEVERAL if in_place else SEVERAL:
        if isinstance(values := schema.get(word), list):
            yield from (value for value in values if isinstance(value, dict))
    for word in ("dependentSchemas",) if in_place else BY_NAME:
        if isinstance(named := schema.get(word), dict):
            yield from (value for value in named.values() if isinstance(value, dict))


def references_in(schema: JsonObject, *, in_place: bool = False) -> list[str]:
    """The names of definitions that the schema refers to anywhere, as often as it does."""
    names = []
    waiting = [schema]
    while waiting:
        item = waiting.pop()
        name = reference_of(item)
        if name is not None:
            names.append(name)
        waiting.extend(subschemas(item, in_place=in_place))
    return names


def circles(graph: Mapping[str, Sequence[str]]) -> list[set[str]]:
    """The sets of nodes that can reach each other, where a node alone counts when it leads to itself.

    Tarjan's algorithm (SIAM Journal on Computing 1, 1972), without recursion.
    """
    state = _Tarjan(graph)
    for node in graph:
        if node not in state.order:
            state.visit(node)
    return state.found


class _Tarjan:
    def __init__(self, graph: Mapping[str, Sequence[str]]) -> None:
        self.graph = graph
        self.order: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.stack: list[str] = []
        self.on_stack: set[str] = set()
        self.found: list[set[str]] = []

    def visit(self, start: str) -> None:
        way = [(start, self._enter(start))]
        while way:
            node, following = way[-1]
            further = next(
                (other for other in following if other in self.graph and self._is_open(node, other)), None
            )
            if further is not None:
                way.append((further, self._enter(further)))
                continue
            way.pop()
            if way:
                self.low[way[-1][0]] = min(self.low[way[-1][0]], self.low[node])
            if self.low[node] == self.order[node]:
                self._close(node)

    def _enter(self, node: str) -> Iterator[str]:
        self.order[node] = self.low[node] = len(self.order)
        self.stack.append(node)
        self.on_stack.add(node)
        return iter(self.graph[node])

    def _is_open(self, node: str, other: str) -> bool:
        """Whether the other one was never visited; else what it knows is taken over."""
        if other not in self.order:
            return True
        if other in self.on_stack:
            self.low[node] = min(self.low[node], self.order[other])
        return False

    def _close(self, node: str) -> None:
        members: set[str] = set()
        while node not in members:
            member = self.stack.pop()
            self.on_stack.discard(member)
            members.add(member)
        if len(members) > 1 or node in self.graph[node]:
            self.found.append(members)

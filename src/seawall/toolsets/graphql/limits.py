"""The form of a query, counted before anything else is done with it, and the limits that it must keep.

Text is small and answers are not: a few fragments that spread each other twice make a million fields, and four
connections of a hundred items within each other a hundred million objects. So a document is measured in two steps.
Its form alone comes first, since validating takes time that grows with the square of what fragments expand to. Then,
with the schema and the variables of the call, the objects of the answer are estimated (`cost`).

Every fragment is measured once, so measuring takes time that grows with the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from graphql import language as ast

from seawall.toolsets.graphql.fragments import fragments_of
from seawall.toolsets.graphql.sizes import ENOUGH, counted

__all__ = ["Form", "Limits", "form_of"]

_TELLING: Final = frozenset({"__schema", "__type", "_service"})  # Apollo Federation 2: `_service { sdl }`
_MOST_FIELDS: Final = 1000  # with every fragment in place: validating takes time by the square of them


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may ask for; `QueryLimits` of the blueprint says what each means."""

    size: int = 16 * 1024
    depth: int = 12
    aliases: int = 15
    breadth: int = 60
    list_size: int = 100
    assumed_list_size: int = 20
    cost: int = 5000


@dataclass(frozen=True, slots=True)
class Form:
    """What can be counted without a schema, with every fragment in place.

    Attributes:
        depth: levels of fields.
        aliases: fields under another name.
        breadth: fields in the widest selection.
        fields: fields in all.
        introspects: whether `__schema` or `__type` is asked for, or `_service`, with which subgraphs tell the same.
        circle: the names of fragments that spread each other in a circle; empty when none do.
    """

    depth: int = 0
    aliases: int = 0
    breadth: int = 0
    fields: int = 0
    introspects: bool = False
    circle: tuple[str, ...] = ()

    def faults(self, limits: Limits) -> Iterator[str]:
        """What is too much, one clause each."""
        if self.circle:
            yield f"the fragments {' and '.join(self.circle)} spread each other in a circle"
        if self.introspects:
            yield "`__schema` and `__type` cannot be asked for; search and describe the schema with the tools for that"
        for count, most, words in (
            (self.depth, limits.depth, "levels of fields"),
            (self.aliases, limits.aliases, "aliases"),
            (self.breadth, limits.breadth, "fields beside each other"),
            (self.fields, _MOST_FIELDS, "fields in all"),
        ):
            if count > most:
                yield f"it has {counted(count)} {words}, more than the {most} that are allowed"


class _CircleError(Exception):
    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names)
        self.names = names


@dataclass(frozen=True, slots=True)
class _Part:
    """Of one selection set: `beside` are the fields that stand beside each other in it, `fields` all of them."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    beside: int = 0
    breadth: int = 0
    introspects: bool = False


def form_of(document: ast.DocumentNode) -> Form:
    """The form of the whole document; it need not be valid."""
    fragments = fragments_of(document)
    measuring = _Measuring(fragments)
    try:
        parts = [
            measuring.selection(each.selection_set)
            for each in document.definitions
            if isinstance(each, ast.OperationDefinitionNode)
        ]
        parts += [measuring.fragment(name) for name in fragments]
    except _CircleError as error:
        return Form(circle=error.names)
    return Form(
        depth=max((each.depth for each in parts), default=0),
        aliases=max((each.aliases for each in parts), default=0),
        breadth=max((each.breadth for each in parts), default=0),
        fields=max((each.fields for each in parts), default=0),
        introspects=any(each.introspects for each in parts),
    )


class _Measuring:
    def __init__(self, fragments: Mapping[str, ast.FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, _Part] = {}
        self._open: list[str] = []

    def fragment(self, name: str) -> _Part:
        if name in self._open:
            raise _CircleError(tuple(self._open[self._open.index(name) :]))
        if name not in self._known and name in self._fragments:
            self._open.append(name)
            self._known[name] = self.selection(self._fragments[name].selection_set)
            self._open.pop()
        return self._known.get(name, _Part())

    def selection(self, selection: ast.SelectionSetNode) -> _Part:
        depth = aliases = fields = beside = breadth = 0
        introspects = False
        for node in selection.selections:
            part = self._one(node)
            depth, breadth = max(depth, part.depth), max(breadth, part.breadth)
            aliases, fields = min(aliases + part.aliases, ENOUGH), min(fields + part.fields, ENOUGH)
            beside = min(beside + part.beside, ENOUGH)
            introspects = introspects or part.introspects
        return _Part(depth, aliases, fields, beside, max(breadth, beside), introspects)

    def _one(self, node: ast.SelectionNode) -> _Part:
        if isinstance(node, ast.FragmentSpreadNode):
            return self.fragment(node.name.value)
        if isinstance(node, ast.InlineFragmentNode):
            return self.selection(node.selection_set)
        field = cast("ast.FieldNode", node)
        within = self.selection(field.selection_set) if field.selection_set else _Part()
        introspects = field.name.value in _TELLING
        return _Part(
            within.depth + 1,
            within.aliases + (field.alias is not None),
            within.fields + 1,
            1,
            within.breadth,
            introspects or within.introspects,
        )

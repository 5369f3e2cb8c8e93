"""A schema in words for a model: one line a field, and a search over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    print_ast,
)
from graphql.type import get_named_type, is_specified_scalar_type

from seawall.toolsets.cleaning import clean_line
from seawall.toolsets.discovery.index import Index
from seawall.toolsets.discovery.words import stem, words
from seawall.toolsets.interface import Hints
from seawall.toolsets.outline import Outline

__all__ = ["Described", "SchemaGuide"]

_SHORT: Final = 160  # characters of what is said of one thing
_MANY: Final = 8  # names that one line lists
_READS: Final = Hints(read_only=True, destructive=False, idempotent=True, open_world=True)


@dataclass(frozen=True, slots=True)
class Described:
    """A type: a line on itself, and one on each of its members."""

    head: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """What is said of a field or a type that was found; of a type, the members that were meant come first."""

    head: str
    members: Mapping[str, str] | None = None

    def told(self, asked: frozenset[str]) -> str:
        if not self.members:
            return self.head
        meant = sorted(self.members, key=lambda name: -_likeness(frozenset(map(stem, words(name))), asked))
        listed = ", ".join(self.members[name] for name in meant[:_MANY])
        return f"{self.head} [{listed}{', …' if len(meant) > _MANY else ''}]"


class SchemaGuide:
    """What can be found out about a schema. Made when it is first needed: a large one has ten thousand fields."""

    def __init__(self, schema: GraphQLSchema, *, mutations: bool) -> None:
        """Args: schema: without what is private. mutations: whether those can be called."""
        self._schema = schema
        self._roots = [
            each
            for each in (schema.query_type, schema.mutation_type if mutations else None)
            if each is not None
        ]
        self._known: dict[str, GraphQLNamedType] | None = None
        self._found: list[_Line] = []
        self._index: Index | None = None

    def search(self, query: str) -> Sequence[str]:
        """Lines on fields and types that fit, best first."""
        if self._index is None:
            lines = list(self._lines())
            self._found = [line for _, line in lines]
            self._index = Index([outline for outline, _ in lines])
        asked = frozenset(map(stem, words(query)))
        return [self._found[number].told(asked) for number in self._index.best(query)]

    def type(self, name: str) -> Described | None:
        """The type of that name; None when there is none."""
        found = self._types().get(name)
        return None if found is None else Described(_head(found), tuple(self._members(found)))

    def names(self) -> Sequence[str]:
        """The names of all types."""
        return list(self._types())

    def _types(self) -> Mapping[str, GraphQLNamedType]:
        """Every type that a query can come upon, in the order of the schema."""
        if self._known is None:
            seen: set[str] = set()
            open_ones: list[GraphQLNamedType] = list(self._roots)
            while open_ones:
                type_ = open_ones.pop()
                if type_.name not in seen:
                    seen.add(type_.name)
                    open_ones.extend(self._beyond(type_))
            self._known = {
                name: each
                for name, each in self._schema.type_map.items()
                if name in seen and not name.startswith("__")
            }
        return self._known

    def _beyond(self, type_: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
        for each in getattr(type_, "fields", {}).values():
            yield get_named_type(each.type)
            yield from (get_named_type(one.type) for one in getattr(each, "args", {}).values())
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            yield from self._schema.get_possible_types(type_)
        yield from getattr(type_, "interfaces", ())

    def _lines(self) -> Iterator[tuple[Outline, _Line]]:
        for root in self._roots:
            for name, field in root.fields.items():
                line = _Line(f"{root.name}.{_field(name, field)}")
                yield _outline(f"{root.name}.{name}", name, field.description, tuple(field.args)), line
        for name, type_ in self._types().items():
            if type_ in self._roots or is_specified_scalar_type(type_):
                continue
            members = {
                key: f"{key}: {each.type}" if hasattr(each, "type") else key
                for key, each in (
                    getattr(type_, "fields", None) or getattr(type_, "values", None) or {}
                ).items()
            }
            line = _Line(_head(type_), members)
            yield _outline(name, name, type_.description, tuple(members)), line

    def _members(self, type_: GraphQLNamedType) -> Iterator[str]:
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            yield from (_field(name, each) for name, each in type_.fields.items())
            if implemented := [each.name for each in type_.interfaces]:
                yield f"... is a: {', '.join(implemented)}"
            if isinstance(type_, GraphQLInterfaceType):
                yield f"... is one of: {_listed(self._schema.get_possible_types(type_))}"
        elif isinstance(type_, GraphQLInputObjectType):
            yield from (_input(name, each) for name, each in type_.fields.items())
        elif isinstance(type_, GraphQLEnumType):
            yield from (f"{name}{_said(each.description)}" for name, each in type_.values.items())
        elif isinstance(type_, GraphQLUnionType):
            yield from (each.name for each in type_.types)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)


def _outline(name: str, title: str, description: str | None, arguments: tuple[str, ...]) -> Outline:
    return Outline(name, title, description or "", _READS, arguments=arguments)


def _head(type_: GraphQLNamedType) -> str:
    word = {
        GraphQLObjectType: "type",
        GraphQLInterfaceType: "interface",
        GraphQLInputObjectType: "input",
        GraphQLEnumType: "enum",
        GraphQLUnionType: "union",
    }.get(type(type_), "scalar")
    return f"{word} {type_.name}{_said(type_.description)}"


def _field(name: str, field: GraphQLField) -> str:
    arguments = ", ".join(_argument(key, each) for key, each in field.args.items())
    deprecated = " (deprecated)" if field.deprecation_reason is not None else ""
    return (
        f"{name}{f'({arguments})' if arguments else ''}: {field.type}{deprecated}{_said(field.description)}"
    )


def _argument(name: str, each: GraphQLArgument | GraphQLInputField) -> str:
    default = None if each.ast_node is None else each.ast_node.default_value
    return f"{name}: {each.type}{f' = {clean_line(print_ast(default))}' if default is not None else ''}"


def _input(name: str, field: GraphQLInputField) -> str:
    return f"{_argument(name, field)}{_said(field.description)}"


def _said(text: str | None) -> str:
    said = " ".join((text or "").split())
    if len(said) > _SHORT:
        said = f"{said[: _SHORT - 1].rsplit(' ', 1)[0]}…"
    return f"  # {said}" if said else ""


def _listed(types: Sequence[GraphQLObjectType]) -> str:
    names = [each.name for each in types]
    return ", ".join(names[:40]) + (", …" if len(names) > 40 else "")  # noqa: PLR2004  of one line

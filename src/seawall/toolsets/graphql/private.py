"""Fields that are kept from the model: which they are, and how they leave schemas and answers.

A field is private by `@private` in the schema or in an operation, or by the blueprint. One with `@private` in an
operation is still asked for, without the directive: a service does not know it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Final, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)
from graphql import language as ast
from graphql.language import DirectiveNode, DocumentNode, FieldNode, Node, Visitor, visit
from graphql.type import get_named_type

from seawall.types import JsonValue

__all__ = ["Kept", "Private", "is_private", "private_of", "without_directive"]

_NAME: Final = "private"
_SERVICE: Final = (
    "_service"  # Apollo Federation 2, subgraph specification: `_service { sdl }` tells the schema
)
_Named = TypeVar("_Named", bound=GraphQLNamedType)


def is_private(node: Node | None) -> bool:
    """Whether `@private` stands at the node."""
    directives: Sequence[DirectiveNode] = getattr(node, "directives", None) or ()
    return any(each.name.value == _NAME for each in directives)


class Private:
    """What of a schema is private, by `Type.field`."""

    def __init__(self, fields: Iterable[tuple[str, str]], types: Iterable[str]) -> None:
        self._fields = frozenset(fields)
        self._types = frozenset(types)

    def __bool__(self) -> bool:
        return bool(self._fields or self._types)

    def has(self, type_: GraphQLNamedType, name: str) -> bool:
        """Whether the field of the type is private, or of a private type, or gives one."""
        if type_.name in self._types or (type_.name, name) in self._fields:
            return True
        found = getattr(type_, "fields", {}).get(name)
        return found is not None and get_named_type(found.type).name in self._types

    def hides_input(self, each: GraphQLArgument | GraphQLInputField) -> bool:
        """Whether the argument, or member of an input object, is private by itself or by its type."""
        return is_private(each.ast_node) or get_named_type(each.type).name in self._types

    def without(self, schema: GraphQLSchema) -> GraphQLSchema:
        """A schema that knows nothing of all this, nor of `_service`. The types that both have are changed for good."""
        query = schema.query_type
        told = None if query is None else query.fields.get(_SERVICE)
        if (
            query is not None
            and told is not None
            and "sdl" in getattr(get_named_type(told.type), "fields", {})
        ):
            del query.fields[_SERVICE]
        if not self:
            return schema
        for type_ in schema.type_map.values():
            self._strip(type_)
        kept = [
            each
            for name, each in schema.type_map.items()
            if name not in self._types and not name.startswith("__")
        ]
        made: dict[str, Any] = {**schema.to_kwargs(), "types": kept, "assume_valid": True}
        return GraphQLSchema(**made)

    def _strip(self, type_: GraphQLNamedType) -> None:
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            members: dict[str, Any] = type_.fields
            for name in [each for each in members if self.has(type_, each)]:
                del members[name]
            for each in members.values():
                arguments: dict[str, Any] = getattr(each, "args", {})
                for name in [name for name, one in arguments.items() if self.hides_input(one)]:
                    del arguments[name]
        changing: Any = type_
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            changing.interfaces = self._shown(type_.interfaces)
        elif isinstance(type_, GraphQLUnionType):
            changing.types = self._shown(type_.types)

    def _shown(self, types: Iterable[_Named]) -> tuple[_Named, ...]:
        return tuple(each for each in types if each.name not in self._types)


def private_of(schema: GraphQLSchema, patterns: Sequence[str]) -> tuple[Private, Sequence[str]]:
    """What is private, and the patterns that match nothing.

    An interface shows what its implementations have, and they what it has: a field that is private in one of them is
    private in it, and one that is private in it is private in all of them.
    """
    fields: set[tuple[str, str]] = set()
    types: set[str] = set()
    unmatched = dict.fromkeys(patterns)
    for type_ in schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        by_type = [each for each in patterns if "." not in each and fnmatchcase(type_.name, each)]
        if by_type or is_private(type_.ast_node):
            types.add(type_.name)
        for each in by_type:
            unmatched.pop(each, None)
        for name, one in getattr(type_, "fields", {}).items():
            matching = [
                each for each in patterns if "." in each and fnmatchcase(f"{type_.name}.{name}", each)
            ]
            if matching or is_private(one.ast_node):
                fields.add((type_.name, name))
            for each in matching:
                unmatched.pop(each, None)
    return Private([*fields, *_of_relatives(schema, fields)], types), tuple(unmatched)


def _of_relatives(schema: GraphQLSchema, fields: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for owner, name in fields:
        type_ = schema.type_map.get(owner)
        for each in getattr(type_, "interfaces", ()):
            if name in each.fields:
                yield each.name, name
        if isinstance(type_, GraphQLInterfaceType):
            found = schema.get_implementations(type_)
            for implementing in (*found.objects, *found.interfaces):
                yield implementing.name, name


def without_directive(document: DocumentNode) -> DocumentNode:
    """The document as a service takes it: without `@private` at fields. Anywhere else it stays, and is no valid one."""

    class Clean(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> FieldNode | None:
            if not is_private(node):
                return None
            return replace(
                node, directives=tuple(each for each in node.directives or () if each.name.value != _NAME)
            )

    found = visit(document, Clean())
    return found if isinstance(found, DocumentNode) else document


@dataclass(slots=True)
class Kept:
    """What of an answer is kept from the model, as a tree of its keys.

    Attributes:
        whole: the keys whose values are.
        within: the keys in whose values something is.
    """

    whole: set[str] = field(default_factory=set)
    within: dict[str, Kept] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.whole or self.within)

    @classmethod
    def of(
        cls,
        selection: ast.SelectionSetNode,
        parent: GraphQLNamedType,
        fragments: Mapping[str, ast.FragmentDefinitionNode],
        *,
        schema: GraphQLSchema,
        private: Private,
    ) -> Kept:
        """Of what a selection asks for. The document was validated, and has its directives still."""
        kept = cls()
        kept._add(selection, parent, fragments, schema, private)
        return kept

    def _add(
        self,
        selection: ast.SelectionSetNode,
        parent: GraphQLNamedType,
        fragments: Mapping[str, ast.FragmentDefinitionNode],
        schema: GraphQLSchema,
        private: Private,
    ) -> None:
        for node in selection.selections:
            if isinstance(node, FieldNode):
                self._add_field(node, parent, fragments, schema, private)
                continue
            if isinstance(node, ast.FragmentSpreadNode):
                fragment: Any = fragments[node.name.value]
            else:
                fragment = node
            condition = fragment.type_condition
            inner = schema.type_map.get(condition.name.value, parent) if condition else parent
            self._add(fragment.selection_set, inner, fragments, schema, private)

    def _add_field(
        self,
        node: FieldNode,
        parent: GraphQLNamedType,
        fragments: Mapping[str, ast.FragmentDefinitionNode],
        schema: GraphQLSchema,
        private: Private,
    ) -> None:
        key = (node.alias or node.name).value
        if is_private(node) or private.has(parent, node.name.value):
            self.whole.add(key)
            return
        found = getattr(parent, "fields", {}).get(node.name.value)
        if node.selection_set is not None and found is not None:
            below = self.within.pop(key, None) or Kept()
            inner = get_named_type(found.type)
            below._add(node.selection_set, inner, fragments, schema, private)  # noqa: SLF001  its own class
            if below:
                self.within[key] = below

    def stripped(self, value: JsonValue) -> JsonValue:
        """The value without what is kept."""
        if isinstance(value, list):
            return [self.stripped(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            key: self.within[key].stripped(each) if key in self.within else each
            for key, each in value.items()
            if key not in self.whole
        }

    def holds(self, path: Sequence[JsonValue]) -> bool:
        """Whether the path of an error leads to something that is kept."""
        here: Kept | None = self
        for key in path:
            if here is None:
                return False
            if isinstance(key, str):
                if key in here.whole:
                    return True
                here = here.within.get(key)
        return False

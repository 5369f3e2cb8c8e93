"""Pages of Relay's connections (GraphQL Cursor Connections Specification): one argument `next` instead of cursors.

Of an operation, the first connection that is not within a list is the one whose pages are turned. Where the operation
asks for no `pageInfo` and takes no cursor, both are added to what is sent, and taken out of the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    get_nullable_type,
    parse_type,
)
from graphql import language as ast
from graphql.language import DocumentNode, FieldNode, Visitor, visit
from graphql.type import get_named_type, is_list_type

from seawall.toolsets.graphql.fragments import fragments_of
from seawall.types import JsonValue

__all__ = ["Paged", "paged"]

_CURSOR: Final = "seawallCursor"
_PAGE_INFO: Final = "seawallPageInfo"
_DEEPEST: Final = 12


@dataclass(frozen=True, slots=True)
class Paged:
    """An operation whose pages can be turned.

    Attributes:
        document: as it is sent.
        variable: the one that says after which cursor a page begins.
        path: the keys of an answer's data that lead to the connection.
        more: the field of `pageInfo` that says whether there is another page.
        cursor: the one that says where it begins.
    """

    document: DocumentNode
    variable: str
    path: tuple[str, ...]
    more: str
    cursor: str

    def taken(self, data: JsonValue) -> str | None:
        """The cursor of the next page, or None. Takes what was added out of the data."""
        here = data
        for key in self.path:
            here = here.get(key) if isinstance(here, dict) else None
        if not isinstance(here, dict):
            return None
        info = here.pop(_PAGE_INFO, None)
        if not isinstance(info, dict) or info.get(self.more) is not True:
            return None
        found = info.get(self.cursor)
        return found if isinstance(found, str) and found else None


@dataclass(frozen=True, slots=True)
class _Found:
    node: FieldNode
    path: tuple[str, ...]
    argument: str
    given: ast.ValueNode | None
    field: GraphQLField


def paged(
    document: DocumentNode, operation: ast.OperationDefinitionNode, schema: GraphQLSchema
) -> Paged | None:
    """The operation with its pages; None when it has none that could be turned. It was validated."""
    fragments = fragments_of(document)
    root = schema.get_root_type(operation.operation)
    if root is None or operation.operation is not ast.OperationType.QUERY:
        return None
    optional = {
        each.variable.name.value
        for each in operation.variable_definitions or ()
        if not isinstance(each.type, ast.NonNullTypeNode)
    }
    search = _Search(operation, fragments, schema, optional)
    found = sorted(search.connections(operation.selection_set, root, ()), key=lambda each: each.given is None)
    if not found:
        return None
    return _with_pages(document, operation, found[0])


class _Search:
    def __init__(
        self,
        operation: ast.OperationDefinitionNode,
        fragments: Mapping[str, ast.FragmentDefinitionNode],
        schema: GraphQLSchema,
        optional: set[str],
    ) -> None:
        self._fragments = fragments
        self._schema = schema
        self._optional = optional
        self._spread = Counter(
            node.name.value
            for each in (operation, *fragments.values())
            for node in _spreads(each.selection_set)
        )

    def connections(
        self, selection: ast.SelectionSetNode, parent: GraphQLNamedType, path: tuple[str, ...]
    ) -> Iterator[_Found]:
        """Those that are not within a list, in the order of the document."""
        if len(path) > _DEEPEST:
            return
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield from self._of_field(node, parent, path)
            elif isinstance(node, ast.InlineFragmentNode):
                condition = node.type_condition
                inner = self._schema.type_map[condition.name.value] if condition else parent
                yield from self.connections(node.selection_set, inner, path)
            elif isinstance(node, ast.FragmentSpreadNode) and self._spread[node.name.value] == 1:
                fragment = self._fragments[node.name.value]
                inner = self._schema.type_map[fragment.type_condition.name.value]
                yield from self.connections(fragment.selection_set, inner, path)

    def _of_field(self, node: FieldNode, parent: GraphQLNamedType, path: tuple[str, ...]) -> Iterator[_Found]:
        field = getattr(parent, "fields", {}).get(node.name.value)
        if field is None or node.selection_set is None or is_list_type(get_nullable_type(field.type)):
            return
        here = (*path, (node.alias or node.name).value)
        inner = get_named_type(field.type)
        if found := self._as_connection(node, field, inner, here):
            yield found
        yield from self.connections(node.selection_set, inner, here)

    def _as_connection(
        self,
        node: FieldNode,
        field: GraphQLField,
        inner: GraphQLNamedType,
        path: tuple[str, ...],
    ) -> _Found | None:
        info = getattr(inner, "fields", {}).get("pageInfo")
        if info is None:
            return None
        given = {each.name.value: each.value for each in node.arguments or ()}
        argument = "before" if "last" in given and "first" not in given else "after"
        wanted = ("hasNextPage", "endCursor") if argument == "after" else ("hasPreviousPage", "startCursor")
        members = getattr(get_named_type(info.type), "fields", {})
        value = given.get(argument)
        usable = value is None or (isinstance(value, ast.VariableNode) and value.name.value in self._optional)
        if argument not in field.args or not all(each in members for each in wanted) or not usable:
            return None
        if isinstance(field.args[argument].type, GraphQLNonNull):
            return None
        return _Found(node, path, argument, value, field)


def _with_pages(document: DocumentNode, operation: ast.OperationDefinitionNode, found: _Found) -> Paged:
    backward = found.argument == "before"
    more, cursor = ("hasPreviousPage", "startCursor") if backward else ("hasNextPage", "endCursor")
    added: tuple[ast.ArgumentNode, ...] = ()
    variable = found.given.name.value if isinstance(found.given, ast.VariableNode) else _CURSOR
    if found.given is None:
        value = ast.VariableNode(name=ast.NameNode(value=variable))
        added = (ast.ArgumentNode(name=ast.NameNode(value=found.argument), value=value),)
    info = FieldNode(
        alias=ast.NameNode(value=_PAGE_INFO),
        name=ast.NameNode(value="pageInfo"),
        arguments=(),
        directives=(),
        selection_set=_selection(more, cursor),
    )

    class Adding(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> FieldNode | None:
            if node is not found.node:
                return None
            selection = cast("ast.SelectionSetNode", node.selection_set)
            return replace(
                node,
                arguments=(*(node.arguments or ()), *added),
                selection_set=replace(selection, selections=(*selection.selections, info)),
            )

        def enter_operation_definition(
            self, node: ast.OperationDefinitionNode, *_: object
        ) -> ast.OperationDefinitionNode | None:
            if node is not operation or not added:
                return None
            definition = ast.VariableDefinitionNode(
                variable=ast.VariableNode(name=ast.NameNode(value=variable)),
                type=cast("Any", parse_type(str(found.field.args[found.argument].type))),
                directives=(),
            )
            return replace(node, variable_definitions=(*(node.variable_definitions or ()), definition))

    sent = cast("DocumentNode", visit(document, Adding()))
    return Paged(sent, variable, found.path, more, cursor)


def _selection(*names: str) -> ast.SelectionSetNode:
    return ast.SelectionSetNode(
        selections=tuple(
            FieldNode(name=ast.NameNode(value=name), arguments=(), directives=()) for name in names
        )
    )


def _spreads(selection: ast.SelectionSetNode) -> Iterator[ast.FragmentSpreadNode]:
    for node in selection.selections:
        if isinstance(node, ast.FragmentSpreadNode):
            yield node
        below = getattr(node, "selection_set", None)
        if below is not None:
            yield from _spreads(below)

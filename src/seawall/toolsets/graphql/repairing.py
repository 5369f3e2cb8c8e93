"""Makes a schema of definitions that break its rules, by leaving out the least that has to be, and says what.

Services print schemas that their own libraries would reject: a field that is there twice, an extension of a type that
another service has. A tool for one operation must not fail for a fault in a type that the operation never sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, Final, TypeAlias

from graphql import language as ast
from graphql.language import DocumentNode, Node
from graphql.type import specified_scalar_types

from seawall.toolsets.graphql.faults import SchemaFault, place_of

__all__ = ["Repairing"]

_Member: TypeAlias = ast.FieldDefinitionNode | ast.InputValueDefinitionNode
_INPUT: Final = (ast.ScalarTypeDefinitionNode, ast.EnumTypeDefinitionNode, ast.InputObjectTypeDefinitionNode)
_OUTPUT: Final = (
    ast.ScalarTypeDefinitionNode,
    ast.EnumTypeDefinitionNode,
    ast.ObjectTypeDefinitionNode,
    ast.InterfaceTypeDefinitionNode,
    ast.UnionTypeDefinitionNode,
)
_OWN: Final = {
    ast.ObjectTypeExtensionNode: ast.ObjectTypeDefinitionNode,
    ast.InterfaceTypeExtensionNode: ast.InterfaceTypeDefinitionNode,
    ast.InputObjectTypeExtensionNode: ast.InputObjectTypeDefinitionNode,
    ast.UnionTypeExtensionNode: ast.UnionTypeDefinitionNode,
    ast.EnumTypeExtensionNode: ast.EnumTypeDefinitionNode,
    ast.ScalarTypeExtensionNode: ast.ScalarTypeDefinitionNode,
}
"""What an extension is the definition of, when there is no other."""


class Repairing:
    """One document of type definitions.

    Attributes:
        faults: what was left out, in order.
    """

    def __init__(self, document: DocumentNode) -> None:
        self.faults: list[SchemaFault] = []
        self._kinds: dict[str, type[Node]] = dict.fromkeys(
            specified_scalar_types, ast.ScalarTypeDefinitionNode
        )
        self._document = document

    def repaired(self) -> DocumentNode:
        """The document without what would keep a schema from being made of it."""
        extensions: list[ast.TypeExtensionNode] = []
        kept = list(self._first(extensions))
        kept += self._extended(extensions)
        return DocumentNode(definitions=tuple(map(self._whole, kept)))

    def _first(self, extensions: list[ast.TypeExtensionNode]) -> Iterator[ast.DefinitionNode]:
        """Every definition that is the first of its name; extensions of types are collected for later."""
        seen: set[tuple[bool, str]] = set()
        for node in self._document.definitions:
            name = _name(node)
            key = (isinstance(node, ast.DirectiveDefinitionNode), name)
            if isinstance(node, ast.TypeExtensionNode):
                extensions.append(node)
            elif isinstance(node, ast.ExecutableDefinitionNode):
                self._fault(node, "an operation is no part of a schema", "left out")
            elif isinstance(node, ast.SchemaExtensionNode):
                yield node
            elif key in seen:
                self._fault(node, f"{name or 'the schema'} is defined again", "the first one counts")
            elif not name.startswith("__"):  # those are in every schema by themselves
                seen.add(key)
                if isinstance(node, ast.TypeDefinitionNode):
                    self._kinds[name] = type(node)
                yield node

    def _extended(self, extensions: Iterable[ast.TypeExtensionNode]) -> Iterator[ast.DefinitionNode]:
        """The extensions; one of nothing becomes a definition."""
        for node in extensions:
            name = _name(node)
            if name not in self._kinds:
                made = _definition(node)
                self._fault(
                    node, f"{name} is extended and never defined", "the extension counts as its definition"
                )
                self._kinds[name] = type(made)
                yield made
            elif self._kinds[name] is not _OWN[type(node)]:
                self._fault(node, f"{name} is extended as what it is not", "left out")
            else:
                yield node

    def _whole(self, node: ast.DefinitionNode) -> ast.DefinitionNode:
        if isinstance(node, ast.SchemaDefinitionNode | ast.SchemaExtensionNode):
            roots = [each for each in node.operation_types or () if self._is(each.type, _OBJECT, each)]
            return replace(node, operation_types=tuple(roots))
        changes: dict[str, Any] = {}
        if members := getattr(node, "fields", None):
            typed = _INPUT if isinstance(node, _INPUT_OBJECTS) else _OUTPUT
            changes["fields"] = tuple(self._fields(members, typed))
        if interfaces := getattr(node, "interfaces", None):
            changes["interfaces"] = tuple(
                each for each in _once(interfaces) if self._is(each, _INTERFACE, each)
            )
        if isinstance(node, ast.UnionTypeDefinitionNode | ast.UnionTypeExtensionNode):
            changes["types"] = tuple(
                each for each in _once(node.types or ()) if self._is(each, _OBJECT, each)
            )
        if isinstance(node, ast.DirectiveDefinitionNode):
            changes["arguments"] = tuple(self._fields(node.arguments or (), _INPUT))
        return replace(node, **changes) if changes else node

    def _fields(self, members: Iterable[_Member], typed: tuple[type[Node], ...]) -> Iterator[_Member]:
        seen: set[str] = set()
        for each in members:
            name = _name(each)
            if name in seen:
                self._fault(each, f"{name} is defined again", "the first one counts")
                continue
            seen.add(name)
            if not self._is(each.type, typed, each):
                continue
            arguments = getattr(each, "arguments", None)
            kept = tuple(self._fields(arguments, _INPUT)) if arguments else ()
            less: dict[str, Any] = {"arguments": kept} if arguments and len(kept) < len(arguments) else {}
            yield replace(each, **less) if less else each

    def _is(self, reference: Node, typed: tuple[type[Node], ...], at: Node) -> bool:
        while isinstance(reference, ast.ListTypeNode | ast.NonNullTypeNode):
            reference = reference.type
        name = _name(reference)
        kind = self._kinds.get(name)
        if kind is None:
            self._fault(at, f"the type {name} is not defined", "left out")
        elif not issubclass(kind, typed):
            self._fault(at, f"the type {name} cannot stand here", "left out")
        else:
            return True
        return False

    def _fault(self, node: Node, what: str, made: str) -> None:
        self.faults.append(SchemaFault(place_of(getattr(node, "name", None) or node), f"{what}; {made}"))


_OBJECT: Final = (ast.ObjectTypeDefinitionNode,)
_INTERFACE: Final = (ast.InterfaceTypeDefinitionNode,)
_INPUT_OBJECTS: Final = (ast.InputObjectTypeDefinitionNode, ast.InputObjectTypeExtensionNode)


def _once(nodes: Iterable[ast.NamedTypeNode]) -> Sequence[ast.NamedTypeNode]:
    return tuple({each.name.value: each for each in nodes}.values())


def _name(node: Node) -> str:
    return str(getattr(getattr(node, "name", None), "value", ""))


def _definition(node: ast.TypeExtensionNode) -> ast.TypeDefinitionNode:
    shared = {each.name: getattr(node, each.name) for each in fields(node)}
    made: Callable[..., ast.TypeDefinitionNode] = _OWN[type(node)]
    return made(**shared)

"""Makes a schema of definitions that break its rules, by leaving out the least that has to be, and says what.

Services print schemas that their own libraries would reject: a field that is there twice, an extension of a type that
another service has. A tool for one operation must not fail for a fault in a type that the operation never sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Final

from graphql import language as ast
from graphql.language import DocumentNode, Node
from graphql.type import specified_scalar_types

from seawall.toolsets.graphql.faults import SchemaFault, place_of

__all__ = ["Repairing"]

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
        kept = list(self._defined())
        return DocumentNode(definitions=tuple(filter(None, map(self._whole, kept))))

    def _defined(self) -> Iterator[Node]:
        """Every definition that is the first of its name; an extension of nothing becomes one."""
        seen: set[tuple[str, str]] = set()
        later: list[Node] = []
        for node in self._document.definitions:
            name = getattr(getattr(node, "name", None), "value", "")
            family = "directive" if isinstance(node, ast.DirectiveDefinitionNode) else "type"
            if isinstance(node, ast.TypeExtensionNode):
                later.append(node)
                continue
            if isinstance(node, ast.ExecutableDefinitionNode):
                self._fault(node, "an operation is no part of a schema", "left out")
                continue
            if name.startswith("__"):
                continue
            if name or isinstance(node, ast.SchemaDefinitionNode):
                if (family, name) in seen:
                    self._fault(node, f"{name or 'the schema'} is defined again", "the first one counts")
                    continue
                seen.add((family, name))
            if isinstance(node, ast.TypeDefinitionNode):
                self._kinds[name] = type(node)
            yield node
        for node in later:
            name = node.name.value  # type: ignore[attr-defined]  every extension of a type has one
            if name not in self._kinds:
                self._fault(
                    node, f"{name} is extended and never defined", "the extension counts as its definition"
                )
                made = _definition(node)
                self._kinds[name] = type(made)
                yield made
            elif self._kinds[name] is not _OWN[type(node)]:
                self._fault(node, f"{name} is extended as what it is not", "left out")
            else:
                yield node

    def _whole(self, node: Node) -> Node | None:
        if isinstance(node, ast.SchemaDefinitionNode | ast.SchemaExtensionNode):
            roots = [each for each in node.operation_types or () if self._is(each.type, _OBJECT, each)]
            return replace(node, operation_types=tuple(roots))
        changes: dict[str, tuple[Node, ...]] = {}
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

    def _fields(self, members: Iterable[Node], typed: tuple[type[Node], ...]) -> Iterator[Node]:
        seen: set[str] = set()
        for each in members:
            name = each.name.value  # type: ignore[attr-defined]  a field or an argument
            if name in seen:
                self._fault(each, f"{name} is defined again", "the first one counts")
                continue
            seen.add(name)
            if not self._is(each.type, typed, each):  # type: ignore[attr-defined]
                continue
            arguments = getattr(each, "arguments", None)
            kept = tuple(self._fields(arguments, _INPUT)) if arguments else ()
            yield replace(each, arguments=kept) if arguments and len(kept) < len(arguments) else each

    def _is(self, reference: Node, typed: tuple[type[Node], ...], at: Node) -> bool:
        while isinstance(reference, ast.ListTypeNode | ast.NonNullTypeNode):
            reference = reference.type
        name = reference.name.value  # type: ignore[attr-defined]  a named type at last
        kind = self._kinds.get(name)
        if kind is None:
            self._fault(at, f"the type {name} is not defined", "left out")
        elif not issubclass(kind, typed):
            self._fault(at, f"the type {name} cannot stand here", "left out")
        else:
            return True
        return False

    def _fault(self, node: Node, what: str, made: str) -> None:
        self.faults.append(SchemaFault(place_of(node), f"{what}; {made}"))


_OBJECT: Final = (ast.ObjectTypeDefinitionNode,)
_INTERFACE: Final = (ast.InterfaceTypeDefinitionNode,)
_INPUT_OBJECTS: Final = (ast.InputObjectTypeDefinitionNode, ast.InputObjectTypeExtensionNode)


def _once(nodes: Iterable[ast.NamedTypeNode]) -> Sequence[ast.NamedTypeNode]:
    return tuple({each.name.value: each for each in nodes}.values())


def _definition(node: ast.TypeExtensionNode) -> ast.TypeDefinitionNode:
    shared = {each.name: getattr(node, each.name) for each in fields(node)}
    return _OWN[type(node)](**shared)

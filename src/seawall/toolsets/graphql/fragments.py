"""Fragments: those of a document, and those that a definition needs."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import language as ast

__all__ = ["fragments_of", "needed_fragments"]


def fragments_of(document: ast.DocumentNode) -> dict[str, ast.FragmentDefinitionNode]:
    """All of the document, by name."""
    return {
        each.name.value: each for each in document.definitions if isinstance(each, ast.FragmentDefinitionNode)
    }


def needed_fragments(
    node: ast.Node, known: Mapping[str, ast.FragmentDefinitionNode]
) -> dict[str, ast.FragmentDefinitionNode]:
    """The fragments that a definition spreads, and those that these spread; unknown ones are left out."""
    found: dict[str, ast.FragmentDefinitionNode] = {}
    open_ones = [getattr(node, "selection_set", None)]
    while open_ones:
        selection = open_ones.pop()
        for each in selection.selections if selection is not None else ():
            if isinstance(each, ast.FragmentSpreadNode):
                fragment = known.get(each.name.value)
                if fragment is not None and each.name.value not in found:
                    found[each.name.value] = fragment
                    open_ones.append(fragment.selection_set)
            else:
                open_ones.append(getattr(each, "selection_set", None))
    return found

"""How many objects the answer to an operation may have, estimated before it is sent: sizes of lists multiply.

Every fragment is counted once for each length that its lists may have, so counting takes time that grows with the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from graphql import GraphQLField, GraphQLSchema
from graphql import language as ast
from graphql.type import get_named_type

from seawall.toolsets.graphql.limits import Limits
from seawall.toolsets.graphql.sizes import (
    ENOUGH,
    asked_size,
    counted,
    defaults,
    given_items,
    is_connection,
    lists_around,
)
from seawall.types import JsonObject

__all__ = ["faults_of_cost", "measured_cost"]


def measured_cost(
    operation: ast.OperationDefinitionNode,
    fragments: Mapping[str, ast.FragmentDefinitionNode],
    schema: GraphQLSchema,
    *,
    variables: JsonObject,
    assumed: int,
) -> int:
    """How many objects the answer may have: each list counts as long as it is asked to be, or as `assumed`.

    The document was validated by the schema.
    """
    root = schema.get_root_type(operation.operation)
    costing = _Costing(fragments, schema, defaults(operation) | variables, assumed)
    return 0 if root is None else costing.selection(operation.selection_set, root, None)


def faults_of_cost(cost: int, limits: Limits) -> Sequence[str]:
    """What is too much of it, one clause."""
    if cost <= limits.cost:
        return ()
    fault = (
        f"its answer may have {counted(cost)} objects, more than the {limits.cost} that are allowed: "
        "ask for shorter lists, or for less within them"
    )
    return (fault,)


class _Costing:
    def __init__(
        self,
        fragments: Mapping[str, ast.FragmentDefinitionNode],
        schema: GraphQLSchema,
        variables: JsonObject,
        assumed: int,
    ) -> None:
        self._fragments = fragments
        self._schema = schema
        self._variables = variables
        self._assumed = assumed
        self._known: dict[tuple[str, int | None], int] = {}

    def selection(self, selection: ast.SelectionSetNode, parent: object, size: int | None) -> int:
        """The cost of a selection; `size` is how long lists in it are that do not say it themselves."""
        return min(sum(self._one(node, parent, size) for node in selection.selections), ENOUGH)

    def _one(self, node: ast.SelectionNode, parent: object, size: int | None) -> int:
        if isinstance(node, ast.FragmentSpreadNode):
            name = node.name.value
            if (name, size) not in self._known:
                fragment = self._fragments[name]
                inner = self._schema.type_map[fragment.type_condition.name.value]
                self._known[name, size] = self.selection(fragment.selection_set, inner, size)
            return self._known[name, size]
        if isinstance(node, ast.InlineFragmentNode):
            condition = node.type_condition
            within = self._schema.type_map[condition.name.value] if condition else parent
            return self.selection(node.selection_set, within, size)
        return self._field(cast("ast.FieldNode", node), parent, size)

    def _field(self, node: ast.FieldNode, parent: object, size: int | None) -> int:
        found: GraphQLField | None = getattr(parent, "fields", {}).get(node.name.value)
        if found is None or node.selection_set is None:
            return 0
        asked = asked_size(node, found, self._variables)
        lists, inner = lists_around(found.type), get_named_type(found.type)
        items = given_items(node, self._variables)
        below: int | None = None
        times = 1
        if lists:
            own = asked if asked is not None else size
            times = max(self._assumed if own is None else own, items) * self._assumed ** (lists - 1)
        elif is_connection(inner) or asked is not None:
            below = max(self._assumed if asked is None else asked, items)
        elif size is not None and size > self._assumed:
            below = size  # the list may stand within another object
        return min(times * (1 + self.selection(node.selection_set, inner, below)), ENOUGH)

"""What an operation answers, as JSON Schema of its data: from its selection, as precise as the schema is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
)
from graphql import language as ast
from graphql.type import get_named_type

from seawall.toolsets.graphql.declaration import ScalarForm
from seawall.toolsets.graphql.documents import PersistedOperation
from seawall.toolsets.graphql.private import Kept
from seawall.toolsets.graphql.scalars import scalar_schema
from seawall.types import JsonObject, JsonValue

__all__ = ["answer_schema"]

_ERRORS: Final[JsonObject] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "path": {"type": "array", "items": {"type": ["string", "integer"]}},
            "code": {"type": "string"},
        },
        "required": ["message"],
    },
}


def answer_schema(
    operation: PersistedOperation, schema: GraphQLSchema, declared: Mapping[str, ScalarForm], kept: Kept
) -> JsonObject:
    """The schema of a result that was not cut, without what is kept from the model."""
    root = schema.get_root_type(operation.definition.operation)
    answers = _Answers(schema, operation.fragments, declared)
    return {
        "type": "object",
        "properties": {
            "data": answers.selected(operation.definition.selection_set, root, kept),
            "errors": _ERRORS,
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "next": {"type": "string"},
            "note": {"type": "string"},
        },
    }


class _Answers:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, ast.FragmentDefinitionNode],
        declared: Mapping[str, ScalarForm],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._declared = declared

    def selected(
        self, selection: ast.SelectionSetNode, parent: GraphQLNamedType | None, kept: Kept
    ) -> JsonObject:
        """The object that a selection gives. What depends on the type or a condition may be missing in it."""
        properties: dict[str, JsonValue] = {}
        self._add(selection, parent, kept, properties)
        return {"type": ["object", "null"], "properties": properties}

    def _add(
        self,
        selection: ast.SelectionSetNode,
        parent: GraphQLNamedType | None,
        kept: Kept,
        properties: dict[str, JsonValue],
    ) -> None:
        for node in selection.selections:
            if isinstance(node, ast.FieldNode):
                key = (node.alias or node.name).value
                field = getattr(parent, "fields", {}).get(node.name.value)
                if key in kept.whole:
                    continue
                if node.name.value == "__typename":
                    properties[key] = {"type": "string"}
                elif field is not None:
                    made = self._value(field.type, node, kept.within.get(key) or Kept())
                    properties[key] = _merged(properties.get(key), made)
                continue
            fragment: Any = (
                self._fragments[node.name.value] if isinstance(node, ast.FragmentSpreadNode) else node
            )
            condition = fragment.type_condition
            inner = self._schema.type_map.get(condition.name.value, parent) if condition else parent
            self._add(fragment.selection_set, inner, kept, properties)

    def _value(self, type_: GraphQLOutputType, node: ast.FieldNode, kept: Kept) -> JsonObject:
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, node, kept)
        if isinstance(type_, GraphQLList):
            return {"type": ["array", "null"], "items": self._value(type_.of_type, node, kept)}
        if node.selection_set is not None:
            return self.selected(node.selection_set, get_named_type(type_), kept)
        if isinstance(type_, GraphQLEnumType):
            return {"enum": [*type_.values, None]}
        found = scalar_schema(cast("GraphQLScalarType", type_), self._declared)
        kind = found.get("type")
        return {**found, "type": [kind, "null"]} if isinstance(kind, str) else found


def _merged(one: JsonValue, other: JsonObject) -> JsonObject:
    """Two selections of the same key, as one."""
    if not isinstance(one, dict):
        return other
    first, second = one.get("properties"), other.get("properties")
    if isinstance(first, dict) and isinstance(second, dict):
        return {**one, "properties": {**first, **second}}
    return one if one == other else {}

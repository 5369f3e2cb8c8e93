"""The variables of an operation as the JSON Schema of a tool's arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Final, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Undefined,
    type_from_ast,
)
from graphql.language import (
    ArgumentNode,
    DocumentNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.type import get_named_type

from seawall.toolsets.cleaning import clean_value
from seawall.toolsets.graphql.declaration import ScalarForm
from seawall.toolsets.graphql.private import Private
from seawall.toolsets.graphql.scalars import scalar_schema
from seawall.toolsets.graphql.sizes import plain
from seawall.types import JsonObject, JsonValue

__all__ = ["Arguments", "purposes"]

_DEEPEST: Final = 20  # values of a default in each other
_LONGEST: Final = 300  # characters of a description


class Arguments:
    """Makes schemas of input types. An input object that is used twice, or contains itself, stands in `$defs`."""

    def __init__(
        self, schema: GraphQLSchema, declared: Mapping[str, ScalarForm], private: Private | None = None
    ) -> None:
        """Args: private: what no schema shows, but where a call must have it."""
        self._schema = schema
        self._declared = declared
        self._private = Private((), ()) if private is None else private
        self._definitions: dict[str, JsonValue] = {}
        self._shared: frozenset[str] = frozenset()

    def schema_of(
        self,
        operation: OperationDefinitionNode,
        *,
        said: Mapping[str, str],
        hidden: Collection[str] = (),
        largest: Mapping[str, int],
    ) -> JsonObject:
        """The JSON Schema of all variables.

        Args:
            operation: validated.
            said: what each variable is for.
            hidden: variables that no caller sets.
            largest: the greatest value of those variables that say how long a list is, or most items of those that hold
                identifiers.
        """
        variables = {
            each.variable.name.value: each
            for each in operation.variable_definitions or ()
            if each.variable.name.value not in hidden
        }
        types = {name: self._type(each) for name, each in variables.items()}
        self._shared = _shared(types.values())
        properties: dict[str, JsonValue] = {}
        required: list[JsonValue] = []
        for name, node in variables.items():
            made = self._variable(types[name], node, said.get(name, ""))
            if name in largest:
                _limit(made, largest[name])
            properties[name] = made
            if isinstance(types[name], GraphQLNonNull) and node.default_value is None:
                required.append(name)
        schema: JsonObject = {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
        if self._definitions:
            schema["$defs"] = self._definitions
        return schema

    def _type(self, node: VariableDefinitionNode) -> GraphQLInputType:
        return cast("GraphQLInputType", type_from_ast(self._schema, node.type))

    def _variable(self, type_: GraphQLInputType, node: VariableDefinitionNode, said: str) -> JsonObject:
        made = self._value(type_)
        own = getattr(node, "description", None)
        if text := _short(own.value if own is not None else said):
            made["description"] = text
        if node.default_value is not None:
            made["default"] = plain(node.default_value, {})
        return made

    def _value(self, type_: GraphQLInputType) -> JsonObject:
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type)
        return _or_null(self._present(type_))

    def _present(self, type_: GraphQLInputType) -> JsonObject:
        if isinstance(type_, GraphQLList):
            return {"type": "array", "items": self._value(type_.of_type)}
        if isinstance(type_, GraphQLEnumType):
            return {"type": "string", "enum": list(type_.values)}
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_)
        return scalar_schema(cast("GraphQLScalarType", type_), self._declared)

    def _object(self, type_: GraphQLInputObjectType) -> JsonObject:
        if type_.name not in self._shared:
            return self._members(type_)
        if type_.name not in self._definitions:
            self._definitions[type_.name] = {}  # it may contain itself
            self._definitions[type_.name] = self._members(type_)
        return {"$ref": f"#/$defs/{type_.name}"}

    def _members(self, type_: GraphQLInputObjectType) -> JsonObject:
        properties: dict[str, JsonValue] = {}
        for name, each in type_.fields.items():
            if not _is_required(each) and self._is_private(type_, name, each):
                continue
            value = self._present(each.type) if type_.is_one_of else self._value(each.type)
            properties[name] = _annotated(value, each)
        made: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
        required: list[JsonValue] = [name for name, each in type_.fields.items() if _is_required(each)]
        if required:
            made["required"] = required
        if type_.is_one_of:
            made |= {"minProperties": 1, "maxProperties": 1}
        return made

    def _is_private(self, type_: GraphQLInputObjectType, name: str, each: GraphQLInputField) -> bool:
        return self._private.has(type_, name) or self._private.hides_input(each)


def purposes(document: DocumentNode, schema: GraphQLSchema) -> Mapping[str, str]:
    """What each variable is for: what the schema says of the first argument or member that takes it, or its name."""
    found: dict[str, str] = {}
    types = TypeInfo(schema)

    class Uses(Visitor):
        def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
            owner = types.get_parent_input_type()
            inner = get_named_type(owner) if owner is not None else None
            if isinstance(node.value, VariableNode) and isinstance(inner, GraphQLInputObjectType):
                member = inner.fields.get(node.name.value)
                said = "" if member is None else member.description
                found.setdefault(node.value.name.value, said or f"`{node.name.value}` of {inner.name}.")

        def enter_argument(self, node: ArgumentNode, *_: object) -> None:
            argument, field = types.get_argument(), types.get_field_def()
            if isinstance(node.value, VariableNode) and argument is not None:
                owner = types.get_directive()
                of = f"@{owner.name}" if owner is not None else _name_of(field, types)
                found.setdefault(
                    node.value.name.value, argument.description or f"`{node.name.value}` of {of}."
                )

    visit(document, TypeInfoVisitor(types, Uses()))
    return found


def _name_of(field: GraphQLField | None, types: TypeInfo) -> str:
    parent = types.get_parent_type()
    names = () if field is None or parent is None else getattr(parent, "fields", {}).items()
    return next((f"`{name}`" for name, each in names if each is field), "the field")


def _annotated(value: JsonObject, field: GraphQLInputField) -> JsonObject:
    if field.description:
        value["description"] = _short(field.description)
    if field.deprecation_reason is not None:
        value["deprecated"] = True
    if field.ast_node is not None and field.ast_node.default_value is not None:
        value["default"] = clean_value(plain(field.ast_node.default_value, {}), depth=_DEEPEST)
    return value


def _is_required(field: GraphQLInputField) -> bool:
    given = field.default_value is not Undefined or (
        field.ast_node is not None and field.ast_node.default_value is not None
    )
    return isinstance(field.type, GraphQLNonNull) and not given


def _or_null(value: JsonObject) -> JsonObject:
    kind = value.get("type")
    if isinstance(kind, str):
        made: JsonObject = {**value, "type": [kind, "null"]}
        choices = value.get("enum")
        if isinstance(choices, list):
            made["enum"] = [*choices, None]
        return made
    if "$ref" in value:
        return {"anyOf": [value, {"type": "null"}]}
    forms = value.get("anyOf")
    if isinstance(forms, list):
        return {**value, "anyOf": [*forms, {"type": "null"}]}
    return value


def _limit(value: JsonObject, largest: int) -> None:
    if "items" in value:
        value["maxItems"] = largest
        return
    least, most = value.get("minimum"), value.get("maximum")
    value["minimum"] = max(0, least) if isinstance(least, int) else 0
    value["maximum"] = min(largest, most) if isinstance(most, int) else largest


def _shared(types: Collection[GraphQLInputType] | Iterator[GraphQLInputType]) -> frozenset[str]:
    """The names of input objects that are used more than once, or within themselves."""
    uses: Counter[str] = Counter()
    open_ones = [get_named_type(each) for each in types]
    while open_ones:
        each = open_ones.pop()
        if not isinstance(each, GraphQLInputObjectType):
            continue
        uses[each.name] += 1
        if uses[each.name] == 1:
            open_ones.extend(get_named_type(field.type) for field in each.fields.values())
    return frozenset(name for name, count in uses.items() if count > 1)


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1].rsplit(' ', 1)[0]}…"

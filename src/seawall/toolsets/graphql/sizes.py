"""How long an operation asks lists to be: which arguments say it, and what they say in one call.

No schema marks these arguments, so that they are known by their names, and by what their field gives. A number in an
argument of a field that gives no list is an identifier far more often than a length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLArgument, GraphQLField, GraphQLList, GraphQLNonNull, GraphQLSchema, GraphQLType
from graphql import language as ast
from graphql.language import DocumentNode, FieldNode, Visitor, visit
from graphql.type import get_named_type, is_leaf_type
from graphql.utilities import TypeInfo, TypeInfoVisitor

from seawall.types import JsonObject, JsonValue

__all__ = [
    "ENOUGH",
    "Sized",
    "asked_size",
    "counted",
    "defaults",
    "given_items",
    "is_connection",
    "list_variables",
    "lists_around",
    "plain",
    "sized_fields",
    "too_large_lists",
]

ENOUGH: Final = 10**12
"""Beyond every limit: numbers above it are not told apart."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LENGTHS: Final = frozenset({"first", "last", "limit", "take", "perpage", "pagesize"})
_PAIRS: Final = frozenset({("per", "page"), ("page", "size"), ("page", "limit"), ("batch", "size")})
_NUMBERS: Final = frozenset(
    {
        "amount",
        "count",
        "entries",
        "items",
        "length",
        "max",
        "n",
        "num",
        "number",
        "quantity",
        "records",
        "results",
        "rows",
    }
    | {"size", "top"}
)
_PAGES: Final = frozenset({"page", "paging", "pagination", "pager", "slice", "window"})
_TEXT: Final = re.compile(
    r"\+?(?:([0-9]+(?:\.[0-9]*)?(?:e\+?[0-9]+)?)|(0x[0-9a-f]+))", re.ASCII | re.IGNORECASE
)
_LONGEST: Final = 100  # characters of a number in a text; one with more is too large anyway
_DIGITS_READ: Final = 4000  # of an integer; Python reads no more than 4,300
_CONNECTION: Final = "pageInfo"


@dataclass(frozen=True, slots=True)
class Sized:
    """A field with arguments, where it is written, and what the schema says of it."""

    node: FieldNode
    field: GraphQLField


def sized_fields(
    operation: ast.OperationDefinitionNode,
    fragments: Mapping[str, ast.FragmentDefinitionNode],
    schema: GraphQLSchema,
) -> Sequence[Sized]:
    """Every field with arguments of a validated operation, once where it is written."""
    found: list[Sized] = []
    types = TypeInfo(schema)

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            field = types.get_field_def()
            if node.arguments and field is not None:
                found.append(Sized(node, field))

    visit(DocumentNode(definitions=(operation, *fragments.values())), TypeInfoVisitor(types, Fields()))
    return found


def list_variables(fields: Sequence[Sized]) -> frozenset[str]:
    """The variables that say how long a list is, or that hold the identifiers of its items."""
    return frozenset(
        argument.value.name.value
        for each in fields
        for argument in each.node.arguments or ()
        if isinstance(argument.value, ast.VariableNode)
        and (
            _says_length(argument.name.value, each.field)
            or _identifies(each.field.args.get(argument.name.value), each.field)
        )
    )


def too_large_lists(
    fields: Sequence[Sized], *, variables: JsonObject, most: int, written: bool = True
) -> Iterator[str]:
    """Lists that are asked to be longer than `most`, one clause each.

    Args:
        fields: of the operation.
        variables: of the call, with those that the operation has defaults for.
        most: items.
        written: whether numbers count that the document itself has, beside those of the variables.
    """
    for each in fields:
        size = asked_size(each.node, each.field, variables, written=written, assume_defaults=False)
        if size is not None and size > most:
            yield (
                f"{each.node.name.value} is asked for {counted(size)} items, more than the {most} that are allowed"
            )


def asked_size(
    node: FieldNode,
    field: GraphQLField,
    variables: JsonObject,
    *,
    written: bool = True,
    assume_defaults: bool = True,
) -> int | None:
    """How many items the arguments ask for; the largest number, when several do. None when nothing says it.

    Nothing and less than nothing say nothing: some services take them for all that there is.
    """
    found: list[int] = []
    given: set[str] = set()
    for each in node.arguments or ():
        name, value = each.name.value, each.value
        if isinstance(value, ast.VariableNode) and value.name.value not in variables:
            continue
        given.add(name)
        known = plain(value, variables, written=written)
        found += _sizes(name, known, field)
        if isinstance(known, list) and _identifies(field.args.get(name), field):
            found.append(len(known))
    if assume_defaults:
        for name, argument in field.args.items():
            default = None if argument.ast_node is None else argument.ast_node.default_value
            if name not in given and default is not None:
                found += _sizes(name, plain(default, {}), field)
    return max(found, default=None)


def given_items(node: FieldNode, variables: JsonObject) -> int:
    """Items of the longest list among the arguments: a field may answer with one for each."""
    values = (plain(each.value, variables) for each in node.arguments or ())
    return max((len(each) for each in values if isinstance(each, list)), default=0)


def plain(node: ast.ValueNode, variables: JsonObject, *, written: bool = True) -> JsonValue:
    """The value as JSON; numbers beyond every limit as one that is just that. Without `written`, None for literals."""
    if isinstance(node, ast.VariableNode):
        return variables.get(node.name.value)
    if isinstance(node, ast.ListValueNode):
        return [plain(each, variables, written=written) for each in node.values]
    if isinstance(node, ast.ObjectValueNode):
        return {each.name.value: plain(each.value, variables, written=written) for each in node.fields}
    return _literal(node) if written else None


def defaults(operation: ast.OperationDefinitionNode) -> JsonObject:
    """The values of variables that a call need not give."""
    return {
        each.variable.name.value: plain(each.default_value, {})
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }


def lists_around(type_: GraphQLType) -> int:
    """How many lists are around the named type."""
    count = 0
    while isinstance(type_, GraphQLList | GraphQLNonNull):
        count += isinstance(type_, GraphQLList)
        type_ = type_.of_type
    return count


def is_connection(type_: object) -> bool:
    """Whether the type is one of Relay's connections, or near enough."""
    return _CONNECTION in getattr(type_, "fields", {})


def counted(count: int) -> str:
    """The number in words for a model."""
    return "far too many" if count >= ENOUGH else str(count)


def _literal(node: ast.ValueNode) -> JsonValue:
    if isinstance(node, ast.IntValueNode):
        return int(node.value) if len(node.value) <= _DIGITS_READ else ENOUGH
    if isinstance(node, ast.FloatValueNode):
        return float(node.value)
    value = getattr(node, "value", None)  # null has none
    return value if isinstance(value, str | bool) else None


def _sizes(name: str, value: JsonValue, field: GraphQLField) -> Iterator[int]:
    """What the value of an argument says, and every member in it that names a length."""
    if _says_length(name, field):
        yield from _count(value)
    if not isinstance(value, dict | list) or not _gives_items(field):
        return
    waiting: list[tuple[str, JsonValue]] = [(name, value)]
    while waiting:
        owner, here = waiting.pop()
        if isinstance(here, list):
            waiting += [(owner, each) for each in here]
        elif isinstance(here, dict):
            pages = bool(_PAGES.intersection(_words(owner)))
            for key, each in here.items():
                if _names_length(key) or (pages and _names_number(key)):
                    yield from _count(each)
                waiting.append((key, each))


def _says_length(name: str, field: GraphQLField) -> bool:
    if _names_length(name):
        return _gives_items(field)
    return _names_number(name) and (lists_around(field.type) > 0 or is_connection(get_named_type(field.type)))


def _gives_items(field: GraphQLField) -> bool:
    """Whether there may be a list in what the field gives."""
    return lists_around(field.type) > 0 or not is_leaf_type(get_named_type(field.type))


def _identifies(argument: GraphQLArgument | None, field: GraphQLField) -> bool:
    """Whether the argument has one identifier for each item that the field gives."""
    return (
        argument is not None
        and lists_around(argument.type) > 0
        and lists_around(field.type) > 0
        and get_named_type(argument.type).name == "ID"
    )


def _names_length(name: str) -> bool:
    found = _words(name)
    return found[-1:] != () and (found[-1] in _LENGTHS or found[-2:] in _PAIRS)


def _names_number(name: str) -> bool:
    found = _words(name)
    return found[-1:] != () and found[-1] in _NUMBERS


def _words(name: str) -> tuple[str, ...]:
    return tuple(each.lower() for each in _WORD.findall(name))


def _count(value: JsonValue) -> Iterator[int]:
    if isinstance(value, bool):
        return
    if isinstance(value, str) and (found := _TEXT.fullmatch(value.strip()[:_LONGEST])):
        value = int(found[2], 16) if found[2] else float(found[1])
    if isinstance(value, int | float) and value > 0:  # what is not a number is not greater, either
        yield int(min(value, ENOUGH))

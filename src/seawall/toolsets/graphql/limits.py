"""What a query may cost its service, computed before anything is sent.

Text is small and answers are not: a few fragments that spread each other twice make a million fields, and four
connections of a hundred items within each other a hundred million objects. So a document is measured in two steps.
Its form alone comes first, since validating takes time that grows with the square of what fragments expand to. Then,
with the schema and the variables of the call, the objects of the answer are estimated.

Every fragment is measured once, so measuring takes time that grows with the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLType,
    value_from_ast_untyped,
)
from graphql import language as ast
from graphql.type import get_named_type

from seawall.types import JsonObject, JsonValue

__all__ = [
    "Form",
    "Limits",
    "faults_of_cost",
    "form_of",
    "list_variables",
    "measured_cost",
    "too_large_lists",
]

_ENOUGH: Final = 10**12  # beyond every limit: numbers above it are not told apart
_SIZES: Final = frozenset(
    {
        "first",
        "last",
        "limit",
        "count",
        "size",
        "take",
        "top",
        "max",
        "amount",
        "per_page",
        "perpage",
        "number",
    }
)
_SIZE_ENDINGS: Final = ("limit", "size", "count", "first", "last", "perpage", "per_page")
_CONNECTION: Final = "pageInfo"
_MOST_FIELDS: Final = 1000  # with every fragment in place: validating takes time by the square of them


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may ask for; `QueryLimits` of the blueprint says what each means."""

    size: int = 16 * 1024
    depth: int = 12
    aliases: int = 15
    breadth: int = 60
    list_size: int = 100
    assumed_list_size: int = 20
    cost: int = 5000


@dataclass(frozen=True, slots=True)
class Form:
    """What can be counted without a schema, with every fragment in place.

    Attributes:
        depth: levels of fields.
        aliases: fields under another name.
        breadth: fields in the widest selection.
        fields: fields in all.
        introspects: whether `__schema` or `__type` is asked for.
        circle: the names of fragments that spread each other in a circle; empty when none do.
    """

    depth: int = 0
    aliases: int = 0
    breadth: int = 0
    fields: int = 0
    introspects: bool = False
    circle: tuple[str, ...] = ()

    def faults(self, limits: Limits) -> Iterator[str]:
        """What is too much, one clause each."""
        if self.circle:
            yield f"the fragments {' and '.join(self.circle)} spread each other in a circle"
        if self.introspects:
            yield "`__schema` and `__type` cannot be asked for; search and describe the schema with the tools for that"
        for count, most, words in (
            (self.depth, limits.depth, "levels of fields"),
            (self.aliases, limits.aliases, "aliases"),
            (self.breadth, limits.breadth, "fields beside each other"),
            (self.fields, _MOST_FIELDS, "fields in all"),
        ):
            if count > most:
                yield f"it has {_number(count)} {words}, more than the {most} that are allowed"


class _CircleError(Exception):
    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names)
        self.names = names


@dataclass(frozen=True, slots=True)
class _Part:
    """Of one selection set: `beside` are the fields that stand beside each other in it, `fields` all of them."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    beside: int = 0
    breadth: int = 0
    introspects: bool = False


def form_of(document: ast.DocumentNode) -> Form:
    """The form of the whole document; it need not be valid."""
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, ast.FragmentDefinitionNode)
    }
    measuring = _Measuring(fragments)
    try:
        parts = [
            measuring.selection(each.selection_set)
            for each in document.definitions
            if isinstance(each, ast.OperationDefinitionNode)
        ]
        parts += [measuring.fragment(name) for name in fragments]
    except _CircleError as error:
        return Form(circle=error.names)
    return Form(
        depth=max((each.depth for each in parts), default=0),
        aliases=max((each.aliases for each in parts), default=0),
        breadth=max((each.breadth for each in parts), default=0),
        fields=max((each.fields for each in parts), default=0),
        introspects=any(each.introspects for each in parts),
    )


class _Measuring:
    def __init__(self, fragments: Mapping[str, ast.FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, _Part] = {}
        self._open: list[str] = []

    def fragment(self, name: str) -> _Part:
        if name in self._open:
            raise _CircleError(tuple(self._open[self._open.index(name) :]))
        if name not in self._known and name in self._fragments:
            self._open.append(name)
            self._known[name] = self.selection(self._fragments[name].selection_set)
            self._open.pop()
        return self._known.get(name, _Part())

    def selection(self, selection: ast.SelectionSetNode) -> _Part:
        depth = aliases = fields = beside = breadth = 0
        introspects = False
        for node in selection.selections:
            part = self._one(node)
            depth, breadth = max(depth, part.depth), max(breadth, part.breadth)
            aliases, fields = min(aliases + part.aliases, _ENOUGH), min(fields + part.fields, _ENOUGH)
            beside = min(beside + part.beside, _ENOUGH)
            introspects = introspects or part.introspects
        return _Part(depth, aliases, fields, beside, max(breadth, beside), introspects)

    def _one(self, node: ast.SelectionNode) -> _Part:
        if isinstance(node, ast.FragmentSpreadNode):
            return self.fragment(node.name.value)
        if isinstance(node, ast.InlineFragmentNode):
            return self.selection(node.selection_set)
        field = cast("ast.FieldNode", node)
        within = self.selection(field.selection_set) if field.selection_set else _Part()
        introspects = field.name.value in {"__schema", "__type"}
        return _Part(
            within.depth + 1,
            within.aliases + (field.alias is not None),
            within.fields + 1,
            1,
            within.breadth,
            introspects or within.introspects,
        )


def measured_cost(
    operation: ast.OperationDefinitionNode,
    fragments: Mapping[str, ast.FragmentDefinitionNode],
    schema: GraphQLSchema,
    *,
    variables: JsonObject,
    assumed: int,
) -> int:
    """How many objects the answer may have, estimated: each list counts as long as it is asked to be, or as `assumed`.

    The document was validated by the schema.
    """
    root = schema.get_root_type(operation.operation)
    costing = _Costing(fragments, schema, _defaults(operation) | variables, assumed)
    return 0 if root is None else costing.selection(operation.selection_set, root, None)


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
        """The cost of a selection; `size` is how long the lists of a connection are."""
        return min(sum(self._one(node, parent, size) for node in selection.selections), _ENOUGH)

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
        asked = _asked_size(node, self._variables)
        lists, inner = _lists(found.type), get_named_type(found.type)
        below: int | None = None
        times = 1
        if lists:
            own = asked if asked is not None else size
            times = (self._assumed if own is None else own) * self._assumed ** (lists - 1)
        elif _is_connection(inner) or asked is not None:
            below = self._assumed if asked is None else asked
        return min(times * (1 + self.selection(node.selection_set, inner, below)), _ENOUGH)


def too_large_lists(
    operation: ast.OperationDefinitionNode,
    fragments: Mapping[str, ast.FragmentDefinitionNode],
    *,
    variables: JsonObject,
    most: int,
    written: bool = True,
) -> Iterator[str]:
    """Lists that are asked to be longer than `most`, one clause each.

    Args:
        operation: validated.
        fragments: of its document.
        variables: of the call.
        most: items.
        written: whether numbers count that the document itself has, beside those of the call.
    """
    known = _defaults(operation) | variables if written else variables
    for node in _fields(operation, fragments):
        size = _asked_size(node, known, written=written)
        if size is not None and size > most:
            yield f"{node.name.value} is asked for {_number(size)} items, more than the {most} that are allowed"


def list_variables(
    operation: ast.OperationDefinitionNode, fragments: Mapping[str, ast.FragmentDefinitionNode]
) -> frozenset[str]:
    """The variables that say how long a list is."""
    return frozenset(
        argument.value.name.value
        for node in _fields(operation, fragments)
        for argument in node.arguments or ()
        if isinstance(argument.value, ast.VariableNode) and _names_size(argument.name.value)
    )


def _fields(
    operation: ast.OperationDefinitionNode, fragments: Mapping[str, ast.FragmentDefinitionNode]
) -> Iterator[ast.FieldNode]:
    """Every field of the operation and of each fragment, once where it is written."""
    open_ones: list[ast.SelectionSetNode] = [operation.selection_set]
    open_ones += [each.selection_set for each in fragments.values()]
    while open_ones:
        for node in open_ones.pop().selections:
            if isinstance(node, ast.FieldNode):
                yield node
            below = getattr(node, "selection_set", None)
            if below is not None:
                open_ones.append(below)


def _asked_size(node: ast.FieldNode, variables: JsonObject, *, written: bool = True) -> int | None:
    """How many items the arguments ask for; the largest number, when several do."""
    found = [
        size
        for each in node.arguments or ()
        if written or not isinstance(each.value, ast.IntValueNode | ast.ObjectValueNode)
        for size in _sizes(each.name.value, each.value, variables, within=True)
    ]
    return max(found, default=None)


def _sizes(name: str, value: ast.ValueNode, variables: JsonObject, *, within: bool) -> Iterator[int]:
    if isinstance(value, ast.VariableNode):
        yield from _given(name, variables.get(value.name.value), within=within)
    elif isinstance(value, ast.IntValueNode) and _names_size(name):
        yield from _counted(int(value.value) if len(value.value) < 20 else _ENOUGH)  # noqa: PLR2004  digits of any limit
    elif isinstance(value, ast.ObjectValueNode) and within:
        for each in value.fields:
            yield from _sizes(each.name.value, each.value, variables, within=False)


def _given(name: str, value: JsonValue, *, within: bool) -> Iterator[int]:
    if isinstance(value, int | float) and not isinstance(value, bool) and _names_size(name):
        yield from _counted(int(value))
    elif isinstance(value, dict) and within:
        for key, each in value.items():
            yield from _given(key, each, within=False)


def _counted(size: int) -> Iterator[int]:
    if size >= 0:
        yield min(size, _ENOUGH)


def _names_size(name: str) -> bool:
    small = name.lower()
    return small in _SIZES or small.endswith(_SIZE_ENDINGS)


def _defaults(operation: ast.OperationDefinitionNode) -> JsonObject:

    return {
        each.variable.name.value: cast("JsonValue", value_from_ast_untyped(each.default_value))
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }


def _lists(type_: GraphQLType) -> int:
    """How many lists are around the named type."""
    count = 0
    while isinstance(type_, GraphQLList | GraphQLNonNull):
        count += isinstance(type_, GraphQLList)
        type_ = type_.of_type
    return count


def _is_connection(type_: object) -> bool:
    return _CONNECTION in getattr(type_, "fields", {})


def _number(count: int) -> str:
    return "far too many" if count >= _ENOUGH else str(count)


def faults_of_cost(cost: int, limits: Limits) -> Sequence[str]:
    """What is too much of it, one clause."""
    if cost <= limits.cost:
        return ()
    fault = (
        f"its answer may have {_number(cost)} objects, more than the {limits.cost} that are allowed: "
        "ask for shorter lists, or for less within them"
    )
    return (fault,)

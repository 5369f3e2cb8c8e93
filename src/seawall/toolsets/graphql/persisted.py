"""Tools of the operator's operations: what a caller sees of each, and its handler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from graphql import GraphQLSchema
from graphql.type import get_named_type, is_list_type, is_object_type

from seawall.errors import InvalidArgumentsError, Problem
from seawall.toolsets.graphql.answers import answer_schema
from seawall.toolsets.graphql.calling import Calling, Prepared, next_argument, next_schema, text_of
from seawall.toolsets.graphql.declaration import GraphQLDeclaration, GraphQLOverride
from seawall.toolsets.graphql.documents import PersistedOperation
from seawall.toolsets.graphql.faults import setting_problem
from seawall.toolsets.graphql.private import Kept, Private
from seawall.toolsets.graphql.relay import Paged, paged
from seawall.toolsets.graphql.sizes import Sized, list_variables, sized_fields, too_large_lists
from seawall.toolsets.graphql.variables import Arguments, purposes
from seawall.toolsets.hinting import overridden
from seawall.toolsets.interface import CallContext, Hints, Operation, OperationResult
from seawall.toolsets.overriding import check_arguments
from seawall.toolsets.projection import Projection
from seawall.toolsets.remote import UPSTREAM_ERRORS
from seawall.types import JsonObject, JsonValue

__all__ = ["PersistedTools"]

_QUERY: Final = Hints(read_only=True, destructive=False, idempotent=True, open_world=True)
_MUTATION: Final = Hints(read_only=False, destructive=True, idempotent=False, open_world=True)
_NO_OVERRIDE: Final = GraphQLOverride()
_LONGEST: Final = 1000  # characters of a description


class PersistedTools:
    """Makes them.

    Attributes:
        problems: overrides that do not fit their operations.
    """

    def __init__(
        self, declaration: GraphQLDeclaration, schema: GraphQLSchema, private: Private, calling: Calling
    ) -> None:
        """Args: schema: with what is private."""
        self.problems: list[Problem] = []
        self._declaration = declaration
        self._schema = schema
        self._private = private
        self._calling = calling

    def made(self, operations: Sequence[PersistedOperation]) -> list[Operation]:
        """The tool of each that has no problem."""
        return [tool for each in operations if (tool := self._made(each)) is not None]

    def _made(self, each: PersistedOperation) -> Operation | None:
        override = self._declaration.override.get(each.name, _NO_OVERRIDE)
        try:
            return self._operation(each, override, _projection(each, override))
        except ValueError as error:
            self.problems.append(setting_problem(f"override.{each.name}", "", str(error)))
            return None

    def _operation(
        self, each: PersistedOperation, override: GraphQLOverride, projection: Projection | None
    ) -> Operation:
        root = self._schema.get_root_type(each.definition.operation)
        if root is None:
            raise TypeError("a validated operation has a root type")
        kept = Kept.of(
            each.definition.selection_set, root, each.fragments, schema=self._schema, private=self._private
        )
        fixed = override.values()
        gone = {*fixed, *override.hidden}
        pages = self._pages(each, kept, gone)
        fields = sized_fields(each.operation, each.fragments, self._schema)
        variables = frozenset(one.variable.name.value for one in each.definition.variable_definitions or ())
        turns = each.reads and (pages is not None or _has_list(each, self._schema))
        argument = next_argument(variables) if turns else ""
        prepared = Prepared(
            tool=each.tool,
            text=text_of(each.document if pages is None else pages.document),
            name=each.name,
            reads=each.reads,
            kept=kept,
            paged=pages,
            projection=projection,
        )
        declared = self._declaration
        return Operation(
            name=each.tool,
            title=override.title or _title(each.name),
            description=override.description or _description(each, root.fields, kept),
            parameters=self._parameters(each, fields, "" if pages is None else pages.variable, argument),
            output=None,
            hints=overridden(_QUERY if each.reads else _MUTATION, override.hints),
            handler=Persisted(
                self._calling,
                prepared,
                fields,
                fixed=fixed,
                argument=argument,
                list_size=declared.query_limits.list_size,
            ),
            timeout=override.timeout,
            scopes=override.scopes,
            errors=UPSTREAM_ERRORS,
            aliases=(each.name,) if each.name != each.tool else (),
            tags=(each.definition.operation.value,),
            answer=None
            if projection is not None
            else lambda: answer_schema(each, self._schema, declared.scalars, kept),
            varies=True,
        )

    def _pages(self, each: PersistedOperation, kept: Kept, gone: set[str]) -> Paged | None:
        """Its pages, but where the cursor is the operator's own, or the model is not to know of them."""
        pages = paged(each.document, each.operation, self._schema)
        if pages is None or pages.variable in gone or kept.holds(pages.path):
            return None
        return pages

    def _parameters(
        self, each: PersistedOperation, fields: Sequence[Sized], cursor: str, argument: str
    ) -> JsonObject:
        """The schema of what a caller gives.

        Raises:
            ValueError: the blueprint hides or fixes what cannot be.
        """
        override = self._declaration.override.get(each.name, _NO_OVERRIDE)
        fixed = override.values()
        whole = self._schema_of(each, (), {cursor})  # what callers may ask for binds no operator
        schemas, required = _members(whole)
        check_arguments(
            schemas,
            required,
            hidden=override.hidden,
            fixed=fixed,
            definitions=lambda _: _table(whole.get("$defs")),
        )
        made = self._schema_of(each, fields, {cursor, *fixed, *override.hidden})
        properties = made["properties"]
        if argument and isinstance(properties, dict):
            properties[argument] = next_schema()
        return made

    def _schema_of(self, each: PersistedOperation, fields: Sequence[Sized], hidden: set[str]) -> JsonObject:
        return Arguments(self._schema, self._declaration.scalars, self._private).schema_of(
            each.definition,
            said=purposes(each.document, self._schema),
            hidden=hidden,
            largest=dict.fromkeys(list_variables(fields), self._declaration.query_limits.list_size),
        )


class Persisted:
    """The handler of one of the operator's operations."""

    def __init__(
        self,
        calling: Calling,
        prepared: Prepared,
        fields: Sequence[Sized],
        *,
        fixed: Mapping[str, JsonValue],
        argument: str,
        list_size: int,
    ) -> None:
        """Set it up.

        Args:
            calling: sends it.
            prepared: the operation.
            fields: those with arguments.
            fixed: variables that no caller sets.
            argument: the one that turns pages; empty for none.
            list_size: items that a caller may ask one list for.
        """
        self._calling = calling
        self._prepared = prepared
        self._fields = fields
        self._fixed = dict(fixed)
        self._argument = argument
        self._list_size = list_size

    async def __call__(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        """Call it. The arguments fit its schema.

        Raises:
            InvalidArgumentsError: a list is asked to be too long, or `next` cannot be used.
            OperationError: as `Calling.call` says.
        """
        word = arguments.get(self._argument) if self._argument else None
        variables = {name: value for name, value in arguments.items() if name != self._argument}
        if too_large := [
            *too_large_lists(self._fields, variables=variables, most=self._list_size, written=False)
        ]:
            raise InvalidArgumentsError(tool=self._prepared.tool, faults=too_large[:3])
        return await self._calling.call(
            self._prepared,
            {**variables, **self._fixed},
            word if isinstance(word, str) else None,
            self._argument,
            context,
        )


def _projection(each: PersistedOperation, override: GraphQLOverride) -> Projection | None:
    """What of its answers is given, where the blueprint says it.

    Raises:
        ValueError: it cannot be read; or the blueprint calls a mutation something that changes nothing.
    """
    if override.hints is not None and override.hints.read_only and not each.reads:
        raise ValueError(f"{each.name!r} is a mutation: `hints.read_only` is for what changes nothing")
    return override.projection()


def _members(schema: JsonObject) -> tuple[dict[str, JsonObject], list[str]]:
    """The schema of each argument, and the names of those that a call must have."""
    properties, required = schema.get("properties"), schema.get("required")
    found = properties.items() if isinstance(properties, dict) else ()
    return (
        {name: each for name, each in found if isinstance(each, dict)},
        list(map(str, required)) if isinstance(required, list) else [],
    )


def _table(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _title(name: str) -> str:
    words = "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name).replace("_", " ").split()
    return " ".join(words).capitalize() or name


def _description(each: PersistedOperation, fields: Mapping[str, object], kept: Kept) -> str:
    said = each.description or "\n".join(_of_fields(each, fields, kept))
    text = said.strip() or f"The {each.definition.operation.value} {each.name} of the service."
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rsplit(None, 1)[0]}…"


def _of_fields(each: PersistedOperation, fields: Mapping[str, object], kept: Kept) -> Iterator[str]:
    """What the schema says of the fields that the operation begins with."""
    for node in each.definition.selection_set.selections:
        name = getattr(getattr(node, "name", None), "value", "")
        said = getattr(fields.get(name), "description", None)
        if said and not kept.holds([getattr(getattr(node, "alias", None), "value", name)]):
            yield " ".join(said.split())


def _has_list(each: PersistedOperation, schema: GraphQLSchema) -> bool:
    """Whether one of the fields that it begins with is a list, or has one."""
    root = schema.get_root_type(each.definition.operation)
    for node in each.definition.selection_set.selections:
        field = getattr(root, "fields", {}).get(getattr(getattr(node, "name", None), "value", ""))
        if field is None:
            continue
        inner = get_named_type(field.type)
        members = inner.fields.values() if is_object_type(inner) else ()
        if any(_is_list(each.type) for each in (field, *members)):
            return True
    return False


def _is_list(type_: object) -> bool:
    return is_list_type(getattr(type_, "of_type", type_)) or is_list_type(type_)

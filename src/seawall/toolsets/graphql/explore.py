"""The four tools with which a model finds its own way: search the schema, describe a type, validate and run a query."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Final

from graphql import GraphQLSchema

from seawall.errors import InvalidArgumentsError
from seawall.security.budget import WorkerPool
from seawall.toolsets.graphql.calling import Calling, Prepared, next_schema, text_of
from seawall.toolsets.graphql.checking import Checked, QueryChecker, RefusedQueryError
from seawall.toolsets.graphql.describing import Described, SchemaGuide
from seawall.toolsets.graphql.limits import Limits
from seawall.toolsets.graphql.private import Kept
from seawall.toolsets.graphql.relay import paged
from seawall.toolsets.interface import CallContext, DataResult, Hints, Operation, OperationResult, TextResult
from seawall.toolsets.remote import UPSTREAM_ERRORS
from seawall.types import JsonObject, JsonValue

__all__ = ["TOOLS", "Explore"]

SEARCH, DESCRIBE, VALIDATE, RUN = "search_schema", "describe_type", "validate_query", "run_query"
TOOLS: Final = (SEARCH, DESCRIBE, VALIDATE, RUN)
"""Their names."""

_LOOKS: Final = Hints(read_only=True, destructive=False, idempotent=True, open_world=False)
_READS: Final = Hints(read_only=True, destructive=False, idempotent=True, open_world=True)
_CHANGES: Final = Hints(read_only=False, destructive=True, idempotent=False, open_world=True)
_LINES: Final = 40
_OUTPUT: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "valid": {"type": "boolean"},
        "faults": {"type": "array", "items": {"type": "string"}},
        "depth": {"type": "integer"},
        "aliases": {"type": "integer"},
        "breadth": {"type": "integer"},
        "cost": {"type": "integer"},
        "limits": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "required": ["valid", "faults", "limits"],
    "additionalProperties": False,
}


class Explore:
    """The tools of one service."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        calling: Calling,
        workers: WorkerPool,
        *,
        mutations: bool,
    ) -> None:
        """Args: schema: without what is private. mutations: whether free queries may be such."""
        self._schema = schema
        self._limits = limits
        self._calling = calling
        self._workers = workers
        self._mutations = mutations
        self._guide = SchemaGuide(schema, mutations=mutations)
        self._checker = QueryChecker(schema, limits, mutations=mutations)

    def operations(self) -> tuple[Operation, ...]:
        """The tools."""
        roots = [self._schema.query_type, self._schema.mutation_type if self._mutations else None]
        begin = " and ".join(each.name for each in roots if each is not None)
        kinds = "query or mutation" if self._mutations else "query; mutations are refused"
        return (
            Operation(
                name=SEARCH,
                title="Search the schema",
                description="Find fields and types of the GraphQL schema by a few words of what you want to know. One "
                f"line each, best first. Queries begin at the fields of {begin}; describe_type shows all of a type.",
                parameters=_parameters(
                    {"query": _text("Such as `issues of a repository`.", longest=200), **_PART}, "query"
                ),
                output=None,
                hints=_LOOKS,
                handler=self._search,
            ),
            Operation(
                name=DESCRIBE,
                title="Describe a type of the schema",
                description=f"The fields of a type with arguments and types, or the values of an enum. {begin} "
                "can be described, too.",
                parameters=_parameters(
                    {
                        "name": _text("Name of the type.", longest=200),
                        "matching": _text("Only members whose line has this text.", longest=100, default=""),
                        **_PART,
                    },
                    "name",
                ),
                output=None,
                hints=_LOOKS,
                handler=self._describe,
                errors=(InvalidArgumentsError,),
            ),
            Operation(
                name=VALIDATE,
                title="Validate a query",
                description="Say whether a query fits the schema and the limits, and what its answer may cost, without "
                "sending it.",
                parameters=_parameters(self._query_parameters(), "query"),
                output=_OUTPUT,
                hints=_LOOKS,
                handler=self._validate,
            ),
            Operation(
                name=RUN,
                title="Run a query",
                description=f"Run a GraphQL {kinds}. It is validated first, and refused when it does not fit the "
                f"schema or asks for too much: {self._in_words()}. Say how long lists are (`first`), and go on with "
                "`next`.",
                parameters=_parameters({**self._query_parameters(), "next": next_schema()}, "query"),
                output=None,
                hints=_CHANGES if self._mutations else _READS,
                handler=self._run,
                errors=(InvalidArgumentsError, *UPSTREAM_ERRORS),
                varies=True,
            ),
        )

    def _query_parameters(self) -> dict[str, JsonValue]:
        return {
            "query": _text("The document, in GraphQL.", longest=self._limits.size),
            "variables": {
                "type": "object",
                "default": {},
                "description": "Values of its variables.",
            },
            "operation": _text(
                "Name of the operation, when the document has several.", longest=200, default=""
            ),
        }

    def _in_words(self) -> str:
        limits = self._limits
        return (
            f"at most {limits.depth} levels, {limits.aliases} aliases, {limits.breadth} fields beside each other, "
            f"{limits.list_size} items of one list, {limits.cost} objects in all"
        )

    # --- handlers

    async def _search(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        del context
        lines = await self._workers.run(self._guide.search, str(arguments["query"]))
        return _part(list(lines), arguments, head="", nothing="nothing fits; try other words")

    async def _describe(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        del context
        found = await self._workers.run(self._guide.type, str(arguments["name"]))
        if found is None:
            close = difflib.get_close_matches(str(arguments["name"]), self._guide.names(), n=3)
            ask = f"; did you mean {' or '.join(close)}?" if close else f"; find types with {SEARCH}"
            raise InvalidArgumentsError(
                tool=DESCRIBE, faults=[f"the schema has no type {arguments['name']!r:.100}{ask}"]
            )
        matching = str(arguments.get("matching", "")).lower()
        described: Described = found
        lines = [each for each in described.members if matching in each.lower()]
        return _part(lines, arguments, head=described.head, nothing="no members")

    async def _validate(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        del context
        limits: Mapping[str, JsonValue] = {
            "depth": self._limits.depth,
            "aliases": self._limits.aliases,
            "breadth": self._limits.breadth,
            "list_size": self._limits.list_size,
            "cost": self._limits.cost,
        }
        try:
            checked = await self._checked(arguments)
        except RefusedQueryError as error:
            return DataResult({"valid": False, "faults": list(error.faults), "limits": dict(limits)})
        return DataResult(
            {
                "valid": True,
                "faults": [],
                "depth": checked.form.depth,
                "aliases": checked.form.aliases,
                "breadth": checked.form.breadth,
                "cost": checked.cost,
                "limits": dict(limits),
            }
        )

    async def _run(self, arguments: JsonObject, context: CallContext) -> OperationResult:
        try:
            checked = await self._checked(arguments)
        except RefusedQueryError as error:
            raise InvalidArgumentsError(
                tool=RUN, faults=[f"the query was not sent: {each}" for each in error.faults]
            ) from None
        prepared = await self._workers.run(self._prepared, checked)
        word = arguments.get("next")
        return await self._calling.call(
            prepared,
            _variables(arguments),
            word if isinstance(word, str) else None,
            "next" if prepared.reads else "",
            context,
        )

    async def _checked(self, arguments: JsonObject) -> Checked:
        name = str(arguments.get("operation") or "") or None
        return await self._workers.run(
            self._checker.check, str(arguments["query"]), _variables(arguments), name
        )

    def _prepared(self, checked: Checked) -> Prepared:
        operation = checked.operation
        pages = paged(checked.document, operation, self._schema)
        return Prepared(
            tool=RUN,
            text=text_of(checked.document if pages is None else pages.document),
            name=None if operation.name is None else operation.name.value,
            reads=operation.operation.value == "query",
            kept=Kept(),  # the schema has nothing that would be
            paged=pages,
        )


def _variables(arguments: JsonObject) -> JsonObject:
    found = arguments.get("variables")
    return found if isinstance(found, dict) else {}


def _part(lines: list[str], arguments: JsonObject, *, head: str, nothing: str) -> TextResult:
    """A part of the lines, and how to go on."""
    limit, offset = _whole(arguments.get("limit"), _LINES), _whole(arguments.get("offset"), 0)
    shown = lines[offset : offset + limit]
    rest = len(lines) - offset - len(shown)
    note = f"{len(shown)} of {len(lines)}" if lines else nothing
    if rest > 0:
        note += f"; more with offset={offset + len(shown)}"
    text = "\n".join(([head] if head else []) + shown)
    return TextResult(text, f"[{note}]", {"total": len(lines), "offset": offset, "shown": len(shown)})


def _whole(value: JsonValue, default: int) -> int:
    return value if isinstance(value, int) else default


def _text(description: str, *, longest: int, default: str | None = None) -> JsonObject:
    made: JsonObject = {"type": "string", "maxLength": longest, "description": description}
    return made if default is None else {**made, "default": default}


_PART: Final[dict[str, JsonValue]] = {
    "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": 500,
        "default": _LINES,
        "description": "Lines at most.",
    },
    "offset": {
        "type": "integer",
        "minimum": 0,
        "maximum": 1_000_000,
        "default": 0,
        "description": "Lines to pass over.",
    },
}


def _parameters(properties: dict[str, JsonValue], *required: str) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }

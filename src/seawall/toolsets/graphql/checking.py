"""Whether a free query may be sent: by its form, by the schema, and by what its answer may cost. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphql import GraphQLError, GraphQLSchema, parse, specified_rules, validate
from graphql import language as ast
from graphql.execution.values import get_variable_values
from graphql.language import DocumentNode
from graphql.validation.validate import ValidationAbortedError

from seawall.toolsets.graphql.cost import faults_of_cost, measured_cost
from seawall.toolsets.graphql.faults import told
from seawall.toolsets.graphql.fragments import fragments_of, needed_fragments
from seawall.toolsets.graphql.limits import Form, Limits, form_of
from seawall.toolsets.graphql.sizes import defaults, sized_fields, too_large_lists
from seawall.types import JsonObject

__all__ = ["Checked", "QueryChecker", "RefusedQueryError"]

_MOST_ERRORS = 8
_DEEP = "it is nested too deeply"
_NUMBER = "a variable has a number that is beyond every limit"


class RefusedQueryError(Exception):
    """The query may not be sent. `faults` are clauses for the model; it never leaves this package."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(*faults)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Checked:
    """A query that may be sent.

    Attributes:
        document: the operation that is meant and the fragments that it needs; nothing else of the text is sent.
        operation: that one.
        fragments: those, by name.
        form: what was counted in the whole text.
        cost: estimated objects of its answer.
    """

    document: DocumentNode
    operation: ast.OperationDefinitionNode
    fragments: Mapping[str, ast.FragmentDefinitionNode]
    form: Form
    cost: int


class QueryChecker:
    """Checks free queries against one schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, mutations: bool) -> None:
        """Args: schema: without what is private. limits: for each query. mutations: whether these are allowed."""
        self._schema = schema
        self._limits = limits
        self._mutations = mutations

    def check(self, text: str, variables: JsonObject, name: str | None) -> Checked:
        """The query, when it may be sent. Blocking: validating takes up to a second.

        Args:
            text: the document.
            variables: by name.
            name: of the operation that is meant; needed when there are several.

        Raises:
            RefusedQueryError: it may not; every reason of the first step that has any.
        """
        try:
            return self._checked(text, variables, name)
        except RecursionError:
            raise RefusedQueryError([_DEEP]) from None

    def _checked(self, text: str, variables: JsonObject, name: str | None) -> Checked:
        document = self._parsed(text)
        operation = self._meant(document, name)
        form = form_of(document)
        _refuse(form.faults(self._limits))
        errors = validate(self._schema, document, specified_rules, max_errors=_MOST_ERRORS)
        _refuse(_with_place(error) for error in errors)
        fragments = needed_fragments(operation, fragments_of(document))
        self._check_variables(operation, variables)
        fields = sized_fields(operation, fragments, self._schema)
        known = defaults(operation) | variables
        _refuse(too_large_lists(fields, variables=known, most=self._limits.list_size))
        cost = measured_cost(
            operation,
            fragments,
            self._schema,
            variables=variables,
            assumed=self._limits.assumed_list_size,
        )
        _refuse(faults_of_cost(cost, self._limits))
        alone = DocumentNode(definitions=(operation, *fragments.values()))
        return Checked(alone, operation, fragments, form, cost)

    def _parsed(self, text: str) -> DocumentNode:
        size = len(text.encode(errors="replace"))
        if size > self._limits.size:
            raise RefusedQueryError(
                [f"it has {size} bytes, more than the {self._limits.size} that are allowed"]
            )
        try:
            return parse(text, max_tokens=self._limits.size, allow_empty_selection_sets=False)
        except GraphQLError as error:
            raise RefusedQueryError([_with_place(error)]) from None

    def _meant(self, document: DocumentNode, name: str | None) -> ast.OperationDefinitionNode:
        found = [each for each in document.definitions if isinstance(each, ast.OperationDefinitionNode)]
        named = [
            each for each in found if name is None or (each.name is not None and each.name.value == name)
        ]
        if len(named) != 1:
            have = ", ".join(each.name.value for each in found if each.name is not None) or "none with a name"
            raise RefusedQueryError(
                [
                    f"`operation` must name one of its operations: {have[:200]}"
                    if found
                    else "it has no operation"
                ]
            )
        kinds = {each.operation for each in found}
        if ast.OperationType.SUBSCRIPTION in kinds:
            raise RefusedQueryError(["subscriptions have no single answer, and are not offered"])
        if ast.OperationType.MUTATION in kinds and not self._mutations:
            raise RefusedQueryError(["mutations are not allowed here; only queries are"])
        return named[0]

    def _check_variables(self, operation: ast.OperationDefinitionNode, variables: JsonObject) -> None:
        known = {each.variable.name.value for each in operation.variable_definitions or ()}
        _refuse(
            f"the variable {name!r} is not one of the operation's" for name in variables if name not in known
        )
        try:
            values = get_variable_values(
                self._schema, operation.variable_definitions or (), variables, max_errors=_MOST_ERRORS
            )
        except (ValueError, ArithmeticError):
            raise RefusedQueryError([_NUMBER]) from None
        if isinstance(values, list):
            _refuse(told(error) for error in values)


def _refuse(faults: Iterable[str]) -> None:
    found = list(faults)
    if found:
        raise RefusedQueryError(found[:_MOST_ERRORS])


def _with_place(error: GraphQLError) -> str:
    if isinstance(error, ValidationAbortedError):
        return "it repeats too many fields for all of them to be checked"
    if not error.locations:
        return told(error)
    place = error.locations[0]
    return f"{told(error)} (line {place.line}, column {place.column})"

"""Makes the toolset of a declaration: schema and documents read, operations prepared, the client set up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import GraphQLSchema
from graphql.type import get_named_type, is_list_type, is_object_type

from seawall.errors import BlueprintError, EgressDeniedError, Problem, StartError
from seawall.toolsets.graphql.answers import answer_schema
from seawall.toolsets.graphql.calling import (
    Calling,
    Persisted,
    Prepared,
    next_argument,
    next_schema,
    text_of,
)
from seawall.toolsets.graphql.declaration import GraphQLDeclaration
from seawall.toolsets.graphql.documents import Documents, PersistedOperation, read_documents
from seawall.toolsets.graphql.exchange import Exchange
from seawall.toolsets.graphql.explore import Explore
from seawall.toolsets.graphql.faults import SchemaError
from seawall.toolsets.graphql.limits import Limits, list_variables
from seawall.toolsets.graphql.private import Kept, Private, private_of
from seawall.toolsets.graphql.relay import paged
from seawall.toolsets.graphql.schema import ServiceSchema, read_schema
from seawall.toolsets.graphql.toolset import GraphQLToolset
from seawall.toolsets.graphql.variables import Arguments, purposes
from seawall.toolsets.interface import Hints, Host, Operation
from seawall.toolsets.pinned import PinnedDocument
from seawall.toolsets.remote import UPSTREAM_ERRORS, credential_of
from seawall.toolsets.remote_client import RemoteClient
from seawall.types import JsonObject
from seawall.upstream import EVERY, Credential

__all__ = ["build", "load_schema", "remote_client"]

_QUERY: Final = Hints(read_only=True, destructive=False, idempotent=True, open_world=True)
_MUTATION: Final = Hints(read_only=False, destructive=True, idempotent=False, open_world=True)
_LONGEST: Final = 1000  # characters of a description


def build(declaration: GraphQLDeclaration, host: Host) -> GraphQLToolset:
    """The toolset of a service. Nothing is asked.

    Raises:
        BlueprintError: documents that do not fit the schema, or settings that nothing fits; every problem.
        StartError: the schema cannot be had.
    """
    schema = load_schema(declaration, host)
    private, unmatched = private_of(schema.schema, declaration.private)
    problems = [_unmatched("private", each, "names no field or type of the schema") for each in unmatched]
    documents = read_documents(
        declaration.documents, host.directory, schema.schema, prefix=declaration.prefix
    )
    if problems := [*problems, *documents.problems]:
        raise BlueprintError(problems)
    client = remote_client(declaration)
    exchange = Exchange(
        declaration.endpoint, client.send, hashed=declaration.persisted_queries == "automatic"
    )
    operations = _persisted(documents, declaration, schema.schema, private, Calling(exchange, host.workers))
    if private:
        schema.faults()  # as it was given, before something of it goes
        private.hide(schema.schema)
    if declaration.explore:
        operations += _explore(declaration, schema.schema, client, host)
    return GraphQLToolset(
        operations,
        client,
        schema,
        found=len(documents.operations) + len(documents.left_out),
        left_out=documents.left_out,
    )


def load_schema(declaration: GraphQLDeclaration, host: Host) -> ServiceSchema:
    """The schema that the declaration names.

    Raises:
        BlueprintError: it is not the one that is pinned.
        StartError: it cannot be had, or is none.
    """
    document = PinnedDocument(
        declaration.schema_, declaration.sha256, declaration.schema_size, "schema", "schema"
    )
    if declaration.introspect and not document.path(host.directory).exists():
        raise StartError(
            f"the schema {declaration.schema_} is not there yet.",
            hint="`seawall lock` asks the service for it, and saves it.",
        )
    content = document.content(host.directory)
    if len(content) > declaration.schema_size:
        raise StartError(
            f"the schema {declaration.schema_} has more than {declaration.schema_size} bytes.",
            hint="Raise `schema_size` if that is right.",
        )
    try:
        return read_schema(content, name=declaration.schema_)
    except SchemaError as error:
        raise StartError(
            f"the schema {declaration.schema_} cannot be used: {error}.",
            hint="It is SDL, or the JSON answer to an introspection query.",
        ) from None


def remote_client(declaration: GraphQLDeclaration) -> RemoteClient:
    """The client of the declaration's service.

    Raises:
        BlueprintError: nobody says where a key travels, or the endpoint is none that may be asked.
    """
    problems: list[Problem] = []
    credentials: dict[str, Credential] = {}
    try:
        if declaration.auth is not None:
            credentials[EVERY] = credential_of(declaration.auth)
    except ValueError as error:
        problems.append(_problem("auth", "", str(error)))
    if declaration.credentials:
        problems.append(
            _problem("credentials", "", "a schema of GraphQL has no security schemes; use `auth`")
        )
    if problems:
        raise BlueprintError(problems)
    try:
        return RemoteClient(declaration, origins=(declaration.endpoint,), credentials=credentials)
    except EgressDeniedError as error:
        raise BlueprintError([_problem("endpoint", declaration.endpoint, error.message)]) from None


def _persisted(
    documents: Documents,
    declaration: GraphQLDeclaration,
    schema: GraphQLSchema,
    private: Private,
    calling: Calling,
) -> list[Operation]:
    return [_operation(each, declaration, schema, private, calling) for each in documents.operations]


def _operation(
    each: PersistedOperation,
    declaration: GraphQLDeclaration,
    schema: GraphQLSchema,
    private: Private,
    calling: Calling,
) -> Operation:
    pages = paged(each.document, each.operation, schema)
    variables = {one.variable.name.value for one in each.definition.variable_definitions or ()}
    turns = each.reads and (pages is not None or _has_list(each, schema))
    argument = next_argument(frozenset(variables)) if turns else ""
    root = schema.get_root_type(each.definition.operation)
    if root is None:
        raise TypeError("a validated operation has a root type")
    kept = Kept.of(each.definition.selection_set, root, each.fragments, schema=schema, private=private)
    prepared = Prepared(
        tool=each.name,
        text=text_of(each.document if pages is None else pages.document),
        name=each.name,
        reads=each.reads,
        kept=kept,
        paged=pages,
    )
    return Operation(
        name=each.name,
        title=_title(each.name),
        description=_description(each, root.fields),
        parameters=_parameters(each, declaration, schema, "" if pages is None else pages.variable, argument),
        output=None,
        hints=_QUERY if each.reads else _MUTATION,
        handler=Persisted(
            calling,
            prepared,
            each.definition,
            each.fragments,
            argument=argument,
            list_size=declaration.query_limits.list_size,
        ),
        errors=UPSTREAM_ERRORS,
        tags=(each.definition.operation.value,),
        answer=lambda: answer_schema(each, schema, declaration.scalars, kept),
        varies=True,
    )


def _parameters(
    each: PersistedOperation,
    declaration: GraphQLDeclaration,
    schema: GraphQLSchema,
    cursor: str,
    argument: str,
) -> JsonObject:
    sizes = list_variables(each.definition, each.fragments)
    made = Arguments(schema, declaration.scalars).schema_of(
        each.definition,
        said=purposes(each.document, schema),
        hidden={cursor},
        largest=dict.fromkeys(sizes, declaration.query_limits.list_size),
    )
    properties = made["properties"]
    if argument and isinstance(properties, dict):
        properties[argument] = next_schema()
    return made


def _explore(
    declaration: GraphQLDeclaration, schema: GraphQLSchema, client: RemoteClient, host: Host
) -> list[Operation]:
    limits = declaration.query_limits
    exchange = Exchange(declaration.endpoint, client.send)
    explore = Explore(
        schema,
        Limits(**limits.model_dump()),
        Calling(exchange, host.workers),
        host.workers,
        mutations=declaration.explore_mutations,
    )
    return list(explore.operations())


def _title(name: str) -> str:
    words = "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name).replace("_", " ").split()
    return " ".join(words).capitalize() or name


def _description(each: PersistedOperation, fields: Mapping[str, object]) -> str:
    said = each.description or "\n".join(_of_fields(each, fields))
    text = said.strip() or f"The {each.definition.operation.value} {each.name} of the service."
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rsplit(None, 1)[0]}…"


def _of_fields(each: PersistedOperation, fields: Mapping[str, object]) -> Iterator[str]:
    """What the schema says of the fields that the operation begins with."""
    for node in each.definition.selection_set.selections:
        name = getattr(getattr(node, "name", None), "value", "")
        said = getattr(fields.get(name), "description", None)
        if said:
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


def _unmatched(key: str, found: str, message: str) -> Problem:
    return _problem(key, found, f"{found!r} {message}")


def _problem(key: str, found: str, message: str) -> Problem:
    return Problem(
        source="",
        line=None,
        column=None,
        key=key,
        found=found,
        allowed="",
        suggestion=None,
        message=message,
    )

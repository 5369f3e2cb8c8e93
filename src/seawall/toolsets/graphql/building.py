"""Makes the toolset of a declaration: schema and documents read, operations prepared, the client set up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from graphql import GraphQLSchema

from seawall.errors import BlueprintError, EgressDeniedError, Problem, StartError
from seawall.toolsets.graphql.calling import Calling
from seawall.toolsets.graphql.declaration import GraphQLDeclaration
from seawall.toolsets.graphql.documents import Documents, read_documents
from seawall.toolsets.graphql.exchange import Exchange
from seawall.toolsets.graphql.explore import TOOLS, Explore
from seawall.toolsets.graphql.faults import SchemaError, setting_problem
from seawall.toolsets.graphql.limits import Limits
from seawall.toolsets.graphql.persisted import PersistedTools
from seawall.toolsets.graphql.private import private_of
from seawall.toolsets.graphql.schema import ServiceSchema, read_schema
from seawall.toolsets.graphql.toolset import GraphQLToolset
from seawall.toolsets.hinting import overridden
from seawall.toolsets.interface import Host, Operation, Remark
from seawall.toolsets.overriding import unknown_override
from seawall.toolsets.pinned import PinnedDocument
from seawall.toolsets.remote import credential_of
from seawall.toolsets.remote_client import RemoteClient
from seawall.upstream import EVERY, Credential

__all__ = ["build", "load_schema", "remote_client"]


def build(declaration: GraphQLDeclaration, host: Host) -> GraphQLToolset:
    """The toolset of a service. Nothing is asked.

    Raises:
        BlueprintError: documents that do not fit the schema, or settings that nothing fits; every problem.
        StartError: the schema cannot be had.
    """
    schema = load_schema(declaration, host)
    private, unmatched = private_of(schema.schema, declaration.private)
    problems = [
        setting_problem("private", each, f"{each!r} names no field or type of the schema")
        for each in unmatched
    ]
    documents = read_documents(
        declaration.documents,
        host.directory,
        schema.schema,
        prefix=declaration.prefix,
        names={name: each.name for name, each in declaration.override.items() if each.name},
    )
    problems += documents.problems
    if not documents.problems:
        problems += _misplaced(declaration, documents)
    client = remote_client(declaration)
    exchange = Exchange(
        declaration.endpoint,
        client.send,
        hashed=declaration.persisted_queries == "automatic",
        headers=_told(declaration),
    )
    tools = PersistedTools(declaration, schema.schema, private, Calling(exchange, host.workers))
    operations = [] if documents.problems else tools.made(documents.operations)
    if problems := [*problems, *tools.problems]:
        raise BlueprintError(problems)
    if declaration.explore:
        schema.faults()  # as it was given, before something of it goes
        operations += _explore(declaration, private.without(schema.schema), client, host)
    return GraphQLToolset(
        operations,
        client,
        schema,
        found=len(documents.operations) + len(documents.left_out),
        left_out=documents.left_out,
        remarks=list(_remarks(declaration, schema)),
    )


def _remarks(declaration: GraphQLDeclaration, schema: ServiceSchema) -> Iterator[Remark]:
    if declaration.introspect and not declaration.sha256:
        yield Remark(
            "warning",
            "schema_not_pinned",
            f"the schema {declaration.schema_} is what a service said, and nothing would tell a change of the file.",
            f'Look at it, and set sha256 = "{schema.sha256}".',
        )


def load_schema(declaration: GraphQLDeclaration, host: Host) -> ServiceSchema:
    """The schema that the declaration names.

    Raises:
        BlueprintError: it is not the one that is pinned.
        StartError: it cannot be had, or is none.
    """
    document = PinnedDocument(
        declaration.schema_,
        declaration.sha256,
        declaration.schema_size,
        "schema",
        "schema",
        declaration.networks,
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
        problems.append(setting_problem("auth", "", str(error)))
    if declaration.credentials:
        problems.append(
            setting_problem("credentials", "", "a schema of GraphQL has no security schemes; use `auth`")
        )
    if problems:
        raise BlueprintError(problems)
    try:
        return RemoteClient(declaration, origins=(declaration.endpoint,), credentials=credentials)
    except EgressDeniedError as error:
        raise BlueprintError([setting_problem("endpoint", declaration.endpoint, error.message)]) from None


def _explore(
    declaration: GraphQLDeclaration, schema: GraphQLSchema, client: RemoteClient, host: Host
) -> Iterator[Operation]:
    limits = declaration.query_limits
    exchange = Exchange(declaration.endpoint, client.send, headers=_told(declaration))
    explore = Explore(
        schema,
        Limits(**limits.model_dump()),
        Calling(exchange, host.workers),
        host.workers,
        mutations=declaration.explore_mutations,
    )
    for each in explore.operations():
        said = declaration.override.get(each.name)
        yield (
            each
            if said is None
            else replace(
                each,
                title=said.title or each.title,
                description=said.description or each.description,
                hints=overridden(each.hints, said.hints),
                scopes=said.scopes,
                timeout=said.timeout,
            )
        )


def _misplaced(declaration: GraphQLDeclaration, documents: Documents) -> Iterator[Problem]:
    """Overrides of nothing, and names that two tools would have."""
    own = TOOLS if declaration.explore else ()
    names = [each.name for each in documents.operations]
    known = [*names, *(each.name for each in documents.left_out), *own]
    for word, override in declaration.override.items():
        if word not in known:
            yield unknown_override(word, known, source="the documents", allowed="an operation of them")
        elif word in own and word not in names:
            yield from _unfit(word, override.model_fields_set & {"name", "hidden", "fixed", "fields"})
            if override.hints is not None and override.hints.read_only and declaration.explore_mutations:
                message = f"{word!r} may change something, with `explore_mutations`"
                yield setting_problem(f"override.{word}.hints.read_only", "", message)
    for each in documents.operations:
        if each.tool.casefold() in own:
            message = f"{each.tool!r} is one of the tools of `explore`; give the operation another name"
            yield setting_problem("explore", each.tool, message)


def _unfit(word: str, settings: Collection[str]) -> Sequence[Problem]:
    return [
        setting_problem(
            f"override.{word}.{each}", "", f"{word!r} is no operation of the documents: it has no {each!r}"
        )
        for each in sorted(settings)
    ]


def _told(declaration: GraphQLDeclaration) -> tuple[str, ...]:
    return tuple(name.lower() for name in declaration.response_headers)

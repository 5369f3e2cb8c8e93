"""The kind `graphql`: knows its words at once, and loads what reads schemas when there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import StartError
from seawall.toolsets.graphql.declaration import GraphQLDeclaration
from seawall.toolsets.interface import Host, Snapshot, Toolset
from seawall.toolsets.starter import Needs, Question, Start, Starter

__all__ = ["GraphQLKind", "checked"]


class GraphQLKind:
    """The kind `graphql`."""

    @property
    def name(self) -> str:
        """The word of the blueprint."""
        return "graphql"

    @property
    def declaration(self) -> type[ToolsetDeclaration]:
        """The model of its section."""
        return GraphQLDeclaration

    @property
    def starter(self) -> Starter:
        """How a new project begins with it."""
        return _Starter()

    def moved(self, declaration: ToolsetDeclaration, url: str) -> GraphQLDeclaration:
        """The same declaration for a service at this URL on this machine, which asks for no credentials."""
        changed = {"endpoint": url, "networks": ("127.0.0.1/32",), "auth": None}
        return checked(declaration).model_copy(update=changed)

    def snapshot(self, declaration: ToolsetDeclaration) -> Snapshot | None:
        """The service's schema as it is now, where `introspect` asks for it.

        Raises:
            SeawallError: the service does not give it.
        """
        wanted = checked(declaration)
        if not wanted.introspect:
            return None
        from seawall.toolsets.graphql.asking import ask_for_schema  # noqa: PLC0415  see `build`

        return Snapshot(wanted.schema_, asyncio.run(ask_for_schema(wanted)), wanted.sha256)

    def differences(self, old: str, new: str) -> Sequence[str]:
        """What is different between two schemas, where an operation may feel it; one line each."""
        from seawall.toolsets.graphql.comparing import differences  # noqa: PLC0415  see `build`

        return differences(old, new)

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        """The toolset of a service, whose schema and documents are read here. Nothing is asked.

        Raises:
            BlueprintError: documents that do not fit the schema, or settings that nothing fits; every problem.
            StartError: the schema cannot be had, or it is the declaration of another kind.
        """
        from seawall.toolsets.graphql.building import build  # noqa: PLC0415  a server of files alone does without

        return build(checked(declaration), host)


class _Starter:
    """Operations of a GraphQL service."""

    @property
    def summary(self) -> str:
        """What it serves."""
        return "operations of a GraphQL service"

    @property
    def question(self) -> Question:
        """Its schema."""
        return Question("Which GraphQL schema (a file, or the URL of a service that gives its own)", "SCHEMA")

    def start(self, answer: str) -> Start:
        """As `started` says.

        Raises:
            UsageError: the schema cannot be had.
        """
        from seawall.toolsets.graphql.starter import started  # noqa: PLC0415  see `GraphQLKind.build`

        return started(answer)

    def needs(self, declaration: ToolsetDeclaration) -> Needs:
        """As `needs_of` says."""
        from seawall.toolsets.graphql.starter import needs_of  # noqa: PLC0415  see `GraphQLKind.build`

        return needs_of(declaration)


def checked(declaration: ToolsetDeclaration) -> GraphQLDeclaration:
    """The declaration as one of this kind.

    Raises:
        StartError: it is one of another.
    """
    if not isinstance(declaration, GraphQLDeclaration):
        raise StartError(f"A declaration of kind {declaration.kind!r} describes no GraphQL service.")
    return declaration

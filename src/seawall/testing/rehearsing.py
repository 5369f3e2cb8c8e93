"""A project's server with the services behind it played by mocks: its tests reach no real API, and change nothing there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from fastmcp import FastMCP

from seawall.blueprint import load
from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.runtime.assemble import Assembly, build
from seawall.testing.upstream import MockUpstream
from seawall.toolsets.graphql.kind import GraphQLKind, checked
from seawall.toolsets.grpc.extra import check_extra, quiet
from seawall.toolsets.grpc.kind import GrpcKind
from seawall.toolsets.grpc.kind import checked as checked_grpc
from seawall.toolsets.interface import Host, Toolset, ToolsetKind
from seawall.toolsets.openapi.toolset import OpenApiKind
from seawall.toolsets.outline import OffersOnDemand, Ready
from seawall.toolsets.registry import installed_kinds
from seawall.types import JsonObject

__all__ = ["Mock", "Rehearsal", "rehearsed"]


class Mock(Protocol):
    """What plays a service, for the time of a `with` block."""

    @property
    def url(self) -> str:
        """Where it is."""

    @property
    def faults(self) -> list[str]:
        """Everything that was wrong with any request."""

    def __enter__(self) -> Self:
        """Listen."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A server under test.

    Attributes:
        server: the server itself, guarded as ever.
        services: by the toolset's name, the mock that plays the service behind it.
        operations: what can be called of these toolsets, listed or not: the input schema by the tool's name.
        remote: the URIs of resources that are pages of other servers, which no test asks.
    """

    server: FastMCP[Any]
    services: Mapping[str, Mock]
    operations: Mapping[str, JsonObject]
    remote: frozenset[str] = frozenset()


@contextmanager
def rehearsed(blueprint: Path) -> Iterator[Rehearsal]:
    """The server of a blueprint, for the time of the block. Toolsets that ask no service are as they are.

    Raises:
        BlueprintError: the blueprint has problems.
        StartError: something that it names cannot be used.
    """
    with ExitStack() as stack:
        services: dict[str, Mock] = {}
        kinds = {name: _played(kind, services, stack) for name, kind in installed_kinds().items()}
        declarations = {name: kind.declaration for name, kind in kinds.items()}
        loaded = load(blueprint, kinds=declarations, environment=os.environ)
        assembly = build(loaded, kinds, recorded=False)  # calls of a test are none of the server's
        stack.callback(assembly.workers.close)
        remote = frozenset(each.uri for each in assembly.loaded.blueprint.resource if each.url is not None)
        yield Rehearsal(assembly.mcp, services, dict(_operations(assembly, services)), remote)


def _operations(assembly: Assembly, services: Mapping[str, Mock]) -> Iterator[tuple[str, JsonObject]]:
    for declaration in assembly.loaded.blueprint.toolset:
        name = declaration.name or declaration.kind
        toolset = assembly.toolsets[name]
        if name in services:
            source = toolset if isinstance(toolset, OffersOnDemand) else Ready(toolset.operations)
            for outline in assembly.chosen[name]:
                yield declaration.prefix + outline.name, source.operation(outline.name).parameters


def _played(kind: ToolsetKind, services: dict[str, Mock], stack: ExitStack) -> ToolsetKind:
    if isinstance(kind, OpenApiKind):
        api = kind
        return _Played(api, lambda each, host: MockUpstream(api.description(each, host)), services, stack)
    if isinstance(kind, GraphQLKind):
        return _Played(kind, _graphql, services, stack)
    if isinstance(kind, GrpcKind):
        return _Played(kind, _grpc, services, stack)
    return kind


def _graphql(declaration: ToolsetDeclaration, host: Host) -> Mock:
    from seawall.testing.graphql import MockGraphQL  # noqa: PLC0415  what reads schemas loads slowly
    from seawall.toolsets.graphql.building import load_schema  # noqa: PLC0415  see above

    return MockGraphQL(load_schema(checked(declaration), host).schema)


def _grpc(declaration: ToolsetDeclaration, host: Host) -> Mock:
    wanted = checked_grpc(declaration)
    check_extra(compiler=bool(wanted.proto))
    quiet()
    from seawall.testing.grpc import MockGrpc  # noqa: PLC0415  an extra
    from seawall.toolsets.grpc.source import load as load_description  # noqa: PLC0415  an extra

    return MockGrpc(load_description(wanted, host))


class _Plays(Protocol):
    """How a mock stands in for the service of a declaration."""

    def __call__(self, declaration: ToolsetDeclaration, host: Host) -> Mock:
        """The mock, not listening yet."""


class _Moves(Protocol):
    """A kind that asks a service."""

    @property
    def name(self) -> str: ...

    @property
    def declaration(self) -> type[ToolsetDeclaration]: ...

    def moved(self, declaration: ToolsetDeclaration, url: str) -> ToolsetDeclaration: ...

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset: ...


class _Played:
    """A kind of toolset that asks a service, with a mock for each service."""

    def __init__(self, kind: _Moves, plays: _Plays, services: dict[str, Mock], stack: ExitStack) -> None:
        self._kind = kind
        self._plays = plays
        self._services = services
        self._stack = stack

    @property
    def name(self) -> str:
        return self._kind.name

    @property
    def declaration(self) -> type[ToolsetDeclaration]:
        return self._kind.declaration

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        """The toolset, with its requests going to the mock, and no secret that they would need."""
        service = self._stack.enter_context(self._plays(declaration, host))
        self._services[declaration.name or declaration.kind] = service
        return self._kind.build(self._kind.moved(declaration, service.url), host)

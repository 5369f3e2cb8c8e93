"""A project's server with the services behind it played by mocks: its tests reach no real API, and change nothing there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastmcp import FastMCP

from seawall.blueprint import load
from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.runtime.assemble import Assembly, build
from seawall.testing.upstream import MockUpstream
from seawall.toolsets.interface import Host, Toolset, ToolsetKind
from seawall.toolsets.openapi.toolset import OpenApiKind
from seawall.toolsets.outline import OffersOnDemand
from seawall.toolsets.registry import installed_kinds
from seawall.types import JsonObject

__all__ = ["Rehearsal", "rehearsed"]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A server under test.

    Attributes:
        server: the server itself, guarded as ever.
        services: by the toolset's name, the mock that plays the service behind it.
        operations: what can be called of these toolsets, listed or not: the input schema by the tool's name.
    """

    server: FastMCP[Any]
    services: Mapping[str, MockUpstream]
    operations: Mapping[str, JsonObject]


@contextmanager
def rehearsed(blueprint: Path) -> Iterator[Rehearsal]:
    """The server of a blueprint, for the time of the block. Toolsets that ask no service are as they are.

    Raises:
        BlueprintError: the blueprint has problems.
        StartError: something that it names cannot be used.
    """
    with ExitStack() as stack:
        services: dict[str, MockUpstream] = {}
        kinds = {name: _played(kind, services, stack) for name, kind in installed_kinds().items()}
        declarations = {name: kind.declaration for name, kind in kinds.items()}
        assembly = build(load(blueprint, kinds=declarations, environment=os.environ), kinds)
        stack.callback(assembly.workers.close)
        yield Rehearsal(assembly.mcp, services, dict(_operations(assembly, services)))


def _operations(assembly: Assembly, services: Mapping[str, MockUpstream]) -> Iterator[tuple[str, JsonObject]]:
    for declaration in assembly.loaded.blueprint.toolset:
        name = declaration.name or declaration.kind
        toolset = assembly.toolsets[name]
        if name in services and isinstance(toolset, OffersOnDemand):
            for outline in assembly.chosen[name]:
                yield declaration.prefix + outline.name, toolset.operation(outline.name).parameters


def _played(kind: ToolsetKind, services: dict[str, MockUpstream], stack: ExitStack) -> ToolsetKind:
    return _Played(kind, services, stack) if isinstance(kind, OpenApiKind) else kind


class _Played:
    """The kind of toolset that asks an API, with a mock for each API."""

    def __init__(self, kind: OpenApiKind, services: dict[str, MockUpstream], stack: ExitStack) -> None:
        self._kind = kind
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
        service = self._stack.enter_context(MockUpstream(self._kind.description(declaration, host)))
        self._services[declaration.name or declaration.kind] = service
        return self._kind.build(self._kind.moved(declaration, service.url), host)

"""The composition root: the one place where declarations become policies, toolsets and a FastMCP server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastmcp import FastMCP

from seawall.blueprint import Blueprint, LoadedBlueprint, ToolsetDeclaration, load
from seawall.errors import StartError
from seawall.runtime.bridge import Bridge
from seawall.runtime.caller import Scopes
from seawall.runtime.gather import effective_name, gather
from seawall.runtime.guard import Guard
from seawall.runtime.masking import quiet_fastmcp
from seawall.runtime.state import SessionState
from seawall.security.budget import WorkerPool
from seawall.toolsets.interface import Host, LeftOut, Operation, Toolset, ToolsetKind
from seawall.toolsets.registry import installed_kinds
from seawall.toolsets.serving import OperationTool, ToolsetLife, ToolsetProvider

__all__ = ["Assembly", "assemble", "build", "started"]

_QUEUED_PER_WORKER = 8  # blocking calls that may wait for each worker before callers are told to come again


@dataclass(frozen=True, slots=True)
class Assembly:
    """A server with the parts that it was made of.

    Attributes:
        mcp: the server; tools that are added to it later are guarded like all others.
        loaded: the blueprint.
        toolsets: by the name that each has in the blueprint.
        lives: the same names; who starts and closes each toolset.
        owners: the toolset's name for each tool that comes from one.
        left_out: by the toolset's name, what it has and does not offer.
        workers: the pool on which every blocking function runs.
    """

    mcp: FastMCP
    loaded: LoadedBlueprint
    toolsets: Mapping[str, Toolset]
    lives: Mapping[str, ToolsetLife]
    owners: Mapping[str, str]
    left_out: Mapping[str, tuple[LeftOut, ...]]
    workers: WorkerPool


def assemble(source: str | Path) -> FastMCP:
    """The hardened server that the blueprint at `source` describes, as a plain FastMCP server.

    Tools that are added to it afterwards (`@mcp.tool`) run inside of the same guards.

    Raises:
        BlueprintError: the blueprint has problems; the error holds all of them.
        StartError: the file, or something that it names, cannot be used.
    """
    kinds = installed_kinds()
    declarations = {name: kind.declaration for name, kind in kinds.items()}
    return build(load(Path(source), kinds=declarations, environment=os.environ), kinds).mcp


def build(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> Assembly:
    """Put the server together. Nothing is opened yet: `started` does that.

    Raises:
        BlueprintError: what a declaration names has faults, or operations, prefixes or tool names of the
            blueprint do not fit together.
        StartError: something that a declaration names cannot be used.
    """
    blueprint = loaded.blueprint
    limits = blueprint.limits
    workers = WorkerPool(size=limits.workers, queued=limits.workers * _QUEUED_PER_WORKER)
    host = Host(directory=loaded.directory, workers=workers, response_limit=limits.response_size)
    gathered = gather(loaded, kinds, host)
    lives = {name: ToolsetLife(each.toolset) for name, each in gathered.items()}
    mcp = _server(blueprint, workers)
    tools = [
        _tool(item, declaration, limits.response_size)
        for declaration in blueprint.toolset
        for item in gathered[effective_name(declaration)].offered
    ]
    mcp.add_provider(ToolsetProvider(lives, tools))
    return Assembly(
        mcp,
        loaded,
        toolsets={name: each.toolset for name, each in gathered.items()},
        lives=lives,
        owners={item.name: name for name, each in gathered.items() for item in each.offered},
        left_out={name: each.left_out for name, each in gathered.items()},
        workers=workers,
    )


@asynccontextmanager
async def started(assembly: Assembly) -> AsyncIterator[None]:
    """Keep the toolsets started for the time of the block, without serving.

    Raises:
        StartError: the source of a toolset is not there; the toolsets before it are closed again.
    """
    async with AsyncExitStack() as stack:
        stack.callback(assembly.workers.close)
        for life in assembly.lives.values():
            await stack.enter_async_context(life.held())
        yield


def _server(blueprint: Blueprint, workers: WorkerPool) -> FastMCP:
    limits = blueprint.limits
    quiet_fastmcp()
    mcp = FastMCP(
        name=blueprint.server.name,
        version=blueprint.server.version,
        instructions=blueprint.server.purpose or None,
        middleware=[
            Bridge(request_timeout=limits.request_timeout, response_size=limits.response_size),
        ],
        transforms=[
            Guard(
                scopes=Scopes(blueprint.stdio.scopes),
                workers=workers,
                request_timeout=limits.request_timeout,
                response_size=limits.response_size,
            ),
        ],
        mask_error_details=True,
        strict_input_validation=True,
        session_state_store=SessionState(),
        dereference_schemas=False,  # our schemas hold no references, and FastMCP would copy them at every list
    )
    if blueprint.server.title:
        mcp._mcp_server.title = blueprint.server.title  # noqa: SLF001  FastMCP has no door to the SDK's `title`
    return mcp


def _tool(operation: Operation, declaration: ToolsetDeclaration, response_size: int) -> OperationTool:
    try:
        return OperationTool.of(
            operation,
            response_limit=response_size,
            results=declaration.results,
            timeout=declaration.timeout,
            scopes=declaration.scopes,
        )
    except ValueError as error:
        raise StartError(
            f"{effective_name(declaration)}: the operation {operation.name!r} has a schema that is not valid: {error}."
        ) from error

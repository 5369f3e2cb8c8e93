"""What a transport needs to know of a server, whether it was assembled or hardened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from fastmcp import FastMCP

from seawall.blueprint.http import HttpSection
from seawall.runtime.metrics import Metrics
from seawall.security.budget import WorkerPool
from seawall.toolsets.interface import Toolset
from seawall.toolsets.life import ToolsetLife
from seawall.types import JsonObject

if TYPE_CHECKING:  # the first loads four hundred modules, and few servers have one
    from fastmcp.server.event_store import EventStore

    from seawall.runtime.reload import Reloader

__all__ = ["HttpSettings", "Resumption", "Served", "started"]


HttpSettings: TypeAlias = HttpSection
"""Where and to whom a server answers over HTTP: the table `[http]` of a blueprint, as a value."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """How clients take up a stream again whose connection broke (specification 2025-11-25, Resumability).

    Attributes:
        event_store: keeps the events of streams; None for no resuming.
        retry_interval: milliseconds after which a client should come back; needs an event store.
    """

    event_store: EventStore | None = None
    retry_interval: int | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A guarded server, as a transport sees it.

    Attributes:
        mcp: the server.
        workers: the pool on which its blocking functions run.
        metrics: what is counted of it.
        http: where and to whom it answers over HTTP.
        directory: where relative paths of `http` begin.
        resumption: how broken streams are taken up again; None for not at all.
        toolsets: those whose faults decide whether it is ready, by name; none for a hardened server.
        lives: the same names; who starts and closes each.
        parameters: the input schemas of all tools, when no further ones will come; None when some may.
        reloader: takes a changed blueprint over at SIGHUP; None where that ends the process.
        recording: who opens and closes the audit; None where nothing is recorded.
    """

    mcp: FastMCP
    workers: WorkerPool
    metrics: Metrics
    http: HttpSettings = field(default_factory=HttpSettings)
    directory: Path = field(default_factory=Path)
    resumption: Resumption | None = None
    toolsets: Mapping[str, Toolset] = field(default_factory=lambda: MappingProxyType({}))
    lives: Mapping[str, ToolsetLife] = field(default_factory=lambda: MappingProxyType({}))
    parameters: Sequence[JsonObject] | None = None
    recording: ToolsetLife | None = None
    reloader: Reloader | None = None


@asynccontextmanager
async def started(served: Served) -> AsyncIterator[None]:
    """Keep the toolsets started for the time of the block, without serving.

    Raises:
        StartError: the source of a toolset is not there; the toolsets before it are closed again.
    """
    async with AsyncExitStack() as stack:
        stack.callback(served.workers.close)
        if served.recording is not None:
            await stack.enter_async_context(served.recording.held())
        for life in served.lives.values():
            await stack.enter_async_context(life.held())
        yield

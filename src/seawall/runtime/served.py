"""What a transport needs to know of a server, whether it was assembled or hardened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

from fastmcp import FastMCP
from fastmcp.server.event_store import EventStore

from seawall.security.budget import WorkerPool
from seawall.toolsets.interface import Toolset
from seawall.toolsets.serving import ToolsetLife

__all__ = ["HttpPolicy", "Served", "started"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPolicy:
    """Where and to whom a server answers over HTTP.

    Attributes:
        host: the address to listen on; loopback.
        port: the port; 0 takes a free one.
        allowed_hosts: what `Host` may say beside loopback names.
        allowed_origins: the web pages that may call, beside those of this very server.
        event_store: keeps events of streams, so that a client can resume one; None for no resuming.
        retry_interval: milliseconds after which a client should come back; needs an event store.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    event_store: EventStore | None = None
    retry_interval: int | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A guarded server, as a transport sees it.

    Attributes:
        mcp: the server.
        workers: the pool on which its blocking functions run.
        request_timeout: seconds of one call, which a shutdown waits for.
        http: where it answers over HTTP.
        toolsets: those whose faults decide whether it is ready, by name; none for a hardened server.
        lives: the same names; who starts and closes each.
    """

    mcp: FastMCP
    workers: WorkerPool
    request_timeout: float
    http: HttpPolicy = field(default_factory=HttpPolicy)
    toolsets: Mapping[str, Toolset] = field(default_factory=lambda: MappingProxyType({}))
    lives: Mapping[str, ToolsetLife] = field(default_factory=lambda: MappingProxyType({}))


@asynccontextmanager
async def started(served: Served) -> AsyncIterator[None]:
    """Keep the toolsets started for the time of the block, without serving.

    Raises:
        StartError: the source of a toolset is not there; the toolsets before it are closed again.
    """
    async with AsyncExitStack() as stack:
        stack.callback(served.workers.close)
        for life in served.lives.values():
            await stack.enter_async_context(life.held())
        yield

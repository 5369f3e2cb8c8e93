"""One sandbox for all toolsets of a server that ask for the same, started for the first and ended after the last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_network
from typing import TYPE_CHECKING

from seawall.security.budget import WorkerPool

if TYPE_CHECKING:  # few servers run programs, and the others do without its modules
    from seawall.security.sandbox import Sandbox, Tier

__all__ = ["SharedSandboxes"]


@dataclass(slots=True)
class _Held:
    """A sandbox and how many hold it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sandbox: Sandbox | None = None
    holders: int = 0


class SharedSandboxes:
    """The sandboxes of one server, by the networks that they let programs connect to."""

    def __init__(self, workers: WorkerPool) -> None:
        """Args: workers: for looking at the machine, which blocks."""
        self._workers = workers
        self._held: dict[frozenset[str], _Held] = {}

    @asynccontextmanager
    async def held(self, minimum: Tier, networks: Sequence[str]) -> AsyncIterator[Sandbox]:
        """A started sandbox for the time of the block.

        Raises:
            UnsafeError: none here is as strong as `minimum`.
            StartError: it cannot be started.
        """
        from seawall.security.sandbox import Sandbox  # noqa: PLC0415  see above

        held = self._held.setdefault(frozenset(networks), _Held())
        async with held.lock:
            # Also where there is one already: it may be weaker than this one's minimum.
            looked_at = await self._workers.run(
                partial(Sandbox, minimum=minimum, networks=tuple(map(ip_network, networks)))
            )
            if held.sandbox is None:
                held.sandbox = await looked_at.__aenter__()
            held.holders += 1
        try:
            yield held.sandbox
        finally:
            async with held.lock:
                held.holders -= 1
                if held.holders == 0:
                    sandbox, held.sandbox = held.sandbox, None
                    await sandbox.__aexit__(None, None, None)

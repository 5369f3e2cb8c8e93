"""The files that functions are lent: opened when the toolset starts, closed with it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from seawall.errors import OperationError
from seawall.security.jail import Jail, JailPolicy, Roots
from seawall.toolsets.functions.declaration import LendingDeclaration
from seawall.toolsets.functions.injection import Opened, Resources
from seawall.toolsets.interface import Host
from seawall.toolsets.rooted import jail_policy, root_directories

__all__ = ["LentFiles"]


class LentFiles:
    """The roots of a declaration, twice where `access` allows writing: once for functions that only read."""

    def __init__(self, declaration: LendingDeclaration, host: Host, resources: Resources) -> None:
        """Nothing is opened yet; what will be is put into `resources`.

        Raises:
            StartError: `deny` has a malformed pattern.
        """
        self._roots = declaration.roots
        self._host = host
        self._resources = resources
        names = declaration.roots if isinstance(declaration.roots, dict) else ()
        self._reading = jail_policy(declaration, writable=False, roots=names)
        self._writing = (
            jail_policy(declaration, writable=True, roots=names) if declaration.access == "write" else None
        )
        self._sweep: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the roots, when there are any; remove in the background what a killed server left in them.

        Raises:
            StartError: a root is missing, no directory or unreadable.
        """
        if self._roots is None:
            return
        roots = root_directories(self._roots, self._host.directory)
        self._resources.reading = await self._host.workers.run(_opened, roots, self._reading)
        if self._writing is not None:
            self._resources.writing = await self._host.workers.run(_opened, roots, self._writing)
            self._sweep = asyncio.create_task(self._swept(self._resources.writing.roots))

    async def close(self) -> None:
        """Let go of the roots."""
        if self._sweep is not None:
            self._sweep.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweep
        for opened in (self._resources.reading, self._resources.writing):
            if opened is not None:
                opened.roots.close()

    def fault(self) -> str | None:
        """Why a root cannot be used now."""
        opened = self._resources.reading
        return None if opened is None else opened.roots.fault()

    async def _swept(self, roots: Roots) -> None:
        with suppress(OperationError):  # no worker free, or a vanished root: the next start tries again
            await self._host.workers.run(roots.sweep)


def _opened(roots: dict[str, Path], policy: JailPolicy) -> Opened:
    if list(roots) != [""]:
        return Opened(Roots.open(roots, policy), None)
    jail = Jail.open(roots[""], policy)
    return Opened(Roots({"": jail}, policy), jail)

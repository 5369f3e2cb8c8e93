"""Who starts a toolset, and who closes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

__all__ = ["Startable", "ToolsetLife"]


class Startable(Protocol):
    """What a life is of: a toolset, or something else that a server needs while it runs."""

    async def start(self) -> None:
        """Acquire what is needed."""

    async def close(self) -> None:
        """Release it. Called once, also after a failed start."""


class ToolsetLife:
    """Starts a toolset for the first who needs it and closes it after the last.

    The command starts toolsets before the server does, so that a missing root ends it with one clear line; the
    server's own lifespan then finds them started. FastMCP lifespans nest, so both may hold it at once.
    """

    def __init__(self, toolset: Startable) -> None:
        self._toolset = toolset
        self._lock = asyncio.Lock()
        self._holders = 0

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the toolset started for the time of the block.

        Raises:
            StartError: its source is not there.
        """
        async with self._lock:
            if self._holders == 0:
                await self._start()
            self._holders += 1
        try:
            yield
        finally:
            async with self._lock:
                self._holders -= 1
                if self._holders == 0:
                    await self._toolset.close()

    async def _start(self) -> None:
        try:
            await self._toolset.start()
        except BaseException:
            await self._toolset.close()
            raise

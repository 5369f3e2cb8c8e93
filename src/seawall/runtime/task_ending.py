"""The end of a server with background tasks under way. Imported only where there are tasks: it needs `seawall[tasks]`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from fastmcp_tasks import TasksExtension

__all__ = ["EndingTasks"]

_AGAIN: Final = 1.0  # seconds until what has not ended is asked once more, and then ends at once


class EndingTasks(TasksExtension):
    """FastMCP's tasks, which end with the server: by itself, its worker waits for each task as long as that takes."""

    def __init__(self, *, url: str, name: str, redelivery_timeout: timedelta, grace: float) -> None:
        """Make the extension.

        Args:
            url: where tasks are kept.
            name: of the queue.
            redelivery_timeout: after which a task counts as lost with its server.
            grace: seconds that tasks under way have when the server ends. What is cut off then is not marked as ended: where
                tasks outlive the server, the next one runs it again.
        """
        super().__init__(url=url, name=name, redelivery_timeout=redelivery_timeout)
        self._prefix = f"{name} - task:"
        self._grace = grace

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Run the worker, and end what it runs."""
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(super().lifespan())
            try:
                yield
            finally:
                cutting = asyncio.create_task(self._cut_off())
                try:
                    await stack.aclose()
                finally:
                    cutting.cancel()

    async def _cut_off(self) -> None:
        """Cancel what runs, until there is nothing; the worker has stopped to take more by then."""
        await asyncio.sleep(self._grace)
        while True:
            for task in asyncio.all_tasks():
                if task.get_name().startswith(self._prefix):
                    task.cancel()
            await asyncio.sleep(_AGAIN)

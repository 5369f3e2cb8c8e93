"""Running the server to its end, which no coroutine that does not stop can put off."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

__all__ = ["run_to_end"]

_T = TypeVar("_T")

_MOMENT: Final = 1.0  # seconds that coroutines have to stop when everything else has ended


def run_to_end(main: Coroutine[Any, Any, _T]) -> _T:
    """What `asyncio.run` does, but that one waits for ever for a task that catches its cancellation and goes on.

    Such a task is left where it is; asyncio says so in the log when the process ends.
    """
    with asyncio.Runner() as runner:
        try:
            return runner.run(main)
        finally:
            runner.run(_leave_behind())


async def _leave_behind() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if not rest:
        return
    _, deaf = await asyncio.wait(rest, timeout=_MOMENT)
    for task in deaf:
        asyncio._unregister_task(task)  # noqa: SLF001  documented ("Extending"); Runner waits for those it knows

"""The backlog step: only so many background tasks wait or run at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from seawall.runtime.pipeline.call import Answer, Call, Outcome, Proceed, Step
from seawall.security.backlog import Backlog

__all__ = ["backlog"]

Becomes: TypeAlias = Callable[[Call], Awaitable[bool]]
TaskOf: TypeAlias = Callable[[Answer], tuple[str, float] | None]


def backlog(tasks: Backlog, becomes_task: Becomes, task_of: TaskOf) -> Step:
    """A step that refuses a task too many before anything is put on the queue.

    Args:
        tasks: counts them.
        becomes_task: whether a call asks for a task.
        task_of: the id of the task that an answer tells of, and the seconds for which it can be asked for.
    """

    async def step(call: Call, proceed: Proceed) -> Outcome:
        if not await becomes_task(call):
            return await proceed(call)
        with tasks.slot(call.account) as slot:
            outcome = await proceed(call)
            made = task_of(outcome) if isinstance(outcome, Answer) else None
            if made is not None:
                tasks.keep(slot, *made)
            return outcome

    return step

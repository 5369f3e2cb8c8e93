"""The concurrency step: only so many calls are under way at once, and only so many wait."""

from __future__ import annotations

from seawall.runtime.pipeline.call import Call, Outcome, Proceed, Step
from seawall.security.admission import Admission

__all__ = ["concurrency"]


def concurrency(admission: Admission) -> Step:
    """A step that holds a place while the call is under way. Who cannot get one in time is told to come again."""

    async def step(call: Call, proceed: Proceed) -> Outcome:
        async with admission.place(call.account, call.name, call.deadline):
            return await proceed(call)

    return step

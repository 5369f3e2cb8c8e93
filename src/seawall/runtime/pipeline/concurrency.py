"""The concurrency step: only so many calls are under way at once, and only so many wait."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace

from seawall.runtime.pipeline.call import Call, Outcome, Proceed, Step
from seawall.security.admission import Admission
from seawall.security.budget import Deadline

__all__ = ["concurrency"]

_held: ContextVar[tuple[Admission, ...]] = ContextVar("seawall_places", default=())
"""Where this call has a place, itself or the one that it is a part of."""


def concurrency(admission: Admission, operation: Callable[[Call], str], *, task: bool = False) -> Step:
    """A step that holds a place while the call is under way. Who cannot get one in time is told to come again.

    A call that a call makes is a part of it and has its place: if it waited for another one, all places could be
    taken by calls that wait for theirs.

    Args:
        admission: gives the places.
        operation: what a call counts as.
        task: whether what has no place yet is the run of a background task: it was accepted before, and the time that
            it may take begins when it has its place.
    """

    async def step(call: Call, proceed: Proceed) -> Outcome:
        held = _held.get()
        if admission in held:
            return await proceed(call)
        async with admission.place(call.account, operation(call), call.deadline, accepted=task):
            token = _held.set((*held, admission))
            try:
                if task:
                    call = replace(call, deadline=Deadline.after(call.deadline.seconds))
                return await proceed(call)
            finally:
                _held.reset(token)

    return step

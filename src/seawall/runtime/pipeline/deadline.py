"""The deadline step: when time is up, or the caller has gone, the work is really cancelled, and nobody waits for it."""

from __future__ import annotations

import asyncio
import math
from typing import Final, TypeAlias

from seawall.errors import DeadlineExceededError
from seawall.runtime.pipeline.call import Call, Outcome, Proceed, Step
from seawall.security.budget import Stragglers

__all__ = ["deadline"]

_Ending: TypeAlias = Outcome | BaseException
_MOMENT: Final = (
    0.5  # seconds in which work that was told to stop at its deadline may still hand over what it has
)


def deadline(stragglers: Stragglers) -> Step:
    """A step that ends the call at its deadline, and when its caller goes.

    The work is a task of its own. A coroutine is cancelled at its next await; one that catches that and goes on is left
    behind and kept in `stragglers`, which bounds how many of them there can be. A function on a worker thread cannot
    be cancelled: its caller goes, and the thread counts as busy until the function returns (security/budget.py).
    """

    async def step(call: Call, proceed: Proceed) -> Outcome:
        operation = call.name if call.kind == "tool" else call.kind
        stragglers.check(operation)
        work = asyncio.create_task(_carried(call, proceed))
        try:
            if await _ends_within(work, call.deadline.remaining()):
                return _told(work.result())
            work.cancel()
            if await _ends_within(work, _MOMENT) and not work.cancelled():
                return _told(work.result())
        except asyncio.CancelledError:
            work.cancel()
            raise
        finally:
            if not work.done():
                stragglers.keep(work, operation)
        raise DeadlineExceededError(name=call.name, seconds=call.deadline.seconds)

    return step


async def _ends_within(work: asyncio.Task[_Ending], seconds: float) -> bool:
    await asyncio.wait({work}, timeout=None if math.isinf(seconds) else max(0.0, seconds))
    return work.done()


async def _carried(call: Call, proceed: Proceed) -> _Ending:
    """What `proceed` gives. SystemExit and its like are given too: raised in a task, they would end the whole loop."""
    try:
        return await proceed(call)
    except (Exception, asyncio.CancelledError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  boundary: see above
        return error


def _told(ending: _Ending) -> Outcome:
    if isinstance(ending, BaseException):
        raise ending
    return ending

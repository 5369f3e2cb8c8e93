"""The deadline step: when time is up, the work is really cancelled."""

from __future__ import annotations

import asyncio
import math

from seawall.errors import DeadlineExceededError
from seawall.runtime.pipeline.call import Call, Outcome, Proceed

__all__ = ["deadline"]


async def deadline(call: Call, proceed: Proceed) -> Outcome:
    """Cancel the call at its deadline.

    A coroutine is cancelled at its next await. A function on a worker thread cannot be: its caller goes, and the
    thread counts as busy until the function returns (security/budget.py).
    """
    remaining = call.deadline.remaining()
    if math.isinf(remaining):
        return await proceed(call)
    limit = asyncio.timeout(remaining)
    try:
        async with limit:
            return await proceed(call)
    except TimeoutError:
        if limit.expired():
            raise DeadlineExceededError(name=call.name, seconds=call.deadline.seconds) from None
        raise  # a timeout inside of the tool, not ours: the boundary judges it

"""The rate step: no caller calls more often than the limit."""

from __future__ import annotations

from collections.abc import Callable

from seawall.errors import RateLimitedError
from seawall.runtime.pipeline.call import Call, Outcome, Proceed, Step
from seawall.security.rate import RateLimiter

__all__ = ["rate"]


def rate(current: Callable[[], RateLimiter | None]) -> Step:
    """A step that refuses a call for which its account has no token left, and says when there is one again.

    Args: current: gives the limiter as it is at this moment; None for none.
    """

    async def step(call: Call, proceed: Proceed) -> Outcome:
        limiter = current()
        if limiter is not None and (wait := limiter.wait(call.account)) > 0:
            raise RateLimitedError(limit=str(limiter.rate), wait=wait)
        return await proceed(call)

    return step

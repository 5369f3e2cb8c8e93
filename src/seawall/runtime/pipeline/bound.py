"""The bound step: no result larger than the limit leaves the server."""

from __future__ import annotations

from seawall.errors import ResponseTooLargeError
from seawall.runtime.pipeline.call import Answer, Call, Outcome, Proceed, Step

__all__ = ["bound"]


def bound(limit: int) -> Step:
    """A step that holds results to `limit` bytes: cut when that leaves them usable, refused otherwise."""

    async def step(call: Call, proceed: Proceed) -> Outcome:
        outcome = await proceed(call)
        if not isinstance(outcome, Answer):
            return outcome
        size = outcome.payload.size()
        if size <= limit:
            return outcome
        shorter = outcome.payload.cut(limit)
        if shorter is None:
            raise ResponseTooLargeError(name=call.name, size=size, limit=limit)
        return Answer(shorter)

    return step

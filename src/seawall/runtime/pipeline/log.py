"""The log step: one record for every call, whatever became of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from seawall.runtime.pipeline.call import Call, Outcome, Proceed, Refusal, Step

__all__ = ["CallRecord", "log"]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What the operator is told about one call. It never holds the values of arguments.

    Attributes:
        call: the call itself; only its identity is written.
        outcome: `ok`; `refused` for a reason that the caller may know; `failed` unexpectedly; `cancelled`.
        code: the error's code, or None.
        seconds: how long it took.
        answer: the outcome of a call that ended, for its size; None for one that did not.
    """

    call: Call
    outcome: Literal["ok", "refused", "failed", "cancelled"]
    code: str | None
    seconds: float
    answer: Outcome | None


Write: TypeAlias = Callable[[CallRecord], None]


def log(write: Write) -> Step:
    """A step that hands one record to `write` when the call ends, also when it ends by cancellation."""

    async def step(call: Call, proceed: Proceed) -> Outcome:
        began = time.perf_counter()
        try:
            outcome = await proceed(call)
        except asyncio.CancelledError:
            write(CallRecord(call, "cancelled", None, time.perf_counter() - began, None))
            raise
        took = time.perf_counter() - began
        if isinstance(outcome, Refusal):
            word: Literal["failed", "refused"] = "failed" if outcome.report.reference else "refused"
            write(CallRecord(call, word, outcome.report.code, took, outcome))
        else:
            write(CallRecord(call, "ok", None, took, outcome))
        return outcome

    return step

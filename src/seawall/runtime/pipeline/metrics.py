"""The metrics step: every call is counted and timed, whatever became of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

from seawall.runtime.pipeline.call import Answer, Call, Outcome, Proceed, Refusal, Step

__all__ = ["Ending", "Meter", "metrics"]

Ending: TypeAlias = Literal["ok", "refused", "failed", "cancelled"]


class Meter(Protocol):
    """Keeps the counts."""

    def began(self) -> None:
        """A call is under way."""

    def ended(self, call: Call, ending: Ending, *, code: str, seconds: float, size: int) -> None:
        """It is not any more; `size` is the bytes of its result, 0 when there is none."""


def metrics(meter: Meter, measure: Callable[[Answer], int]) -> Step:
    """A step that tells `meter` when a call begins and how it ends; `measure` gives the bytes of a result."""

    async def step(call: Call, proceed: Proceed) -> Outcome:
        began = time.perf_counter()
        meter.began()
        ending: Ending = "cancelled"  # unless it comes to an end of its own
        code, size = "", 0
        try:
            outcome = await proceed(call)
            if isinstance(outcome, Refusal):
                ending, code = ("failed" if outcome.report.reference else "refused"), outcome.report.code
            else:
                ending, size = "ok", measure(outcome)
        finally:
            meter.ended(call, ending, code=code, seconds=time.perf_counter() - began, size=size)
        return outcome

    return step

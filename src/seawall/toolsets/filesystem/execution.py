"""Runs blocking work on the server's workers so that it ends soon after its caller has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from seawall.errors import DeadlineExceededError
from seawall.security.budget import Deadline, StopSignal, WorkerPool

__all__ = ["Execution", "answer_by", "check"]

_T = TypeVar("_T")
_MARGIN_SHARE: Final = 0.1
_MARGIN_MOST: Final = 1.0  # seconds


def check(signal: StopSignal, name: str) -> None:
    """To be called between the steps of work that has no partial result.

    Raises:
        DeadlineExceededError: time is up, or the caller has gone (who then does not see it).
    """
    if signal.cancelled or signal.expired:
        raise DeadlineExceededError(name=name, seconds=signal.deadline.seconds)


def answer_by(deadline: Deadline) -> Deadline:
    """When a partial result must be ready, so that it still arrives before `deadline`."""
    return deadline.earlier(min(_MARGIN_MOST, max(0.0, deadline.remaining()) * _MARGIN_SHARE))


class Execution:
    """The work that one toolset has under way."""

    def __init__(self, workers: WorkerPool) -> None:
        self._workers = workers
        self._waited_for: set[StopSignal] = set()

    async def run(self, work: Callable[[StopSignal], _T], deadline: Deadline) -> _T:
        """Run `work` on a worker. When the caller is cancelled, its signal is set and nobody waits for it.

        Raises:
            OverloadedError: every worker is busy and the queue is full.
        """
        signal = StopSignal(deadline)
        self._waited_for.add(signal)
        try:
            return await self._workers.run(work, signal)
        except asyncio.CancelledError:
            signal.cancel()
            raise
        finally:
            self._waited_for.discard(signal)

    def stop(self) -> None:
        """Tell all work under way that nobody waits for it."""
        for signal in self._waited_for:
            signal.cancel()

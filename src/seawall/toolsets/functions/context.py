"""What a function may ask about the call that it serves, and do for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from seawall.errors import DeadlineExceededError
from seawall.security.budget import Deadline, StopSignal, WorkerPool
from seawall.toolsets.interface import CallContext, Caller, Progress

__all__ = ["Context"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Context:
    """The call under way, for functions that have a parameter of this type.

    Every member may be used from `def` functions, which run on worker threads, and from `async def` ones; `run`
    is for the latter.
    """

    def __init__(self, call: CallContext, name: str, workers: WorkerPool, signal: StopSignal) -> None:
        """Made for each call by the toolset; `name` is the operation's."""
        self._call = call
        self._name = name
        self._workers = workers
        self._signal = signal
        self._progress = _Progress(call.progress)

    @property
    def request_id(self) -> str:
        """Seawall's own id of the call, as in the log."""
        return self._call.request_id

    @property
    def caller(self) -> Caller:
        """Who calls."""
        return self._call.caller

    @property
    def deadline(self) -> Deadline:
        """When the caller stops waiting; `deadline.remaining()` gives seconds."""
        return self._call.deadline

    @property
    def response_limit(self) -> int:
        """Bytes that the result may have."""
        return self._call.response_limit

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits any more: the caller has gone, or the deadline has passed."""
        return self._signal.cancelled or self._signal.expired

    def check(self) -> None:
        """End the call here if nobody waits for it. A thread cannot be stopped, so long loops ask.

        Raises:
            DeadlineExceededError: the caller has gone (and does not see it), or time is up.
        """
        if self.cancelled:
            raise DeadlineExceededError(name=self._name, seconds=self.deadline.seconds)

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tell the client how far the work is, if it asked. Never waits.

        While one report is on its way the next ones replace each other, so that a fast loop may report every step.
        """
        self._progress.report(done, total, message)

    async def run(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a blocking function, such as a jail's method, on the server's bounded workers.

        Raises:
            OverloadedError: every worker is busy and the queue is full.
        """
        return await self._workers.run(function, *args, **kwargs)

    def renew(self, call: CallContext, signal: StopSignal) -> None:
        """From here on it is the context of another call, for functions that answer several. The toolset calls it."""
        self._call = call
        self._signal = signal
        self._progress = _Progress(call.progress)

    async def settle(self) -> None:
        """Wait until the last report has gone out: none may follow the result. The toolset calls it."""
        await self._progress.settle()


class _Progress:
    """Sends reports from any thread, one at a time, the latest first."""

    def __init__(self, send: Progress) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._latest: tuple[float, float | None, str | None] | None = None
        self._sending = False
        self._task: asyncio.Task[None] | None = None

    def report(self, done: float, total: float | None, message: str | None) -> None:
        with self._lock:
            self._latest = (done, total, message)
            if self._sending:
                return
            self._sending = True
        self._loop.call_soon_threadsafe(self._begin)

    async def settle(self) -> None:
        while self._sending:
            if self._task is None:
                await asyncio.sleep(0)  # `_begin` is due
            else:
                await self._task

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._send_all())

    async def _send_all(self) -> None:
        while True:
            with self._lock:
                report, self._latest = self._latest, None
                if report is None:
                    self._sending, self._task = False, None
                    return
            await self._send(*report)

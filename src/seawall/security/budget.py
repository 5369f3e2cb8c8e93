"""The budget guard: how long, and on how many threads, a caller may keep the server busy."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import math
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

from seawall.errors import OverloadedError

__all__ = ["Deadline", "StopSignal", "Stragglers", "WorkerPool"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock after which nobody waits for the result any more.

    Attributes:
        expires_at: seconds on `time.monotonic()`; infinity means never.
        seconds: how long the whole call was given, for messages.
    """

    expires_at: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that lies `seconds` from now."""
        return cls(time.monotonic() + seconds, seconds)

    @classmethod
    def never(cls) -> Deadline:
        """No deadline."""
        return cls(math.inf, math.inf)

    def remaining(self) -> float:
        """Seconds left; negative when it has passed."""
        return self.expires_at - time.monotonic()

    def earlier(self, seconds: float) -> Deadline:
        """The same deadline, `seconds` sooner: time to hand over what was found until then."""
        return Deadline(self.expires_at - seconds, self.seconds)


class StopSignal:
    """Tells work on another thread that nobody waits for it any more.

    Threads cannot be killed, so long work asks `cancelled` (the caller has gone: drop everything) and
    `expired` (time is up: hand over what there is) between its steps.
    """

    __slots__ = ("_cancelled", "deadline")

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self._cancelled = False

    def cancel(self) -> None:
        """Say that the caller has gone."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether the caller has gone."""
        return self._cancelled

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline.remaining() <= 0


class Stragglers:
    """Coroutines that were told to stop and run on, on one event loop.

    Nothing can end them, so that only so many of them are allowed: while an operation has left that many behind, it
    is not begun anew.
    """

    def __init__(self, *, most: int) -> None:
        """Args: most: of one operation."""
        self._most = most
        self._running: dict[asyncio.Task[object], str] = {}  # strong references: the loop itself holds none
        self._of: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[asyncio.Task[object]]:
        return iter(tuple(self._running))

    def resize(self, most: int) -> None:
        """Let one operation leave so many behind from now on."""
        self._most = most

    def check(self, operation: str) -> None:
        """Let the operation begin.

        Raises:
            OverloadedError: it has left too many behind.
        """
        if self._of[operation] >= self._most:
            raise OverloadedError

    def keep(self, task: asyncio.Task[Any], operation: str) -> None:
        """Count the task until it ends. What it gives or raises then is nobody's."""
        self._running[task] = operation
        self._of[operation] += 1
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[object]) -> None:
        operation = self._running.pop(task)
        self._of[operation] -= 1
        if not self._of[operation]:
            del self._of[operation]
        if not task.cancelled():
            task.exception()  # so that asyncio does not say that nobody asked


@dataclass(slots=True)
class _Job:
    run: Callable[[], object]
    done: Callable[[object, BaseException | None], None]
    abandoned: bool = False


_Inbox: TypeAlias = "queue.SimpleQueue[_Job | None]"


class WorkerPool:
    """Runs blocking functions on a bounded number of threads.

    A caller that is cancelled goes at once, but the thread is counted as busy until its function returns:
    the number of threads never exceeds `size`, whatever callers do. At most `queued` calls wait for a
    thread; one more raises OverloadedError. Threads are started when needed and are daemons, so a function
    that hangs cannot keep the process from ending.

    Of idle threads the one that worked last goes on, whose memory the processor still has at hand.
    """

    def __init__(self, *, size: int, queued: int) -> None:
        self._size = size
        self._queued = queued
        self._waiting: deque[_Job] = deque()
        self._idle: list[_Inbox] = []
        self._lock = threading.Lock()
        self._threads = 0
        self._pending = 0  # given to the pool and not yet finished, abandoned ones included
        self._closed = False
        self._numbers = itertools.count(1)

    @property
    def busy(self) -> int:
        """How many calls run or wait, those whose caller has gone included."""
        return self._pending

    async def run(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run `function` on a worker thread, in a copy of the caller's context.

        What it raises is raised here, but a StopIteration, which no future can carry: that comes as the cause
        of a RuntimeError, as it does when it leaves a coroutine (PEP 479).

        Raises:
            OverloadedError: every thread is busy and the queue is full.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[object] = loop.create_future()

        def settle(result: object, error: BaseException | None) -> None:
            if future.done():
                return  # the caller has gone
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def done(result: object, error: BaseException | None) -> None:
            try:
                loop.call_soon_threadsafe(settle, result, error)
            except RuntimeError:
                return  # the loop was closed while the function ran: nobody is left to tell

        context = contextvars.copy_context()
        job = _Job(run=lambda: context.run(function, *args, **kwargs), done=done)
        self._submit(job)
        try:
            return cast("_T", await future)  # what the function returned, carried through the queue
        except asyncio.CancelledError:
            job.abandoned = True
            raise

    def _submit(self, job: _Job) -> None:
        with self._lock:
            if self._pending >= self._size + self._queued:
                raise OverloadedError
            self._closed = False
            if self._idle:
                self._idle.pop().put(job)
            elif self._threads >= self._size or not self._start_thread(job):
                self._waiting.append(job)
            self._pending += 1

    def _start_thread(self, job: _Job) -> bool:
        """Start a thread with its first job; False when the system has none to give and another one will take it."""
        inbox: _Inbox = queue.SimpleQueue()
        inbox.put(job)
        thread = threading.Thread(
            target=self._work, args=(inbox,), name=f"seawall-worker-{next(self._numbers)}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            if self._threads == 0:
                raise OverloadedError from error
            return False
        self._threads += 1
        return True

    def _work(self, inbox: _Inbox) -> None:
        while True:
            job = inbox.get()
            if job is None:
                with self._lock:
                    if not self._goes_on(inbox):
                        return
                continue
            result: object = None
            error: BaseException | None = None
            if not job.abandoned:  # a call that was cancelled while it waited costs nothing
                try:
                    result = job.run()
                except StopIteration as caught:
                    error = RuntimeError("the function raised StopIteration")
                    error.__cause__ = caught
                except BaseException as caught:  # noqa: BLE001  boundary: carried to the caller's task
                    error = caught
            with self._lock:
                self._pending -= 1
                goes_on = self._goes_on(inbox)
            job.done(result, error)
            if not goes_on:
                return
            del job, result, error  # an idle thread holds nobody's data

    def _goes_on(self, inbox: _Inbox) -> bool:
        """Give a thread that has nothing to do its next job, or let it be idle; False when it ends. With the lock."""
        if self._waiting:
            inbox.put(self._waiting.popleft())
        elif self._closed:
            self._threads -= 1
            return False
        else:
            self._idle.append(inbox)
        return True

    def close(self) -> None:
        """Let idle threads end. Calls under way are not waited for. The next call opens the pool again."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().put(None)

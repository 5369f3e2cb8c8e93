"""The budget guard: threads stay bounded whatever callers do, and nothing that happens on them is lost."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from seawall.errors import OverloadedError
from seawall.security.budget import Deadline, StopSignal, WorkerPool

pytestmark = pytest.mark.anyio
GUARD = 20.0


@contextmanager
def gate() -> Iterator[threading.Event]:
    """Something that worker threads wait for; opened at the end, so that no thread outlives its test."""
    event = threading.Event()
    try:
        yield event
    finally:
        event.set()


def workers() -> set[threading.Thread]:
    """The worker threads of this process, those of other tests that are about to end included."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("seawall-worker")}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(GUARD):
        while not condition():  # noqa: ASYNC110  a thread's state, which no event tells
            await asyncio.sleep(0.005)


async def test_a_deadline_counts_down_and_can_be_moved_earlier() -> None:
    deadline = Deadline.after(100)
    assert 99 < deadline.remaining() <= 100
    assert deadline.earlier(50).remaining() <= 50
    assert Deadline.never().remaining() == float("inf")


async def test_a_stop_signal_tells_a_caller_who_left_from_time_that_is_up() -> None:
    stop = StopSignal(Deadline.after(100))
    assert (stop.cancelled, stop.expired) == (False, False)
    stop.cancel()
    assert (stop.cancelled, stop.expired) == (True, False)
    assert StopSignal(Deadline.after(-1)).expired


async def test_a_function_runs_on_a_worker_thread_with_its_arguments() -> None:
    pool = WorkerPool(size=1, queued=0)

    def add(first: int, *, second: int) -> tuple[str, int]:
        return threading.current_thread().name, first + second

    name, total = await pool.run(add, 1, second=2)
    assert (name.startswith("seawall-worker"), total) == (True, 3)
    pool.close()


async def test_two_hundred_cancelled_hanging_calls_use_no_more_threads_than_the_bound() -> None:
    before = workers()
    pool = WorkerPool(size=4, queued=200)
    with gate() as opened:
        tasks = [asyncio.create_task(pool.run(opened.wait)) for _ in range(200)]
        await until(lambda: pool.busy == 200)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        assert len(workers() - before) <= 4
        assert pool.busy >= 4, "a thread counts as busy until its function returns, not until its caller goes"
    await until(lambda: pool.busy == 0)
    assert await pool.run(lambda: "free again") == "free again"
    pool.close()


async def test_a_call_that_was_cancelled_while_it_waited_never_runs() -> None:
    pool = WorkerPool(size=1, queued=5)
    ran: list[str] = []
    with gate() as opened:
        first = asyncio.create_task(pool.run(opened.wait))
        waiting = asyncio.create_task(pool.run(ran.append, "waiting"))
        await until(lambda: pool.busy == 2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await first
    await until(lambda: pool.busy == 0)
    assert ran == []
    pool.close()


async def test_one_call_more_than_threads_and_queue_hold_is_refused_and_the_place_comes_back() -> None:
    pool = WorkerPool(size=2, queued=1)
    with gate() as opened:
        tasks = [asyncio.create_task(pool.run(opened.wait)) for _ in range(3)]
        await until(lambda: pool.busy == 3)
        with pytest.raises(OverloadedError) as caught:
            await pool.run(int)
        assert caught.value.retryable
    await asyncio.gather(*tasks)
    assert await pool.run(int) == 0
    pool.close()


async def test_the_callers_context_variables_are_there_and_changes_stay_on_the_thread() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    pool = WorkerPool(size=1, queued=0)
    variable.set("caller")

    def change() -> str:
        seen = variable.get()
        variable.set("thread")
        return seen

    assert await pool.run(change) == "caller"
    assert variable.get() == "caller"
    pool.close()


@pytest.mark.parametrize(
    "error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), BaseException("bare")]
)
async def test_what_the_function_raises_is_raised_at_its_caller(error: BaseException) -> None:
    pool = WorkerPool(size=1, queued=0)

    def fail() -> None:
        raise error

    caught: BaseException | None = None
    try:  # not pytest.raises: SystemExit must not leave the coroutine even for a moment
        await pool.run(fail)
    except BaseException as raised:  # noqa: BLE001  see above
        caught = raised
    assert caught is error
    assert await pool.run(int) == 0, "the thread lives on"
    pool.close()


async def test_stop_iteration_which_no_future_carries_arrives_as_a_cause() -> None:
    pool = WorkerPool(size=1, queued=0)
    async with asyncio.timeout(GUARD):
        with pytest.raises(RuntimeError) as caught:
            await pool.run(next, iter(()))
    assert isinstance(caught.value.__cause__, StopIteration)
    pool.close()


def test_a_function_that_returns_after_its_loop_was_closed_harms_nobody() -> None:
    pool = WorkerPool(size=1, queued=0)
    with gate() as opened:

        async def leave() -> None:
            task = asyncio.create_task(pool.run(opened.wait))
            await until(lambda: pool.busy == 1)
            task.cancel()

        asyncio.run(leave())
    assert asyncio.run(_after(pool)) == "alive"
    pool.close()


async def _after(pool: WorkerPool) -> str:
    await until(lambda: pool.busy == 0)
    return await pool.run(lambda: "alive")


async def test_idle_threads_end_when_the_pool_is_closed() -> None:
    before = workers()
    pool = WorkerPool(size=3, queued=0)
    await asyncio.gather(*(pool.run(time.sleep, 0.01) for _ in range(3)))
    assert workers() - before
    pool.close()
    await until(lambda: not workers() - before)


async def test_a_closed_pool_opens_again_and_keeps_its_bound_even_with_calls_under_way() -> None:
    before = workers()
    pool = WorkerPool(size=2, queued=10)
    with gate() as opened:
        hanging = asyncio.create_task(pool.run(opened.wait))
        await until(lambda: pool.busy == 1)
        for _ in range(5):
            pool.close()
            async with asyncio.timeout(GUARD):
                assert await pool.run(lambda: "again") == "again"
            assert len(workers() - before) <= 2
    await hanging
    pool.close()
    await until(lambda: not workers() - before)


async def test_an_idle_thread_holds_nobodys_data() -> None:
    class Data:
        pass

    pool = WorkerPool(size=1, queued=0)
    data = Data()
    reference = weakref.ref(data)
    await pool.run(lambda given: given, data)
    del data
    gc.collect()
    await asyncio.sleep(0.05)
    gc.collect()
    assert reference() is None
    pool.close()


async def test_a_machine_without_threads_to_give_is_overload(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    pool = WorkerPool(size=1, queued=0)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(OverloadedError):
            await pool.run(int)
    assert await pool.run(int) == 0
    pool.close()


async def test_the_thread_that_worked_last_goes_on() -> None:
    """Its memory is still at hand; in turn, every call would wake a thread that has slept for long."""
    before = workers()
    pool = WorkerPool(size=8, queued=0)
    barrier = threading.Barrier(8)
    await asyncio.gather(*(pool.run(barrier.wait, GUARD) for _ in range(8)))
    assert len({await pool.run(threading.get_ident) for _ in range(16)}) == 1
    pool.close()
    await until(lambda: not workers() - before)


async def test_a_thread_that_was_told_to_end_works_on_when_the_pool_is_in_use_again() -> None:
    before = workers()
    pool = WorkerPool(size=2, queued=100)
    for _ in range(200):
        pool.close()
        assert await asyncio.gather(*(pool.run(abs, -1) for _ in range(4))) == [1] * 4
    assert pool.busy == 0
    pool.close()
    await until(lambda: not workers() - before)


async def test_a_call_that_waits_when_the_pool_is_closed_still_runs() -> None:
    before = workers()
    pool = WorkerPool(size=1, queued=1)
    with gate() as opened:
        first = asyncio.create_task(pool.run(opened.wait, GUARD))
        second = asyncio.create_task(pool.run(abs, -1))
        await until(lambda: pool.busy == 2)
        pool.close()
    async with asyncio.timeout(GUARD):
        assert (await first, await second) == (True, 1)
    await until(lambda: not workers() - before)

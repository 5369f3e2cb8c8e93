"""Calls: arguments made into values, blocking functions bounded and told when nobody waits, progress in order."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import DeadlineExceededError, InvalidArgumentsError, OverloadedError, ToolFailedError
from seawall.security.budget import WorkerPool
from toolsets.python.workshop import Workshop

pytestmark = pytest.mark.anyio

GUARD = 30.0


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens on another thread."""
    while not condition():  # noqa: ASYNC110  threads set no events of the loop
        await asyncio.sleep(0.01)


VALIDATED = """
    def even(value: int) -> int:
        if value % 2:
            raise ValueError("it must be even")
        return value

    class Span(BaseModel):
        start: dt.date
        days: Annotated[int, AfterValidator(even)] = 2

    def it(span: Span, also: dt.datetime | None = None, more: list[Annotated[int, AfterValidator(even)]] = []) -> str:
        return repr(span)
"""


@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "GeneratorExit"])
async def test_what_a_thread_raises_is_no_signal_and_ends_no_coroutine(tmp_path: Path, kind: str) -> None:
    text = f"""
    def fail() -> str:
        raise {kind}
    """
    async with Workshop.of(tmp_path, text) as shop:
        with pytest.raises(RuntimeError, match=f"the function raised {kind}"):
            await shop.call("fail")


@pytest.mark.parametrize(
    ("arguments", "faults"),
    [
        ({"span": {"start": "tomorrow"}}, ["span.start should be a valid date"]),
        ({"span": {"start": "2026-02-30"}}, ["span.start should be a valid date"]),
        ({"span": {"start": "2026-01-01T00:00:00"}}, ["span.start should be a valid date"]),
        ({"span": {"start": "2026-01-01", "days": 3}}, ["span.days is refused: it must be even"]),
        ({"span": {"start": "2026-01-01"}, "also": "noon"}, ["also should be a valid datetime"]),
        ({"span": {"start": "2026-01-01", "days": 3.0}}, ["span.days is refused: it must be even"]),
        ({"span": {"start": "2026-01-01"}, "more": [2, 3]}, ["more[1] is refused: it must be even"]),
        ({"span": {"start": "2026-01-01"}, "more": [1] * 9}, ["more[0]", "more[1]", "more[2]", "more[3]", "more[4]", "and more"]),
        ({"span": {"start": "x", "days": 3}}, ["span.start", "span.days"]),
    ],
)  # fmt: skip
async def test_what_the_schema_cannot_say_is_refused_by_the_arguments_name(
    tmp_path: Path, arguments: dict[str, Any], faults: list[str]
) -> None:
    async with Workshop.of(tmp_path, VALIDATED) as shop:
        with pytest.raises(InvalidArgumentsError) as caught:
            await shop.call("it", **arguments)
    assert len(caught.value.faults) == len(faults)
    assert all(said.startswith(expected) for said, expected in zip(caught.value.faults, faults, strict=True))
    assert caught.value.__suppress_context__, "the cause holds the values of the call"


async def test_an_integral_number_is_an_integer_as_json_schema_has_it(tmp_path: Path) -> None:
    async with Workshop.of(tmp_path, VALIDATED) as shop:
        text = await shop.text("it", span={"start": "2026-01-01", "days": 4.0})
    assert text == "Span(start=datetime.date(2026, 1, 1), days=4)"


async def test_errors_of_our_tree_pass_and_others_are_left_to_the_pipeline(tmp_path: Path) -> None:
    text = """
        def meant() -> str:
            raise seawall.ToolFailedError("The shop is closed.", hint="Come back at nine.")
        async def unexpected() -> str:
            raise KeyError("secret")
    """
    async with Workshop.of(tmp_path, text) as shop:
        with pytest.raises(ToolFailedError, match=r"The shop is closed\. Come back at nine\."):
            await shop.call("meant")
        with pytest.raises(KeyError):
            await shop.call("unexpected")


THREADS = """
    def where() -> str: return threading.current_thread().name
    async def loop() -> str: return threading.current_thread().name
    def block() -> str:
        held.wait()
        return "released"
    held = threading.Event()
"""


async def test_a_def_runs_on_a_worker_and_an_async_def_on_the_loop(tmp_path: Path) -> None:
    async with Workshop.of(tmp_path, THREADS) as shop:
        assert (await shop.text("where")).startswith("seawall-worker")
        assert await shop.text("loop") == threading.current_thread().name


async def test_blocking_functions_share_the_bounded_workers_also_after_their_callers_have_gone(
    tmp_path: Path,
) -> None:
    workers = WorkerPool(size=2, queued=1)
    async with asyncio.timeout(GUARD), Workshop.of(tmp_path, THREADS, workers=workers) as shop:
        calls = [asyncio.create_task(shop.text("block")) for _ in range(3)]
        await until(lambda: workers.busy == 3)
        with pytest.raises(OverloadedError):
            await shop.text("where")
        calls[0].cancel()
        await asyncio.wait([calls[0]])
        with pytest.raises(OverloadedError):
            await shop.text("where")
        sys.modules["workshop_tools"].held.set()
        assert await asyncio.gather(*calls[1:]) == ["released", "released"]


CANCELLED = """
    log = []
    begun = threading.Event()

    def by_check(context: seawall.Context) -> str:
        begun.set()
        while True:
            time.sleep(0.01)
            try:
                context.check()
            except Exception as error:
                log.append(type(error).__name__)
                raise

    def by_asking(context: seawall.Context) -> str:
        begun.set()
        while not context.cancelled:
            time.sleep(0.01)
        log.append("cancelled")
        return "partial"

    async def coroutine() -> str:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            log.append("CancelledError")
            raise
"""


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("by_check", "DeadlineExceededError"),
        ("by_asking", "cancelled"),
        ("coroutine", "CancelledError"),
    ],
)
async def test_a_function_learns_that_its_caller_has_gone(tmp_path: Path, name: str, entry: str) -> None:
    async with asyncio.timeout(GUARD), Workshop.of(tmp_path, CANCELLED) as shop:
        module = sys.modules["workshop_tools"]
        call = asyncio.create_task(shop.text(name))
        await until(module.begun.is_set)
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()
        await until(lambda: module.log == [entry])


async def test_a_function_learns_that_its_time_is_up_or_that_the_server_ends(tmp_path: Path) -> None:
    async with asyncio.timeout(GUARD):
        async with Workshop.of(tmp_path, CANCELLED) as shop:
            assert await shop.text("by_asking", seconds=0.05) == "partial"
            with pytest.raises(DeadlineExceededError):
                await shop.text("by_check", seconds=0.05)
            call = asyncio.create_task(shop.text("by_asking"))
            await asyncio.sleep(0.05)
        assert await call == "partial"


PROGRESS = """
    def from_thread(context: seawall.Context) -> str:
        for step in range(20_000):
            context.progress(step, 20_000, "step")
        context.progress(20_000, 20_000, "all")
        return "done"

    async def from_loop(context: seawall.Context) -> str:
        context.progress(1)
        return "done"

    def failing(context: seawall.Context) -> str:
        context.progress(1)
        raise seawall.ToolFailedError("No.")

    async def borrowed(context: seawall.Context) -> str:
        return await context.run(lambda: threading.current_thread().name)

    def told(context: seawall.Context) -> list[object]:
        return [context.request_id, context.caller.principal, context.response_limit, context.deadline.seconds]
"""


async def test_progress_arrives_in_order_and_never_after_the_result(tmp_path: Path) -> None:
    async with Workshop.of(tmp_path, PROGRESS) as shop:
        assert await shop.text("from_thread") == "done"
        seen = list(shop.progress)
        steps = [each[0] for each in seen]
        assert steps == sorted(steps)
        assert seen[-1:] == [(20_000, 20_000, "all")]
        await asyncio.sleep(0.05)
        assert len(shop.progress) == len(seen)
        shop.progress.clear()
        assert await shop.text("from_loop") == "done"
        assert shop.progress == [(1, None, None)]
        with pytest.raises(ToolFailedError):
            await shop.text("failing")
        assert shop.progress == [(1, None, None), (1, None, None)]
        assert shop.most_at_once == 1


async def test_the_context_tells_about_the_call_and_lends_workers(tmp_path: Path) -> None:
    async with Workshop.of(tmp_path, PROGRESS) as shop:
        assert (await shop.text("borrowed")).startswith("seawall-worker")
        assert await shop.data("told") == {"result": ["request", "local", 1024 * 1024, 60]}

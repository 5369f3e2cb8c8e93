"""Each step of the pipeline alone, and the order that they stand in."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from runtime.pipeline.steps import Text, answering, raising, sleeping
from seawall.errors import (
    DeadlineExceededError,
    InvalidArgumentsError,
    OperationError,
    OverloadedError,
    PathNotFoundError,
    ResponseTooLargeError,
    ToolFailedError,
)
from seawall.runtime.pipeline.bound import bound
from seawall.runtime.pipeline.boundary import boundary
from seawall.runtime.pipeline.call import Answer, Call, Outcome, Proceed, Refusal, Report, Step, chain
from seawall.runtime.pipeline.concurrency import concurrency
from seawall.runtime.pipeline.deadline import deadline
from seawall.runtime.pipeline.log import CallRecord, log
from seawall.runtime.pipeline.order import AROUND_READ, AROUND_REQUEST, AROUND_TOOL, arrange
from seawall.runtime.pipeline.validate import validate
from seawall.security.admission import Admission
from seawall.security.budget import Deadline, Stragglers

pytestmark = pytest.mark.anyio
OK = answering(Text("fine"))


async def test_steps_run_in_their_order_the_first_one_outermost(call: Call) -> None:
    seen: list[str] = []

    def named(name: str) -> Step:
        async def step(call: Call, proceed: Proceed) -> Outcome:
            seen.append(name)
            return await proceed(call)

        return step

    await chain([named("a"), named("b")], OK)(call)
    assert seen == ["a", "b"]


def test_the_order_of_every_half_is_fixed_and_every_place_has_a_reason() -> None:
    request = ["log", "metrics", "audit", "redact", "boundary", "rate", "authorize"]
    tool = ["audit", "redact_refusal", "boundary", "validate", "concurrency", "deadline", "bound", "redact"]
    assert [place.step for place in AROUND_REQUEST] == [*request, "concurrency", "backlog"]
    assert [place.step for place in AROUND_READ] == [*request, "concurrency", "deadline", "bound"]
    assert [place.step for place in AROUND_TOOL] == tool
    assert all(place.reason for place in (*AROUND_READ, *AROUND_TOOL))


def test_a_half_with_a_step_missing_cannot_be_arranged() -> None:
    with pytest.raises(KeyError):
        arrange(AROUND_TOOL, {"deadline": deadline(Stragglers(most=1))})


async def test_log_writes_one_record_for_an_answer(call: Call) -> None:
    records: list[CallRecord] = []
    await log(records.append)(call, OK)
    assert [(record.outcome, record.code) for record in records] == [("ok", None)]


@pytest.mark.parametrize(("reference", "outcome"), [(None, "refused"), ("ref", "failed")])
async def test_log_tells_a_refusal_from_a_failure(call: Call, reference: str | None, outcome: str) -> None:
    async def refuse(_call: Call) -> Outcome:
        return Refusal(Report("some_code", "m", None, retryable=False, reference=reference))

    records: list[CallRecord] = []
    await log(records.append)(call, refuse)
    assert [(record.outcome, record.code) for record in records] == [(outcome, "some_code")]


async def test_log_writes_a_record_for_a_cancelled_call_and_lets_the_cancellation_go_on(call: Call) -> None:
    records: list[CallRecord] = []
    task = asyncio.ensure_future(log(records.append)(call, sleeping))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [record.outcome for record in records] == ["cancelled"]


class TestBoundary:
    """What leaves the boundary was meant for the caller."""

    async def pass_through(self, call: Call, error: BaseException) -> tuple[Outcome, list[BaseException]]:
        noted: list[BaseException] = []

        def translate(error: Exception, _call: Call) -> OperationError | None:
            return ToolFailedError("said on purpose") if isinstance(error, LookupError) else None

        step = boundary(translate, lambda error, _call: noted.append(error))
        return await step(call, raising(error)), noted

    async def test_an_error_of_our_tree_becomes_its_report(self, call: Call) -> None:
        outcome, noted = await self.pass_through(call, PathNotFoundError(path="a"))
        assert isinstance(outcome, Refusal)
        assert (outcome.report.code, noted) == ("not_found", [])

    async def test_an_error_that_was_meant_for_the_caller_is_translated(self, call: Call) -> None:
        outcome, noted = await self.pass_through(call, LookupError("x"))
        assert isinstance(outcome, Refusal)
        assert (outcome.report.message, noted) == ("said on purpose", [])

    @pytest.mark.parametrize(
        "error",
        [
            RuntimeError("secret"),
            SystemExit("secret"),
            BaseException("secret"),
            ExceptionGroup("secret", [OSError()]),
        ],
    )
    async def test_everything_else_is_masked_and_noted_under_the_reference(
        self, call: Call, error: BaseException
    ) -> None:
        outcome, noted = await self.pass_through(call, error)
        assert isinstance(outcome, Refusal)
        assert (outcome.report.code, outcome.report.reference) == ("internal_error", call.request_id)
        assert "secret" not in f"{outcome.report}"
        assert noted == [error]

    async def test_a_cancelled_error_that_nobody_asked_for_is_a_failure(self, call: Call) -> None:
        outcome, noted = await self.pass_through(call, asyncio.CancelledError("leaked from an inner task"))
        assert isinstance(outcome, Refusal)
        assert (outcome.report.code, len(noted)) == ("internal_error", 1)

    async def test_a_real_cancellation_passes_untouched(self, call: Call) -> None:
        step = boundary(lambda _error, _call: None, lambda _error, _call: pytest.fail("noted"))
        task = asyncio.ensure_future(step(call, sleeping))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_validate_lets_nothing_run_for_arguments_with_a_fault(call: Call) -> None:
    step = validate(lambda arguments: ["name is wrong"] if "name" in arguments else [])
    with pytest.raises(InvalidArgumentsError, match="name is wrong"):
        await step(call, raising(AssertionError("it ran")))
    assert isinstance(await step(replace(call, arguments={}), OK), Answer)


async def test_deadline_cancels_what_runs_at_the_deadline(call: Call) -> None:
    ended: list[str] = []

    async def slow(_call: Call) -> Outcome:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        raise AssertionError

    with pytest.raises(DeadlineExceededError, match=r"greet was stopped after 0\.01 s"):
        await deadline(Stragglers(most=1))(replace(call, deadline=Deadline.after(0.01)), slow)
    assert ended == ["cancelled"]


@pytest.mark.parametrize("limit", [Deadline.never(), Deadline.after(60)])
async def test_deadline_leaves_a_timeout_of_the_tools_own_alone(call: Call, limit: Deadline) -> None:
    with pytest.raises(TimeoutError, match="inner"):
        await deadline(Stragglers(most=1))(replace(call, deadline=limit), raising(TimeoutError("inner")))
    assert isinstance(await deadline(Stragglers(most=1))(replace(call, deadline=limit), OK), Answer)


class TestDeadlineAndCoroutinesThatDoNotStop:
    """Nobody waits for one, and only so many of an operation are left behind."""

    async def stopped(self, call: Call, stragglers: Stragglers, left: asyncio.Event) -> str:
        async def deaf(_call: Call) -> Outcome:
            while not left.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await left.wait()
            raise RuntimeError("nobody hears this")

        with pytest.raises((DeadlineExceededError, OverloadedError)) as caught:
            await deadline(stragglers)(replace(call, deadline=Deadline.after(0.01)), deaf)
        return caught.value.code

    async def test_the_call_ends_and_the_operation_is_refused_until_one_of_them_ends(
        self, call: Call
    ) -> None:
        stragglers, left = Stragglers(most=2), asyncio.Event()
        codes = [await self.stopped(call, stragglers, left) for _ in range(3)]
        assert codes == ["deadline_exceeded", "deadline_exceeded", "overloaded"]
        assert isinstance(await deadline(stragglers)(replace(call, name="other"), OK), Answer)
        left.set()
        await asyncio.wait(stragglers)
        assert isinstance(await deadline(stragglers)(call, OK), Answer)

    async def test_one_whose_caller_goes_is_left_behind_too(self, call: Call) -> None:
        stragglers, left, began = Stragglers(most=1), asyncio.Event(), asyncio.Event()

        async def deaf(_call: Call) -> Outcome:
            began.set()
            while not left.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await left.wait()
            return Answer(Text("late"))

        calling = asyncio.ensure_future(deadline(stragglers)(call, deaf))
        await began.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        assert len(stragglers) == 1
        left.set()

    async def test_a_tool_that_ends_the_process_ends_only_its_call(self, call: Call) -> None:
        """Raised in a task, SystemExit would end the loop with everybody's calls."""
        with pytest.raises(SystemExit):
            await deadline(Stragglers(most=1))(call, raising(SystemExit(1)))


async def test_bound_passes_what_fits_and_cuts_or_refuses_what_does_not(call: Call) -> None:
    assert await bound(4)(call, OK) == Answer(Text("fine"))
    assert await bound(3)(call, OK) == Answer(Text("fin"))
    with pytest.raises(ResponseTooLargeError, match="4 bytes; the limit is 3"):
        await bound(3)(call, answering(Text("fine", can_cut=False)))


async def test_bound_lets_a_refusal_pass(call: Call) -> None:
    refusal = Refusal(Report("code", "m" * 100, None, retryable=False))

    async def refuse(_call: Call) -> Outcome:
        return refusal

    assert await bound(1)(call, refuse) is refusal


class TestConcurrency:
    @pytest.mark.parametrize("task", [True, False])
    async def test_the_time_of_a_task_begins_when_it_has_its_place(self, call: Call, *, task: bool) -> None:
        seen: list[Deadline] = []

        async def end(call: Call) -> Outcome:
            seen.append(call.deadline)
            return await OK(call)

        call = replace(call, deadline=Deadline.after(60))
        admission = Admission(places=1, queued=1)
        async with admission.place("b", "other", Deadline.never()):
            waiting = asyncio.ensure_future(_concurrency(admission, task=task)(call, end))
            await asyncio.sleep(0.05)
        await waiting
        assert (seen[0] is call.deadline) is not task
        assert seen[0].seconds == 60

    async def test_a_call_within_a_call_has_its_place(self, call: Call) -> None:
        admission = Admission(places=1, queued=0)
        step = _concurrency(admission)
        outcome = await chain([step, step], OK)(call)
        assert isinstance(outcome, Answer)
        assert admission.taken == 0

    async def test_a_call_within_a_call_of_another_server_needs_a_place_there(self, call: Call) -> None:
        full = Admission(places=1, queued=0)
        async with full.place("b", "other", Deadline.never()):
            with pytest.raises(OverloadedError):
                await chain([_concurrency(Admission(places=1, queued=0)), _concurrency(full)], OK)(call)


def _concurrency(admission: Admission, *, task: bool = False) -> Step:
    return concurrency(admission, lambda call: call.name, task=task)

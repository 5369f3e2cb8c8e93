"""The slots of background tasks: bounded, shared, and never lost."""

from __future__ import annotations

import pytest

from seawall.errors import OverloadedError
from seawall.security.backlog import Backlog


class Clock:
    """A clock that goes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def made(backlog: Backlog, account: str, task: str, seconds: float = 60.0) -> None:
    with backlog.slot(account) as slot:
        backlog.keep(slot, task, seconds)


def filled(backlog: Backlog, account: str) -> int:
    """How many tasks the account gets."""
    for number in range(100):
        try:
            made(backlog, account, f"{account}-{number}")
        except OverloadedError:
            return number
    raise AssertionError("no bound")


def test_one_account_leaves_room_for_others() -> None:
    backlog = Backlog(most=32)
    assert filled(backlog, "hog") == 30
    assert filled(backlog, "victim") == 1
    assert filled(backlog, "third") == 1
    assert filled(backlog, "fourth") == 0


def test_the_only_account_of_a_server_has_every_slot() -> None:
    assert filled(Backlog(most=16, alone={"local"}), "local") == 16


def test_who_has_tasks_is_told_to_wait_for_them_and_who_has_none_to_come_again() -> None:
    backlog = Backlog(most=1)
    made(backlog, "a", "1")
    with pytest.raises(OverloadedError) as own, backlog.slot("a"):
        pass
    with pytest.raises(OverloadedError) as other, backlog.slot("b"):
        pass
    assert (own.value.hint, other.value.hint) == (
        "Wait until one of yours has ended, or cancel one.",
        "Call again in a moment.",
    )


def test_a_call_that_made_no_task_gives_its_slot_back() -> None:
    backlog = Backlog(most=1)
    with backlog.slot("a"):
        assert len(backlog) == 1
    with pytest.raises(ValueError, match="refused"), backlog.slot("a"):
        raise ValueError("refused")
    assert len(backlog) == 0


def test_a_task_counts_until_its_run_ends() -> None:
    backlog = Backlog(most=1)
    made(backlog, "a", "1")
    with backlog.run("1") as account:
        assert (account, len(backlog)) == ("a", 1)
    assert len(backlog) == 0


@pytest.mark.parametrize("ended", [True, False])
def test_a_task_may_run_before_the_request_that_made_it_is_answered(*, ended: bool) -> None:
    backlog = Backlog(most=1)
    with backlog.slot("a") as slot:
        run = backlog.run("1")
        assert run.__enter__() is None
        if ended:
            run.__exit__(None, None, None)
        backlog.keep(slot, "1", 60)
    assert len(backlog) == (0 if ended else 1)
    if not ended:
        backlog.cancelled("1")
        assert len(backlog) == 1  # it runs still
        run.__exit__(None, None, None)
    assert len(backlog) == 0


def test_a_task_that_is_cancelled_before_it_runs_gives_its_slot_back_and_one_that_runs_when_it_stops() -> (
    None
):
    backlog = Backlog(most=2)
    made(backlog, "a", "waits")
    made(backlog, "b", "runs")
    with backlog.run("runs"):
        backlog.cancelled("waits")
        backlog.cancelled("runs")
        assert len(backlog) == 1
    assert len(backlog) == 0


def test_a_task_that_another_process_runs_counts_until_it_is_heard_of_or_forgotten() -> None:
    clock = Clock()
    backlog = Backlog(most=2, clock=clock)
    made(backlog, "a", "1", seconds=60)
    made(backlog, "b", "2", seconds=60)
    backlog.ended("1")
    assert len(backlog) == 1
    clock.now = 61
    made(backlog, "c", "3")
    assert len(backlog) == 1


def test_a_task_that_runs_here_is_never_forgotten() -> None:
    clock = Clock()
    backlog = Backlog(most=1, clock=clock)
    made(backlog, "a", "1", seconds=60)
    with backlog.run("1"):
        clock.now = 3600
        with pytest.raises(OverloadedError), backlog.slot("b"):
            pass


def test_what_is_not_known_leaves_nothing_behind() -> None:
    backlog = Backlog(most=1)
    with backlog.run("foreign") as account:
        assert account is None
    backlog.ended("foreign")
    backlog.cancelled("foreign")
    assert (len(backlog), len(backlog._early)) == (0, 0)

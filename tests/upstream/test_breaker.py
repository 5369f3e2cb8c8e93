"""The states of a breaker, on a clock that the test turns."""

from __future__ import annotations

import pytest

from seawall.errors import UpstreamUnavailableError
from seawall.upstream.breaker import Breaker, Closed, HalfOpen, Open
from seawall.upstream.policy import BreakerPolicy


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    """A breaker that has just opened, for ten seconds."""
    breaker = Breaker(BreakerPolicy(failures=2, pause=10, longest_pause=30), host="api.example", clock=clock)
    for _ in range(2):
        breaker.begin().failed("it cannot be reached")
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    breaker = Breaker(BreakerPolicy(failures=2), host="api.example")
    for _ in range(5):
        breaker.begin().failed("x")
        breaker.begin().succeeded()
    assert breaker.state == Closed()
    assert breaker.fault is None


def test_while_it_is_open_the_refusal_says_when_to_come_back() -> None:
    clock = Clock()
    breaker = opened(clock)
    assert isinstance(breaker.state, Open)
    clock.now += 4
    with pytest.raises(UpstreamUnavailableError) as caught:
        breaker.begin()
    assert caught.value.wait == pytest.approx(6)
    assert (
        str(caught.value) == "The service api.example is unavailable: it cannot be reached. Try again in 6 s."
    )


def test_after_the_pause_one_request_tries_and_all_others_are_refused() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    trial = breaker.begin()
    assert isinstance(breaker.state, HalfOpen)
    assert breaker.fault
    with pytest.raises(UpstreamUnavailableError):
        breaker.begin()
    trial.succeeded()
    assert breaker.fault is None


def test_each_failed_try_doubles_the_pause_up_to_the_longest() -> None:
    clock = Clock()
    breaker = opened(clock)
    for pause in (20, 30, 30):
        clock.now += 1000
        breaker.begin().failed("still")
        assert isinstance(breaker.state, Open)
        assert breaker.state.until - clock.now == pause


def test_a_try_that_was_given_up_lets_the_next_one_try() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    breaker.begin().abandoned()
    breaker.begin().succeeded()
    assert breaker.state == Closed()


def test_the_host_may_ask_for_a_longer_pause_within_the_limit() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    breaker.begin().failed("it answers 503", wait=3600)
    assert breaker.wait == 30


def test_only_the_first_word_of_a_trial_counts() -> None:
    breaker = Breaker(BreakerPolicy(failures=1), host="api.example")
    trial = breaker.begin()
    trial.succeeded()
    trial.failed("later")
    assert breaker.state == Closed()


def test_a_failure_that_comes_late_changes_nothing_that_was_decided_since() -> None:
    clock = Clock()
    breaker = Breaker(BreakerPolicy(failures=1, pause=10), host="api.example", clock=clock)
    late, first = breaker.begin(), breaker.begin()
    first.failed("x")
    until = breaker.state
    clock.now += 5
    late.failed("y")
    assert breaker.state == until

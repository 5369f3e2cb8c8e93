"""The callers' buckets: refilled evenly, bounded in number, and not to be gained by a flood of identities."""

from __future__ import annotations

import pytest

from seawall.security.rate import Rate, RateLimiter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("text", "per_second"), [("20/s", 20.0), ("300/m", 5.0), ("3600/h", 1.0), ("1/s", 1.0)]
)
def test_a_rate_is_read_and_written_as_people_do(text: str, per_second: float) -> None:
    assert Rate.parse(text).per_second == per_second
    assert str(Rate.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "20", "20/d", "0/s", "-1/s", "1.5/s", "20/s ", "20 / s", "9999999999/s"]
)
def test_anything_else_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate.parse(text)


@pytest.mark.parametrize(("calls", "seconds", "burst"), [(0, 1, None), (1, 0, None), (1, 1, 0)])
def test_a_rate_that_lets_nothing_through_is_refused(calls: int, seconds: float, burst: int | None) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate(calls, seconds, burst)


def test_a_bucket_gives_its_burst_and_then_what_comes_back() -> None:
    clock = Clock()
    limiter = RateLimiter(Rate(2, 1.0, burst=3), clock=clock)
    assert [limiter.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now = 0.5
    assert [limiter.wait("a"), limiter.wait("a")] == [0, 0.5]


def test_accounts_do_not_share() -> None:
    limiter = RateLimiter(Rate(1, 60), clock=Clock())
    assert [limiter.wait("a"), limiter.wait("b"), limiter.wait("a")] == [0, 0, 60]


class TestFlood:
    """An attacker with as many addresses as he likes."""

    def test_the_table_does_not_grow(self) -> None:
        limiter = RateLimiter(Rate(1, 60), kept=100, clock=Clock())
        for number in range(10_000):
            limiter.wait(f"address:{number}")
        assert len(limiter) <= 100

    def test_nobody_gets_a_fresh_bucket_by_pushing_the_old_one_out(self) -> None:
        limiter = RateLimiter(Rate(1, 60), kept=100, clock=Clock())
        assert limiter.wait("address:attacker") == 0
        for number in range(10_000):
            limiter.wait(f"address:{number}")
        assert limiter.wait("address:attacker") > 0

    def test_who_comes_when_the_table_is_full_shares_one_bucket(self) -> None:
        limiter = RateLimiter(Rate(1, 60), kept=100, clock=Clock())
        passed = sum(limiter.wait(f"address:{number}") == 0 for number in range(10_000))
        assert passed == 101

    def test_principals_are_not_crowded_out_by_addresses(self) -> None:
        limiter = RateLimiter(Rate(1, 60), kept=100, clock=Clock())
        for number in range(10_000):
            limiter.wait(f"address:{number}")
        assert limiter.wait("principal:honest") == 0

    def test_after_it_the_table_is_emptied_again(self) -> None:
        clock = Clock()
        limiter = RateLimiter(Rate(1, 60), kept=100, clock=clock)
        for number in range(100):
            limiter.wait(f"address:{number}")
        clock.now = 61
        for _ in range(60):
            limiter.wait("address:new")
            limiter.wait(f"address:other{_}")
        assert len(limiter) < 100

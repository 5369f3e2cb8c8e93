"""The places of calls under way: bounded, fair, and never lost."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from seawall.errors import OverloadedError
from seawall.security.admission import Admission, leaves_room
from seawall.security.budget import Deadline

pytestmark = pytest.mark.anyio
GUARD = 30.0


class Crowd:
    """Calls that hold their place until they are told to leave; `entered` has them in the order of admission."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.entered: list[str] = []
        self.leave: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(
        self,
        name: str,
        account: str,
        operation: str = "tool",
        seconds: float = GUARD,
        *,
        accepted: bool = False,
    ) -> None:
        self.leave[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(
            self._call(name, account, operation, seconds, accepted=accepted)
        )
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _call(
        self, name: str, account: str, operation: str, seconds: float, *, accepted: bool = False
    ) -> None:
        async with self.admission.place(account, operation, Deadline.after(seconds), accepted=accepted):
            self.entered.append(name)
            await self.leave[name].wait()

    async def go(self, *names: str) -> None:
        for name in names:
            self.leave[name].set()
            await self.tasks[name]
            await asyncio.sleep(0)

    async def end(self) -> None:
        for event in self.leave.values():
            event.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        assert (self.admission.taken, self.admission.waiting) == (0, 0)


async def test_only_so_many_enter_and_the_next_one_follows() -> None:
    crowd = Crowd(Admission(places=2, queued=5))
    for name in ("1", "2", "3"):
        await crowd.come(name, f"account{name}", f"tool{name}")
    assert crowd.entered == ["1", "2"]
    await crowd.go("1")
    assert crowd.entered == ["1", "2", "3"]
    await crowd.end()


async def test_no_operation_takes_the_last_places() -> None:
    crowd = Crowd(Admission(places=8, queued=20))
    for number in range(10):
        await crowd.come(f"hang{number}", "a", "hang")
    assert len(crowd.entered) == 6
    await crowd.come("other", "a", "other")  # of the same account, for which there is room too
    assert crowd.entered[-1] == "other"
    await crowd.end()


async def test_no_account_takes_the_last_places_however_many_tools_it_calls() -> None:
    crowd = Crowd(Admission(places=32, queued=80))
    for number in range(64):
        await crowd.come(f"hog{number}", "hog", f"tool{number % 2}")
    assert len(crowd.entered) == 30
    await crowd.come("victim", "victim", "quick")
    assert crowd.entered[-1] == "victim"
    await crowd.end()


async def test_the_only_account_of_a_server_has_every_place() -> None:
    crowd = Crowd(Admission(places=16, queued=40, alone={"local"}))
    for number in range(20):
        await crowd.come(str(number), "local", f"tool{number % 2}")
    assert len(crowd.entered) == 16
    await crowd.end()


async def test_a_place_that_comes_free_lets_in_all_whom_it_makes_room_for() -> None:
    """What an account may hold grows faster than what is free: it must not wait for a second call to end."""
    crowd = Crowd(Admission(places=4, queued=40))
    for name, account in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("c1", "c"), ("a3", "a"), ("b2", "b")]:
        await crowd.come(name, account, name)
    assert crowd.entered == ["a1", "a2", "b1", "c1"]
    await crowd.go("a1")
    assert crowd.entered == ["a1", "a2", "b1", "c1"]  # the last place is for who holds none
    await crowd.go("a2")
    assert crowd.entered == ["a1", "a2", "b1", "c1", "a3"]
    await crowd.go("c1")
    assert crowd.entered[-1] == "b2"
    await crowd.end()


@given(places=some.integers(2, 10_000))
def test_one_account_leaves_a_sixteenth_and_one_at_least(places: int) -> None:
    held = 0
    while leaves_room(held=held, free=places - held):
        held += 1
    assert places - held == max(1, -(-places // 16))


@given(
    places=some.integers(1, 16),
    hogs=some.lists(some.integers(1, 24), min_size=1, max_size=5),
    ends=some.randoms(use_true_random=False),
)
def test_no_account_starves(places: int, hogs: list[int], ends: random.Random) -> None:
    """Whatever the others hold and wait with, a newcomer is in after as many endings as there are accounts."""

    async def play() -> None:
        crowd = Crowd(Admission(places=places, queued=sum(hogs) + 2))
        for account, calls in enumerate(hogs):
            for number in range(calls):
                await crowd.come(f"{account}-{number}", f"hog{account}", f"tool{number % 3}")
        await crowd.come("victim", "victim", "quick")
        for _ in range(len(hogs) + 1):
            if "victim" in crowd.entered:
                break
            under_way = [name for name in crowd.entered if not crowd.leave[name].is_set()]
            await crowd.go(ends.choice(under_way))
        assert "victim" in crowd.entered
        while crowd.admission.taken:  # and nobody is forgotten
            under_way = [name for name in crowd.entered if not crowd.leave[name].is_set()]
            await crowd.go(ends.choice(under_way))
        assert len(crowd.entered) == sum(hogs) + 1
        await crowd.end()

    asyncio.run(play())


async def test_a_single_place_can_be_taken_by_any_operation() -> None:
    crowd = Crowd(Admission(places=1, queued=1))
    await crowd.come("1", "a")
    assert crowd.entered == ["1"]
    await crowd.end()


async def test_accounts_wait_in_turn() -> None:
    crowd = Crowd(Admission(places=1, queued=10))
    for name, account in [("0", "z"), ("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")]:
        await crowd.come(name, account)
    await crowd.go("0", "a1", "b1", "a2", "a3")
    assert crowd.entered == ["0", "a1", "b1", "a2", "a3"]
    await crowd.end()


async def test_a_full_queue_refuses_the_account_that_filled_it() -> None:
    crowd = Crowd(Admission(places=1, queued=2))
    for number in range(4):
        await crowd.come(str(number), "a")
    with pytest.raises(OverloadedError):
        await crowd.tasks["3"]
    await crowd.end()


async def test_a_newcomer_takes_the_last_place_of_the_longest_line() -> None:
    crowd = Crowd(Admission(places=1, queued=3))
    for number in range(4):
        await crowd.come(str(number), "a")
    await crowd.come("b", "b")
    with pytest.raises(OverloadedError):
        await crowd.tasks["3"]
    await crowd.go("0", "1", "b")
    assert crowd.entered[:3] == ["0", "1", "b"]
    await crowd.end()


async def test_what_was_accepted_before_waits_beside_the_queue_and_nobody_takes_its_turn() -> None:
    crowd = Crowd(Admission(places=1, queued=1))
    await crowd.come("0", "a")
    for number in range(3):
        await crowd.come(f"task{number}", "a", accepted=True)
    await crowd.come("1", "a")
    assert crowd.admission.waiting == 1
    await crowd.come("b", "b")
    with pytest.raises(OverloadedError):
        await crowd.tasks["b"]
    await crowd.go("0", "task0", "task1", "task2", "1")
    await crowd.end()


async def test_waiting_ends_at_the_deadline() -> None:
    crowd = Crowd(Admission(places=1, queued=3))
    await crowd.come("1", "a")
    await crowd.come("2", "a", seconds=0.01)
    with pytest.raises(OverloadedError):
        await crowd.tasks["2"]
    await crowd.end()


async def test_who_goes_while_waiting_leaves_no_trace() -> None:
    crowd = Crowd(Admission(places=1, queued=3))
    for name in ("1", "2", "3"):
        await crowd.come(name, "a")
    crowd.tasks["2"].cancel()
    await asyncio.sleep(0)
    await crowd.go("1")
    assert crowd.entered == ["1", "3"]
    await crowd.end()


async def test_who_goes_in_the_moment_of_admission_gives_the_place_on() -> None:
    crowd = Crowd(Admission(places=1, queued=3))
    for name in ("1", "2", "3"):
        await crowd.come(name, "a")
    crowd.leave["1"].set()
    await crowd.tasks["1"]  # "2" has its place now, but has not run yet
    crowd.tasks["2"].cancel()
    await asyncio.gather(crowd.tasks["2"], return_exceptions=True)
    await asyncio.sleep(0)
    assert crowd.entered[-1] == "3"
    await crowd.end()


async def test_who_goes_in_the_moment_before_admission_is_passed_over() -> None:
    """A cancelled task stands in its line until the loop gets round to it; a place given to it would be lost."""
    crowd = Crowd(Admission(places=1, queued=5))
    for name in ("0", "gone", "next"):
        await crowd.come(name, "a")
    crowd.leave["0"].set()
    crowd.tasks["gone"].cancel()
    await crowd.tasks["0"]  # it ran before "gone" did
    await asyncio.sleep(0)
    assert crowd.entered == ["0", "next"]
    await crowd.end()


async def test_a_newcomer_may_take_the_place_of_one_who_is_just_going() -> None:
    crowd = Crowd(Admission(places=1, queued=3))
    for name, account in [("0", "z"), ("a1", "a"), ("a2", "a"), ("gone", "a")]:
        await crowd.come(name, account)
    crowd.leave["b"] = asyncio.Event()
    crowd.tasks["b"] = asyncio.create_task(crowd._call("b", "b", "tool", GUARD))
    crowd.tasks["gone"].cancel()  # the loop gets to "b" first
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert crowd.admission.waiting == 3
    await crowd.go("0", "a1", "b", "a2")
    assert crowd.entered == ["0", "a1", "b", "a2"]
    await crowd.end()

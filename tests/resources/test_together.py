"""Work that many ask for at once: done once, for what was so when they asked."""

from __future__ import annotations

import asyncio

import pytest

from seawall.resources.together import Together

pytestmark = pytest.mark.anyio


class Counted:
    """Work that waits until it may end, and says which run it was."""

    def __init__(self) -> None:
        self.runs = 0
        self.together = Together(self._work)
        self.go = asyncio.Event()

    async def _work(self) -> int:
        self.runs += 1
        run = self.runs
        await self.go.wait()
        return run

    async def asked(self, times: int) -> list[asyncio.Task[int]]:
        asking = [asyncio.create_task(self.together.result()) for _ in range(times)]
        await asyncio.sleep(0.01)
        return asking


async def test_many_who_ask_at_once_share_a_run_and_who_comes_later_shares_the_next() -> None:
    work = Counted()
    first = await work.asked(20)
    later = await work.asked(20)
    assert work.runs == 1
    work.go.set()
    assert await asyncio.gather(*first) == [1] * 20
    assert await asyncio.gather(*later) == [2] * 20
    assert await work.together.result() == 3


async def test_who_goes_away_ends_it_for_nobody_else() -> None:
    work = Counted()
    first, second = await work.asked(2)
    first.cancel()
    await asyncio.wait({first})
    work.go.set()
    assert await second == 1


async def test_what_goes_wrong_is_told_to_everybody_and_the_next_run_is_a_new_one() -> None:
    failing = [True]

    async def work() -> str:
        await asyncio.sleep(0)
        if failing:
            raise LookupError(failing.pop())
        return "well"

    together = Together(work)
    asked = await asyncio.gather(together.result(), together.result(), return_exceptions=True)
    assert [type(each) for each in asked] == [LookupError, LookupError]
    assert await together.result() == "well"


def test_a_run_that_a_closed_loop_left_behind_stops_nobody() -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        return "well"

    together = Together(work)

    async def left() -> None:
        asyncio.create_task(together.result())  # noqa: RUF006  it is left on purpose

    asyncio.run(left())
    assert asyncio.run(together.result()) == "well"

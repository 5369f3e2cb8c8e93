"""Watching for changes: what is told, to whom, and within which bounds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager

import pytest

from seawall.errors import OverloadedError, ResourceNotFoundError, TooManySubscriptionsError
from seawall.resources import watch as watching
from seawall.resources.watch import Notices, Watch
from seawall.security.budget import WorkerPool

pytestmark = pytest.mark.anyio
GUARD = 30.0


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_PAUSE", 0.0)
    monkeypatch.setattr(watching, "_SHARE", 0)


class World:
    """States that a test changes."""

    def __init__(self) -> None:
        self.states: dict[str, Hashable] = {}
        self.looks = 0

    def of(self, uri: str) -> Callable[[], Hashable]:
        self.states.setdefault(uri, 0)

        def look() -> Hashable:
            assert threading.current_thread() is not threading.main_thread()
            self.looks += 1
            return self.states[uri]

        return look


@asynccontextmanager
async def running(most: int = 10, **settings: frozenset[str]) -> AsyncIterator[tuple[Watch, World]]:
    pool = WorkerPool(size=2, queued=8)
    try:
        watch, world = Watch(pool, most=most, **settings), World()
        async with watch.running():
            yield watch, world
    finally:
        pool.close()


async def told(notices: Notices) -> str | None:
    return await asyncio.wait_for(notices.next(), GUARD)


async def test_everybody_who_wants_it_is_told_of_each_change() -> None:
    async with running() as (watch, world):
        one, two = Notices("a"), Notices("b")
        for notices in (one, two):
            await watch.add(notices, "x", world.of("x"))
        for state in (1, None, 1):
            world.states["x"] = state
            assert (await told(one), await told(two)) == ("x", "x")


async def test_many_changes_before_one_is_heard_of_are_one_notice() -> None:
    notices = Notices("a")
    for uri in ("x", "y", "x", "x"):
        notices.tell(uri)
    notices.end()
    assert [await told(notices) for _ in range(3)] == ["x", "y", None]


async def test_of_what_nobody_wants_any_more_nothing_is_told_and_nobody_looks() -> None:
    async with running() as (watch, world):
        notices = Notices("a")
        for uri in ("x", "y"):
            await watch.add(notices, uri, world.of(uri))
        world.states |= {"x": 1, "y": 1}
        watch.remove(notices, "x")
        watch.remove(notices, "x")
        assert await told(notices) == "y"
        watch.leave(notices)
        assert len(watch) == 0
        assert await told(notices) is None
        await asyncio.sleep(0.05)
        looks = world.looks
        await asyncio.sleep(0.05)
        assert world.looks == looks


async def test_a_notice_that_was_not_heard_goes_with_its_subscription() -> None:
    async with running() as (watch, world):
        notices = Notices("a")
        await watch.add(notices, "x", world.of("x"))
        notices.tell("x")
        watch.remove(notices, "x")
        notices.end()
        assert await told(notices) is None


async def test_what_is_not_there_cannot_be_subscribed_to() -> None:
    async with running() as (watch, world):
        look = world.of("x")
        world.states["x"] = None
        with pytest.raises(ResourceNotFoundError):
            await watch.add(Notices("a"), "x", look)
        assert len(watch) == 0


async def test_the_same_twice_counts_once() -> None:
    async with running() as (watch, world):
        notices = Notices("a")
        for _ in range(3):
            await watch.add(notices, "x", world.of("x"))
        assert len(watch) == 1
        watch.remove(notices, "x")
        assert len(watch) == 0


async def test_nobody_has_all_of_them_where_there_may_be_others() -> None:
    async with running(most=10) as (watch, world):
        greedy = Notices("greedy")
        refused: TooManySubscriptionsError | None = None
        while refused is None:
            try:
                await watch.add(greedy, f"x{len(watch)}", world.of(f"x{len(watch)}"))
            except TooManySubscriptionsError as error:
                refused = error
        assert 5 < len(watch) < 10
        assert "Unsubscribe" in str(refused.hint)
        await watch.add(Notices("other"), "y", world.of("y"))


async def test_who_is_alone_may_have_all_and_no_more() -> None:
    async with running(most=3, alone=frozenset({"local"})) as (watch, world):
        notices = Notices("local")
        for uri in ("x", "y", "z"):
            await watch.add(notices, uri, world.of(uri))
        with pytest.raises(TooManySubscriptionsError):
            await watch.add(notices, "v", world.of("v"))
        watch.remove(notices, "x")
        await watch.add(notices, "v", world.of("v"))


async def test_what_was_taken_back_while_it_was_looked_at_is_not_watched() -> None:
    async with running() as (watch, world):
        notices, began, go = Notices("a"), threading.Event(), threading.Event()

        def slow() -> Hashable:
            began.set()
            go.wait(GUARD)
            return 0

        adding = asyncio.create_task(watch.add(notices, "x", slow))
        await asyncio.to_thread(began.wait, GUARD)
        watch.leave(notices)
        go.set()
        await adding
        assert len(watch) == 0
        other = Notices("b")
        await watch.add(other, "x", world.of("x"))
        world.states["x"] = 1
        assert await told(other) == "x"


async def test_a_caller_who_goes_while_it_is_looked_at_holds_nothing() -> None:
    async with running() as (watch, _):
        began, go = threading.Event(), threading.Event()

        def slow() -> Hashable:
            began.set()
            go.wait(GUARD)
            return 0

        adding = asyncio.create_task(watch.add(Notices("a"), "x", slow))
        await asyncio.to_thread(began.wait, GUARD)
        adding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await adding
        go.set()
        assert len(watch) == 0


async def test_busy_workers_put_a_look_off_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as (watch, world):
        notices = Notices("a")
        await watch.add(notices, "x", world.of("x"))
        run, refused = watch._workers.run, 0

        async def busy(*call: object) -> object:
            nonlocal refused
            if refused < 3:
                refused += 1
                await asyncio.sleep(0)
                raise OverloadedError
            return await run(*call)  # type: ignore[arg-type]

        monkeypatch.setattr(watch._workers, "run", busy)
        world.states["x"] = 1
        assert await told(notices) == "x"
        assert refused == 3


async def test_more_than_one_turn_of_a_worker_holds_is_all_looked_at() -> None:
    async with running(most=400, alone=frozenset({"local"})) as (watch, world):
        notices = Notices("local")
        for number in range(120):
            await watch.add(notices, f"x{number}", world.of(f"x{number}"))
        world.states = dict.fromkeys(world.states, 1)
        assert {await told(notices) for _ in range(120)} == set(world.states)


async def test_the_end_of_the_outermost_lifespan_ends_every_subscriber() -> None:
    async with running() as (watch, world):
        notices = Notices("a")
        async with watch.running():
            await watch.add(notices, "x", world.of("x"))
        world.states["x"] = 1
        assert await told(notices) == "x"
    assert await told(notices) is None
    assert len(watch) == 0


async def test_of_two_who_subscribe_at_once_to_what_is_not_there_neither_is_told_that_it_may() -> None:
    async with running() as (watch, world):
        notices, look = Notices("a"), world.of("x")
        world.states["x"] = None
        both = await asyncio.gather(
            *(watch.add(notices, "x", look) for _ in range(2)), return_exceptions=True
        )
        assert [type(each) for each in both] == [ResourceNotFoundError] * 2
        assert len(watch) == 0


class Gate:
    """A look that waits until it is let through."""

    def __init__(self, found: Hashable) -> None:
        self._found = found
        self._began, self._go = threading.Event(), threading.Event()

    def __call__(self) -> Hashable:
        self._began.set()
        self._go.wait(GUARD)
        return self._found

    async def began(self) -> None:
        await asyncio.to_thread(self._began.wait, GUARD)

    def open(self) -> None:
        self._go.set()


async def test_a_subscription_that_came_to_nothing_takes_none_away_that_was_made_meanwhile() -> None:
    async with running() as (watch, world):
        notices, missing = Notices("a"), Gate(None)
        first = asyncio.create_task(watch.add(notices, "x", missing))
        await missing.began()
        watch.remove(notices, "x")
        await watch.add(notices, "x", world.of("x"))
        missing.open()
        with pytest.raises(ResourceNotFoundError):
            await first
        assert len(watch) == 1
        world.states["x"] = 1
        assert await told(notices) == "x"


async def test_who_cancels_one_of_two_that_came_at_once_has_the_other() -> None:
    async with running() as (watch, world):
        notices, held = Notices("a"), Gate(0)
        first = asyncio.create_task(watch.add(notices, "x", held))
        await held.began()
        second = asyncio.create_task(watch.add(notices, "x", world.of("x")))
        await asyncio.sleep(0)
        first.cancel()
        held.open()
        with pytest.raises(asyncio.CancelledError):
            await first
        await second
        assert len(watch) == 1


async def test_a_look_that_fails_is_one_of_what_is_gone_and_ends_no_other() -> None:
    async with running() as (watch, world):
        notices, broken = Notices("a"), False

        def look() -> Hashable:
            if broken:
                raise OSError("no such device")
            return 0

        await watch.add(notices, "x", look)
        await watch.add(notices, "y", world.of("y"))
        broken = True
        assert await told(notices) == "x"
        world.states["y"] = 1
        assert await told(notices) == "y"
        broken = False
        assert await told(notices) == "x"


async def test_nothing_is_kept_of_a_subscriber_that_has_left() -> None:
    async with running() as (watch, world):
        notices = Notices("a")
        watch.leave(notices)
        await watch.add(notices, "x", world.of("x"))
        assert len(watch) == 0
        assert not watch._of


async def test_whichever_lifespan_ends_last_ends_the_watch() -> None:
    """Servers in one process need not end in the order in which they did not begin."""
    async with running() as (watch, world):
        pass
    first, last, notices = watch.running(), watch.running(), Notices("a")
    await first.__aenter__()
    await last.__aenter__()
    await first.__aexit__(None, None, None)
    await watch.add(notices, "x", world.of("x"))
    world.states["x"] = 1
    assert await told(notices) == "x"
    await last.__aexit__(None, None, None)
    assert await told(notices) is None


async def test_only_the_time_of_the_looks_themselves_is_paid_for_with_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A look that waited for busy workers took none of their time."""
    monkeypatch.setattr(watching, "_SHARE", 1000)
    pool = WorkerPool(size=1, queued=8)
    watch, world, notices, busy = Watch(pool), World(), Notices("a"), Gate(0)
    try:
        async with watch.running():
            working = asyncio.create_task(pool.run(busy))
            await busy.began()
            adding = asyncio.create_task(watch.add(notices, "x", world.of("x")))
            await asyncio.sleep(0)
            busy.open()
            await asyncio.gather(working, adding)
            held = Gate(0)
            working = asyncio.create_task(pool.run(held))
            await held.began()
            await asyncio.sleep(0.2)
            held.open()
            await working
            world.states["x"] = 1
            assert await told(notices) == "x"
    finally:
        pool.close()


async def test_a_pause_has_an_end_however_long_the_looks_took(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_SHARE", 1e9)
    monkeypatch.setattr(watching, "_LONGEST", 0.01, raising=False)
    async with running() as (watch, world):
        notices = Notices("a")
        await watch.add(notices, "x", world.of("x"))
        for state in (1, 2, 3):
            world.states["x"] = state
            assert await told(notices) == "x"

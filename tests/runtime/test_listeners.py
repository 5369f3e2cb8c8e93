"""Which scopes those have who listen, at the moment when something is told."""

from __future__ import annotations

import asyncio
import time

import pytest
from fastmcp import FastMCP
from fastmcp.server.auth import AccessToken, TokenVerifier
from starlette.authentication import AuthenticationError

from seawall.runtime import listeners as judging
from seawall.runtime.caller import Scopes
from seawall.runtime.listeners import Listeners, scopes_of_token

NONE: frozenset[str] = frozenset()


def token(*scopes: str, ends: float | None = None) -> AccessToken:
    return AccessToken(
        token="", client_id="c", scopes=list(scopes), expires_at=None if ends is None else int(ends)
    )


def test_a_token_gives_the_scopes_that_it_has() -> None:
    held = scopes_of_token(token("a", "b", ends=time.time() + 60), frozenset({"b"}))
    assert held is not None
    assert (held(frozenset({"a"})), held(NONE), held(frozenset({"a", "c"}))) == (True, True, False)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="none"),
        pytest.param(token("a", ends=time.time() - 60), id="ended"),
        pytest.param(token("b"), id="without what every caller needs"),
    ],
)
def test_what_is_no_good_token_gives_nothing(given: AccessToken | None) -> None:
    assert scopes_of_token(given, frozenset({"a"})) is None


class Known(TokenVerifier):
    """Knows tokens that are named after their only scope, as long as it has its keys."""

    def __init__(self) -> None:
        super().__init__()
        self.has_keys = True
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def verify_token(self, token: str) -> AccessToken | None:
        self.asked.set()
        await self.go.wait()
        if not self.has_keys:
            raise AuthenticationError("no keys")
        return AccessToken(token=token, client_id="c", scopes=[token]) if token in {"a", "b"} else None


class Stream:
    def __init__(self, world: World, scope: str) -> None:
        self.credential = f"Bearer {scope}"
        self.full = False
        self._world = world

    def end(self) -> None:
        self._world.streams = tuple(each for each in self._world.streams if each is not self)
        self._world.ended.set()


class World:
    """A server, and the streams on which one session listens."""

    def __init__(self) -> None:
        self.verifier = Known()
        self.streams: tuple[Stream, ...] = ()
        self.is_over = False
        self.ended = asyncio.Event()
        self.listeners = Listeners(FastMCP("judged", auth=self.verifier), Scopes(()))
        self.listeners.streams = lambda _: self.streams

    async def hears(self, scope: str) -> bool | None:
        standing = await asyncio.wait_for(self.listeners.of_session("s", lambda: self.is_over), 30)
        return None if standing is None else standing(frozenset({scope}))


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_PAUSE", 0.0)


@pytest.mark.anyio
async def test_of_two_streams_of_a_session_the_weaker_one_decides() -> None:
    """The SDK does not say which of them carries a notice while a client takes its stream up again."""
    world = World()
    world.streams = (Stream(world, "a"),)
    assert await world.hears("a") is True
    world.streams = (Stream(world, "a"), Stream(world, "b"))
    assert await world.hears("a") is False


@pytest.mark.anyio
async def test_a_stream_whose_token_has_ended_is_ended_and_another_one_is_waited_for() -> None:
    world = World()
    world.streams = (Stream(world, "ended"),)
    hears = asyncio.create_task(world.hears("a"))
    await asyncio.wait_for(world.ended.wait(), 30)
    world.streams = (Stream(world, "a"),)
    assert await hears is True


@pytest.mark.anyio
async def test_a_stream_that_takes_the_place_of_another_while_that_is_judged_is_judged_itself() -> None:
    world = World()
    world.streams = (Stream(world, "a"),)
    world.verifier.go.clear()
    hears = asyncio.create_task(world.hears("a"))
    await asyncio.wait_for(world.verifier.asked.wait(), 30)
    world.streams = (Stream(world, "b"),)
    world.verifier.go.set()
    assert await hears is False


@pytest.mark.anyio
async def test_who_waits_for_keys_or_for_a_stream_waits_no_longer_than_all_lasts() -> None:
    world = World()
    waits = [asyncio.create_task(world.hears("a"))]
    world.verifier.has_keys = False
    waits.append(asyncio.create_task(world.hears("a")))
    world.streams = (Stream(world, "a"),)
    await asyncio.wait_for(world.verifier.asked.wait(), 30)
    world.is_over = True
    assert await asyncio.gather(*waits) == [None, None]


@pytest.mark.anyio
async def test_a_stream_that_is_not_read_is_waited_for() -> None:
    world = World()
    stream = Stream(world, "a")
    stream.full, world.streams = True, (stream,)
    hears = asyncio.create_task(world.hears("a"))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not hears.done()
    stream.full = False
    assert await hears is True

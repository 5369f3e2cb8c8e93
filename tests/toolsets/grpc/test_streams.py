"""Streams between two pages: bounded, each its caller's own, and none left behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from seawall.errors import InvalidArgumentsError
from seawall.toolsets.grpc.streams import HeldStreams, OpenStream
from support.grpc_service import until

pytestmark = pytest.mark.anyio


class Call:
    """What of a call of grpcio a stream uses."""

    def __init__(self) -> None:
        self.cancelled = False

    async def read(self) -> bytes:
        await asyncio.Event().wait()
        return b""

    def cancel(self) -> None:
        self.cancelled = True


def opened() -> tuple[OpenStream, Call]:
    call: Any = Call()
    return OpenStream(call), call


async def test_a_word_is_good_once_for_its_caller_and_its_tool() -> None:
    held = HeldStreams(most=8, idle=60)
    stream, _ = opened()
    word = held.hold(stream, principal="ann", tool="list")
    for principal, tool, said in (("bob", "list", word), ("ann", "watch", word), ("ann", "list", "guessed")):
        with pytest.raises(InvalidArgumentsError):
            held.take(said, principal=principal, tool=tool)
    assert held.take(word, principal="ann", tool="list") is stream
    with pytest.raises(InvalidArgumentsError):
        held.take(word, principal="ann", tool="list")


async def test_nobody_reading_on_ends_a_stream() -> None:
    held = HeldStreams(most=8, idle=0.01)
    stream, call = opened()
    held.hold(stream, principal="ann", tool="list")
    await until(lambda: not len(held))
    assert call.cancelled


async def test_one_caller_has_a_quarter_and_ends_their_own_oldest() -> None:
    held = HeldStreams(most=8, idle=60)
    calls = []
    for principal in ("bob", "ann", "ann", "ann"):
        stream, call = opened()
        held.hold(stream, principal=principal, tool="list")
        calls.append(call)
    assert [call.cancelled for call in calls] == [False, True, False, False]


async def test_when_all_places_are_taken_whoever_has_most_gives_one() -> None:
    held = HeldStreams(most=4, idle=60)
    calls = []
    for principal in ("a", "b", "c", "d", "e"):
        stream, call = opened()
        held.hold(stream, principal=principal, tool="list")
        calls.append(call)
    assert len(held) == 4
    assert sum(call.cancelled for call in calls) == 1
    held.close()
    assert len(held) == 0
    assert all(call.cancelled for call in calls)


async def test_waiting_in_vain_keeps_the_stream() -> None:
    stream, call = opened()
    with pytest.raises(TimeoutError):
        await stream.read(0.0)
    assert not call.cancelled
    stream.close()
    assert call.cancelled

"""Pipes on the loop: a reader that stops reading, one that goes away, and what others see of the descriptor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable

import pytest

from seawall.runtime.wire.pipes import Sink, Source
from support import blocking

pytestmark = pytest.mark.anyio

GUARD = 60
PIPE = 64 * 1024


@pytest.fixture
async def pipe() -> AsyncIterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        os.close(descriptor)


def sink_on(descriptor: int, changed: Callable[[], None] = lambda: None) -> Sink:
    """A sink, without the alarm that it opens the pipe once more: once, before anybody is served."""
    sink = Sink(descriptor, changed)
    blocking.take()
    return sink


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(GUARD):
        while not true():  # noqa: ASYNC110  the other side is no task
            await asyncio.sleep(0)


async def test_what_is_not_taken_is_kept_and_said(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    changes: list[tuple[bool, bool]] = []
    sink = sink_on(writer, lambda: changes.append((sink.full, sink.broken)))
    data = os.urandom(3 * 1024 * 1024)
    full = []
    for part in (data[:100], data[100:]):
        sink.write(part)
        full.append(sink.full)
    assert full == [False, True]
    taken = bytearray()
    async with asyncio.timeout(GUARD):
        while len(taken) < len(data):
            await asyncio.sleep(0)
            if sink.taken > len(taken):
                taken += os.read(reader, PIPE)
        await sink.drain()
    assert bytes(taken) == data
    assert changes == [(False, False)]
    sink.close()


async def test_a_reader_that_went_away_is_said_once_and_nothing_is_kept(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    changed = asyncio.Event()
    sink = sink_on(writer, changed.set)
    sink.write(b"x" * (2 * 1024 * 1024))
    await asyncio.sleep(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, reader)  # closes the only reader
    os.close(null)
    async with asyncio.timeout(GUARD):
        await changed.wait()
        assert sink.broken
        sink.write(b"y" * PIPE)
        await sink.drain()
    sink.close()


async def test_others_who_share_the_pipe_notice_nothing(pipe: tuple[int, int]) -> None:
    _, writer = pipe
    sink = sink_on(writer)
    assert os.get_blocking(writer)
    sink.close()


async def test_without_proc_the_flag_is_put_back(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = pipe

    def refused(*_: object) -> int:
        raise OSError

    monkeypatch.setattr("seawall.runtime.wire.pipes.os.open", refused)
    sink = Sink(writer, lambda: None)
    assert not os.get_blocking(writer)
    sink.write(b"x")
    await asyncio.sleep(0)
    assert os.read(reader, 10) == b"x"
    sink.close()
    assert os.get_blocking(writer)


async def test_a_paused_source_reads_nothing_but_sees_the_writer_go(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    seen: list[bytes] = []
    source = Source(reader, seen.append)
    os.write(writer, b"one")
    source.resume()
    await until(lambda: bool(seen))
    source.pause()
    os.write(writer, b"two")
    await asyncio.sleep(0.05)
    assert (seen, source.hung_up) == ([b"one"], False)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, writer)  # closes the only writer
    os.close(null)
    assert source.hung_up
    source.resume()
    await until(lambda: len(seen) == 3)
    assert seen == [b"one", b"two", b""]

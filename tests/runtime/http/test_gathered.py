"""Writes of one turn of the loop leave together, in their order, and none is lost at an orderly end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from seawall.runtime.http.gathered import GatheredWrites

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def connection(moment: float = 0.0) -> AsyncIterator[tuple[GatheredWrites, socket.socket]]:
    """A gathering transport, and the other end of its connection."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    loop = asyncio.get_running_loop()
    inner, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
    try:
        yield GatheredWrites(inner, loop, moment=moment), theirs
    finally:
        inner.abort()
        await asyncio.sleep(0)
        theirs.close()


def received(theirs: socket.socket) -> bytes | None:
    """What is there to read at this moment; None for nothing yet."""
    try:
        return theirs.recv(1_000_000)
    except BlockingIOError:
        return None


async def test_writes_of_one_turn_leave_together_in_their_order() -> None:
    async with connection() as (transport, theirs):
        for part in (b"head ", b"", b"body ", b"end"):
            transport.write(part)
        assert received(theirs) is None
        assert transport.get_write_buffer_size() == len(b"head body end")
        await asyncio.sleep(0)
        assert received(theirs) == b"head body end"
        transport.write(b"again")
        await asyncio.sleep(0)
        assert received(theirs) == b"again"


async def test_parts_that_come_within_a_moment_leave_together() -> None:
    async with connection(moment=30.0) as (transport, theirs):
        for part in (b"head ", b"event ", b"end"):
            transport.write(part)
            await asyncio.sleep(0.01)
        assert received(theirs) is None
        transport.flush()
        assert received(theirs) == b"head event end"


async def test_a_part_does_not_wait_longer_than_its_moment() -> None:
    """What nobody flushes leaves by itself: the head of a stream whose first event takes its time."""
    async with connection(moment=0.01) as (transport, theirs):
        for part in (b"head", b"event"):
            transport.write(part)
            async with asyncio.timeout(10):
                assert await asyncio.get_running_loop().sock_recv(theirs, 1_000) == part


async def test_much_does_not_wait_for_the_end_of_the_turn() -> None:
    """Flow control counts what was handed over; a task that writes without a pause must meet it."""
    async with connection() as (transport, theirs):
        transport.write(b"x" * 65_536)
        assert received(theirs)


@pytest.mark.parametrize("end", ["close", "write_eof"])
async def test_what_waits_is_written_before_an_orderly_end(end: str) -> None:
    async with connection() as (transport, theirs):
        transport.write(b"the last words")
        getattr(transport, end)()
        await asyncio.sleep(0.01)
        assert received(theirs) == b"the last words"
        assert received(theirs) == b""


async def test_an_abort_drops_what_waits() -> None:
    async with connection() as (transport, theirs):
        transport.write(b"never")
        transport.abort()
        await asyncio.sleep(0.01)
        assert received(theirs) == b""
        assert transport.is_closing()

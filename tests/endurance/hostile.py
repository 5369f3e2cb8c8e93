"""What hostile and careless clients do, and the answer that each must get; one table."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from endurance.http_client import BrokenConnectionError, Connection
from endurance.peer import BrokenPromiseError, Peer, RefusedError, code
from endurance.world import LARGE

__all__ = ["JOBS"]

Job = Callable[[Peer, random.Random], Awaitable[None]]


def _answers(status: int, **changed: Any) -> Job:
    """A request whose answer has a status."""

    async def job(peer: Peer, _chance: random.Random) -> None:
        message = peer.request("tools/call", {"name": "echo", "arguments": {"text": "x"}})
        peer.expect(await peer.ask(message, **changed), status)

    return job


def _refused(expected: str, tool: str, /, **arguments: Any) -> Job:
    """A call whose error has a code."""

    async def job(peer: Peer, _chance: random.Random) -> None:
        result = await peer.call(tool, **arguments)
        if code(result) != expected or "do-not-tell" in str(result) or "private" in str(result):
            raise BrokenPromiseError(f"{tool} {arguments} got {str(result)[:300]}")

    return job


async def _unknown_method(peer: Peer, _chance: random.Random) -> None:
    message = peer.request("no/such/method")
    response = await peer.ask(message)
    peer.expect(response, HTTPStatus.NOT_FOUND if peer.era == "modern" else HTTPStatus.OK)
    if "error" not in response.answer(message["id"]):
        raise BrokenPromiseError(f"an unknown method got {response.body!r}")


async def _leaves_in_the_body(peer: Peer, chance: random.Random) -> None:
    await peer.connection.send(peer.bytes(peer.request("tools/list"))[: chance.randrange(40, 400)])
    await peer.connection.close()


async def _leaves_before_the_answer(peer: Peer, chance: random.Random) -> None:
    arguments = {"seconds": 5, "text": "nobody waits for it"}
    await peer.connection.send(
        peer.bytes(peer.request("tools/call", {"name": "nap", "arguments": arguments}))
    )
    await asyncio.sleep(chance.uniform(0, 0.3))
    await peer.connection.close()


async def _leaves_in_the_answer(peer: Peer, _chance: random.Random) -> None:
    arguments = {"size": LARGE, "text": "who reads it"}
    message = peer.request("tools/call", {"name": "large", "arguments": arguments})
    await peer.connection.send(peer.bytes(message))
    reader, _ = await peer.connection.opened()
    with contextlib.suppress(OSError):
        await reader.read(1000)
    await peer.connection.close()


async def _cancels(peer: Peer, chance: random.Random) -> None:
    """By a notification in the handshake era; the modern one closes the connection."""
    arguments = {"seconds": 10, "text": "cancelled"}
    message = peer.request("tools/call", {"name": "nap", "arguments": arguments})
    await peer.connection.send(peer.bytes(message))
    await asyncio.sleep(chance.uniform(0.05, 0.3))
    if peer.era == "handshake":
        other = Connection(peer.port)
        params = {"requestId": message["id"], "reason": "soak"}
        notice = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}
        peer.expect(peer.counted(await other.exchange(peer.bytes(notice))), HTTPStatus.ACCEPTED)
        await other.close()
    await peer.connection.close()


async def _trickles(peer: Peer, _chance: random.Random) -> None:
    """A header that never ends: told so after the time for headers, and cut off."""
    slow = Connection(peer.port)
    try:
        await slow.send(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        peer.expect(peer.counted(await slow.receive()), HTTPStatus.REQUEST_TIMEOUT)
    finally:
        await slow.close()


async def _reads_nothing(peer: Peer, _chance: random.Random) -> None:
    """Asks for much on one connection and takes none of it, until the server has had enough."""
    lazy = Connection(peer.port)
    try:
        reader, writer = await lazy.opened()
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a socket's transport
        arguments = {"size": LARGE, "text": "who reads it"}
        for _ in range(5):
            message = peer.request("tools/call", {"name": "large", "arguments": arguments})
            writer.write(peer.bytes(message))
        await asyncio.sleep(1)
        del reader
    finally:
        await lazy.close()


async def _equal_ids(peer: Peer, _chance: random.Random) -> None:
    """Two calls of one session under way with one id: each connection gets an answer or loses the race."""
    message = peer.request("tools/call", {"name": "nap", "arguments": {"seconds": 0.2, "text": "twin"}})
    twins = [Connection(peer.port) for _ in range(2)]
    try:
        async with asyncio.timeout(2):
            await asyncio.gather(*(each.exchange(peer.bytes(message)) for each in twins))
    except (TimeoutError, BrokenConnectionError):
        pass  # its own fault: an id must not be used twice within a session
    finally:
        for each in twins:
            await each.close()


async def _pipelines(peer: Peer, _chance: random.Random) -> None:
    """Many requests in one piece are answered in their order."""
    messages = [peer.request("tools/list") for _ in range(5)]
    await peer.connection.send(b"".join(map(peer.bytes, messages)))
    for message in messages:
        peer.result(peer.counted(await peer.connection.receive()), message)


async def _foreign_session(peer: Peer, _chance: random.Random) -> None:
    stranger = Peer(peer.port, peer.name, peer._token, era="handshake", tally=peer.tally)
    stranger.session = "0" * 32
    try:
        peer.expect(await stranger.ask(stranger.request("tools/list")), HTTPStatus.NOT_FOUND)
    finally:
        await stranger.connection.close()


async def _forgets_its_session(peer: Peer, _chance: random.Random) -> None:
    """Opens a session and never closes it."""
    careless = Peer(peer.port, peer.name, peer._token, era="handshake", tally=peer.tally)
    await careless.open()
    await careless.connection.close()


async def _initialize_twice(peer: Peer, _chance: random.Random) -> None:
    if peer.era == "handshake":
        response = await peer.ask(peer.request("initialize", {"protocolVersion": "2025-11-25"}))
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise BrokenPromiseError(f"a second initialize got {response.status}")


JOBS: dict[str, Job] = {
    "a wrong token": _answers(401, lines={"Authorization": "Bearer wrong-0123456789"}),
    "no token": _answers(401, lines={"Authorization": ""}),
    "malformed JSON": _answers(400, body=b'{"jsonrpc": "2.0", "id": 1, '),
    "no UTF-8": _answers(400, body=b"\xff\xfe"),
    "a deep document": _answers(400, body=b"[" * 50_000),
    "a declared body over the limit": _answers(413, body=b" " * 70_000),
    "a foreign host": _answers(421, lines={"Host": "evil.example"}),
    "a foreign origin": _answers(403, lines={"Origin": "https://evil.example"}),
    "a flood of headers": _answers(431, lines={f"X-{number}": "1" for number in range(150)}),
    "an unknown method": _unknown_method,
    "an unknown tool": _refused("unknown_tool", "no_such_tool"),
    "wrong arguments": _refused("invalid_arguments", "echo", text=5),
    "a traversal": _refused("path_escapes", "read_file", path="../outside.txt"),
    "a denied name": _refused("path_denied", "read_file", path=".env"),
    "a tool that breaks": _refused("internal_error", "fail", text="private"),
    "leaves in the body": _leaves_in_the_body,
    "leaves before the answer": _leaves_before_the_answer,
    "leaves in the answer": _leaves_in_the_answer,
    "cancels": _cancels,
    "trickles headers": _trickles,
    "reads nothing": _reads_nothing,
    "two equal ids": _equal_ids,
    "pipelines": _pipelines,
    "a session that is not there": _foreign_session,
    "forgets its session": _forgets_its_session,
    "initializes twice": _initialize_twice,
}


async def flood(peer: Peer) -> None:
    """Calls as fast as it can; what is over the rate must be refused in so many words."""
    try:
        await peer.call("echo", text="flood")
    except RefusedError as refusal:
        peer.tally.counts[f"flood {refusal}"] += 1
    else:
        peer.tally.counts["flood let through"] += 1

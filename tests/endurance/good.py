"""What honest clients do, and what they must get: each its own answer, which no other client's could be taken for."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from typing import Any

from endurance.peer import BrokenPromiseError, Peer
from endurance.world import LARGE, content_of

__all__ = ["JOBS", "expected_text", "listen"]

Job = Callable[[Peer, random.Random], Awaitable[None]]


async def _echo(peer: Peer, chance: random.Random) -> None:
    text = f"{peer.name} {chance.random()}"
    own(peer, await peer.call("echo", text=text), text)


async def _nap(peer: Peer, chance: random.Random) -> None:
    text = f"{peer.name} {chance.random()}"
    own(peer, await peer.call("nap", seconds=chance.uniform(0.1, 1.0), text=text), text)


async def _block(peer: Peer, chance: random.Random) -> None:
    text = f"{peer.name} {chance.random()}"
    own(peer, await peer.call("block", seconds=chance.uniform(0.01, 0.1), text=text), text)


async def _large(peer: Peer, chance: random.Random) -> None:
    text = f"{peer.name} {chance.random()}"
    result = await peer.call("large", text=text, size=LARGE)
    if _text(result) != expected_text(text, LARGE):
        raise BrokenPromiseError(f"{peer.name}: another text of {len(_text(result))} characters")


async def _read(peer: Peer, _chance: random.Random) -> None:
    result = await peer.call("read_file", path=f"{peer.name}.txt")
    if not _text(result).startswith(content_of(peer.name)):
        raise BrokenPromiseError(f"{peer.name}: another file: {_text(result)[:200]!r}")


async def _search(peer: Peer, chance: random.Random) -> None:
    wanted = f"line {chance.randrange(50)} of {peer.name}"
    result = await peer.call("search_files", content=wanted, name=f"{peer.name}.txt")
    if wanted not in str(result):
        raise BrokenPromiseError(f"{peer.name}: not found: {str(result)[:300]}")


async def _tools(peer: Peer, _chance: random.Random) -> None:
    message = peer.request("tools/list")
    result = peer.result(await peer.ask(message), message)
    names = {tool["name"] for tool in result["tools"]}
    if not {"read_file", "echo", "journal"} <= names:
        raise BrokenPromiseError(f"{peer.name}: only the tools {names}")


JOBS: tuple[Job, ...] = (_echo, _echo, _echo, _nap, _block, _large, _read, _read, _search, _tools)


def expected_text(text: str, size: int) -> str:
    """What the tool `large` must give."""
    line = hashlib.sha256(text.encode()).hexdigest() + "\n"
    return (line * (size // len(line) + 1))[:size]


async def listen(peer: Peer, until: asyncio.Event) -> None:
    """Hold the stream of a session open, as most handshake clients do."""
    listener = Peer(peer.port, peer.name, peer._token, era=peer.era, tally=peer.tally)
    listener.session = peer.session
    reader, writer = await listener.connection.opened()
    writer.write(listener.bytes(None, method="GET"))
    await writer.drain()
    line = await reader.readline()
    if b" 200 " not in line and not until.is_set():
        peer.tally.fault(f"{peer.name}: no stream to listen on: {line!r}")
    await until.wait()
    await listener.connection.close()


def own(peer: Peer, result: dict[str, Any], text: str) -> None:
    """Check that a result is the one for this caller and this call."""
    wanted = {"caller": peer.name, "text": text}
    if result.get("structuredContent") != wanted:
        raise BrokenPromiseError(f"{peer.name} asked for {wanted} and got {str(result)[:300]}")


def _text(result: dict[str, Any]) -> str:
    parts = result.get("content") or [{}]
    found: str = parts[0].get("text", "")
    return found

"""One process full of clients: `python -m endurance.drive '{"port": …}'` prints what happened to them as JSON."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from fastmcp import Client as FastMCPClient
from fastmcp.client.transports import StreamableHttpTransport

from endurance import good, hostile
from endurance.http_client import BrokenConnectionError
from endurance.peer import POLITE, BrokenPromiseError, Peer, RefusedError, SessionGoneError, Tally, code
from support.clients import Era

__all__ = ["Fleet", "Role", "main"]

Role = Literal["good", "sdk", "hostile", "flood"]
_ERAS: tuple[Era, Era] = ("modern", "handshake")
_FAILURES = (BrokenPromiseError, BrokenConnectionError, OSError, TimeoutError, LookupError, ValueError)


@dataclass(frozen=True)
class Fleet:
    """The clients of one process.

    Attributes:
        port: where the server listens.
        seconds: how long they go on.
        drain: whether they only call the tool that keeps a journal, until the server ends.
        seed: for chance.
        clients: of each its name, token and role.
    """

    port: int
    seconds: float
    drain: bool
    seed: int
    clients: list[tuple[str, str, Role]]


async def sail(fleet: Fleet) -> Tally:
    """Let all clients go on until the time is up."""
    tally = Tally()
    end = time.monotonic() + fleet.seconds
    async with asyncio.TaskGroup() as group:
        for number, (name, token, role) in enumerate(fleet.clients):
            chance = random.Random(f"{fleet.seed} {number}")  # noqa: S311  to be repeatable
            peer = Peer(fleet.port, name, token, era=_ERAS[number % 2], tally=tally)
            group.create_task(_ROLES[role](peer, token, chance, end))
    return tally


async def _honest(peer: Peer, token: str, chance: random.Random, end: float) -> None:
    """Mixed calls, about four in a second at most; some listen beside them, some never close their session."""
    del token
    over = asyncio.Event()
    listening: list[asyncio.Task[None]] = []
    await asyncio.sleep(chance.uniform(0, 1))
    if not await _kept("open", peer, peer.open):
        return
    if peer.session and chance.random() < 0.5:
        listening.append(asyncio.create_task(good.listen(peer, over)))
    while time.monotonic() < end:
        job = chance.choice(good.JOBS)
        began = time.monotonic()
        if await _kept(job.__name__, peer, lambda job=job: job(peer, chance)):  # type: ignore[misc]
            peer.tally.counts["good calls answered rightly"] += 1
            peer.tally.counts["good milliseconds"] += round((time.monotonic() - began) * 1000)
        await asyncio.sleep(chance.uniform(0.2, 0.5))
    over.set()
    await asyncio.gather(*listening)
    if chance.random() < 0.7:
        await _kept("close", peer, peer.close)
    await peer.connection.close()


async def _kept(what: str, peer: Peer, act: Callable[[], Awaitable[None]], *, honest: bool = True) -> bool:
    """Do it, again while politely refused; whether it came to a good end. Honest clients keep their session."""
    anew = False
    while True:
        try:
            if anew:
                await peer.open()
            anew = False
            await act()
        except RefusedError as refusal:
            peer.tally.counts[f"{'honest' if honest else 'hostile'} clients told {refusal}"] += 1
            await asyncio.sleep(1)
        except SessionGoneError as error:
            if honest:
                peer.tally.fault(f"{peer.name} {what}: {error}")
            peer.tally.counts["sessions opened anew"] += 1
            await peer.connection.close()  # there may be more answers on it
            anew = True
        except _FAILURES as error:
            peer.tally.fault(f"{peer.name} ({peer.era}) {what}: {type(error).__name__}: {error}")
            await peer.connection.close()
            return False
        else:
            return True


async def _hostile(peer: Peer, token: str, chance: random.Random, end: float) -> None:
    del token
    names = list(hostile.JOBS)
    await _kept("open", peer, peer.open, honest=False)
    while time.monotonic() < end:
        name = chance.choice(names)
        if await _kept(name, peer, lambda name=name: hostile.JOBS[name](peer, chance), honest=False):  # type: ignore[misc]
            peer.tally.counts["hostile acts answered as promised"] += 1
        await asyncio.sleep(chance.uniform(0.1, 0.3))
    await peer.connection.close()


async def _flood(peer: Peer, token: str, _chance: random.Random, end: float) -> None:
    del token
    await _kept("open", peer, peer.open, honest=False)
    while time.monotonic() < end:
        await _kept("flood", peer, lambda: hostile.flood(peer), honest=False)
    await peer.connection.close()


async def _official(peer: Peer, token: str, chance: random.Random, end: float) -> None:
    """FastMCP's client on the official SDK, in both modes."""
    mode: Any = "legacy" if peer.era == "handshake" else "2026-07-28"
    transport = StreamableHttpTransport(f"http://127.0.0.1:{peer.port}/mcp", auth=token)
    async with FastMCPClient(transport, mode=mode) as client:
        while time.monotonic() < end:
            text = f"{peer.name} {chance.random()}"
            try:
                result = await client.call_tool_mcp("echo", {"text": text})
            except Exception as error:  # noqa: BLE001  whatever it is, no promise allows it
                peer.tally.fault(f"{peer.name}, FastMCP's client: {error!r}")
            else:
                _check_official(peer, text, result.model_dump(mode="json", by_alias=True))
            await asyncio.sleep(chance.uniform(0.2, 0.5))


def _check_official(peer: Peer, text: str, result: dict[str, Any]) -> None:
    if (reason := code(result)) in POLITE:
        peer.tally.counts[f"honest clients told {reason}"] += 1
    elif result.get("structuredContent") == {"caller": peer.name, "text": text}:
        peer.tally.counts["good calls of FastMCP's client answered rightly"] += 1
    else:
        peer.tally.fault(f"{peer.name}, FastMCP's client got {str(result)[:300]}")


_ROLES = {"good": _honest, "sdk": _official, "hostile": _hostile, "flood": _flood}


async def _until_the_end(
    peer: Peer, token: str, chance: random.Random, end: float, marks: dict[str, str]
) -> None:
    """Calls that write down their beginning, one after the other, until the server is gone."""
    del token
    if not await _kept("open", peer, peer.open):
        return
    for number in range(10_000):
        mark = f"{peer.name}/{number}"
        marks[mark] = await _journalled(peer, mark, chance.uniform(0, 2))
        if marks[mark] in {"unreachable", "told to come again"} or time.monotonic() > end:
            return
        await asyncio.sleep(1 if marks[mark] == "refused politely" else 0.2)


async def _journalled(peer: Peer, mark: str, seconds: float) -> str:
    """How one call ended."""
    message = peer.request("tools/call", {"name": "journal", "arguments": {"seconds": seconds, "mark": mark}})
    sent = peer.bytes(message)
    try:
        await peer.connection.opened()
    except OSError:
        return "unreachable"
    try:
        response = await peer.connection.exchange(sent)
    except (BrokenConnectionError, OSError, TimeoutError) as error:
        return "cut off" if getattr(error, "begun", True) else "unanswered"
    if response.status == HTTPStatus.SERVICE_UNAVAILABLE and response.headers.get("retry-after"):
        return "told to come again"
    try:
        good.own(peer, peer.result(response, message), mark)
    except RefusedError:
        return "refused politely"
    except (BrokenPromiseError, KeyError) as error:
        peer.tally.fault(str(error))
        return "answered wrongly"
    return "answered"


async def drain(fleet: Fleet) -> tuple[Tally, dict[str, str]]:
    """Let all clients call the journal until the server ends; how each call ended, by its mark."""
    tally, marks = Tally(), dict[str, str]()
    end = time.monotonic() + fleet.seconds
    async with asyncio.TaskGroup() as group:
        for number, (name, token, _) in enumerate(fleet.clients):
            chance = random.Random(f"{fleet.seed} {number}")  # noqa: S311  to be repeatable
            peer = Peer(fleet.port, name, token, era=_ERAS[number % 2], tally=tally)
            group.create_task(_until_the_end(peer, token, chance, end, marks))
    return tally, marks


def main() -> None:
    """Read the fleet from the command line, print the tally."""
    fleet = Fleet(**json.loads(sys.argv[1]))
    marks: dict[str, str] = {}
    if fleet.drain:
        tally, marks = asyncio.run(drain(fleet))
    else:
        tally = asyncio.run(sail(fleet))
    told = {"counts": tally.counts, "statuses": tally.statuses, "faults": tally.faults, "marks": marks}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()

"""Other processes of this machine, as /proc shows them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from support.sandboxes import alive
from support.servers import GUARD

__all__ = ["come", "descendants", "fork_servers", "processes", "signalled", "until"]


def processes(*words: str) -> list[int]:
    """Those that have all of these arguments, in any order."""
    return sorted(each for each, arguments in _running().items() if {*words} <= {*arguments})


def descendants(process: int) -> list[int]:
    """Its children, theirs, and so on."""
    parents: dict[int, list[int]] = {}
    for each in _running():
        with contextlib.suppress(OSError, IndexError, ValueError):
            parents.setdefault(_parent(each), []).append(each)
    found: list[int] = []
    waiting = [process]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def fork_servers(server: int) -> list[int]:
    """The fork servers that it started itself, and that have not ended."""
    running = _running()
    return [
        each
        for each in descendants(server)
        if _parent(each) == server
        and any(word.endswith("/forkserver.py") for word in running.get(each, ()))
        and alive(each)
    ]


def signalled(process: int, number: int) -> None:
    """Send a signal to a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


async def come(true: Callable[[], object]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(GUARD):
        while not true():  # noqa: ASYNC110  what other processes do
            await asyncio.sleep(0.05)


def until(true: Callable[[], object]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + GUARD
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def _running() -> dict[int, list[str]]:
    found = {}
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            with contextlib.suppress(OSError):
                found[int(each.name)] = (each / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    return found


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])

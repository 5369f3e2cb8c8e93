"""The kernel gives the number of a process that has gone to another: nobody must take that one for the first."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.security.sandbox import Sandbox, Tier
from support.sandboxes import TIERS, alive, shell
from support.watching import come, descendants

pytestmark = pytest.mark.anyio

LAST = Path("/proc/sys/kernel/ns_last_pid")  # the next process has the next number
POSSIBLE = [tier for tier in TIERS if tier is Tier.BUBBLEWRAP and os.access(LAST, os.W_OK)]


@contextlib.contextmanager
def another(number: int) -> Iterator[int]:
    """A process of that number; it takes some attempts where others start at the same moment."""
    with contextlib.ExitStack() as stack:
        while True:
            LAST.write_text(str(number - 1))
            process = stack.enter_context(subprocess.Popen(["/bin/sleep", "300"]))
            stack.callback(process.kill)
            if process.pid == number:
                yield number
                return


@pytest.mark.parametrize("tier", POSSIBLE)
async def test_the_rest_of_a_namespace_ends_without_whoever_has_its_number(tier: Tier) -> None:
    """Its first process was killed while it waited, for a minute at most, for a run that needs it."""
    async with contextlib.AsyncExitStack() as stack:
        opened = await stack.enter_async_context(Sandbox(tier=tier))
        await opened.run(shell("true"))
        await opened._spares.settle()
        server = opened.fork_server or 0
        await come(lambda: len(descendants(server)) == 4)  # a supervisor, bwrap in both worlds, cat
        first = descendants(server)[2]
        os.kill(first, signal.SIGKILL)
        await come(lambda: not Path(f"/proc/{first}").exists())
        with another(first) as innocent:
            await asyncio.wait_for(stack.aclose(), 60)
            assert alive(innocent)

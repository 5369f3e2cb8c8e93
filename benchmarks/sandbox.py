"""What the sandbox adds to starting a program, beside `asyncio.create_subprocess_exec` in the same minute.

    python -m benchmarks.sandbox [--rounds 300] [--at-once 50] [--page docs/sandbox-costs.md]

Runs `/bin/true` in turns: plainly, and on each tier that the machine offers, so that whatever else the machine does falls
on all alike. A round's figure is the time from the call to its result, with everything that the sandbox promises done:
no process left, the private directory removed. On a machine that has other things to do, `chrt --fifo 5` before the command
lets it go first. Then so many at once of each. Writes the page; the exit status is 1 when a
median is over the target, with `--judge`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.compare.machine import Watch, description
from seawall.security.budget import Deadline
from seawall.security.sandbox import Ceiling, Execution, Reach, Sandbox, Tier, examine

TARGET = 8.0  # ms that the strongest tier but namespaces may add at the median
MEGABYTE = 1024 * 1024
CEILING = Ceiling(256 * MEGABYTE, 64, 10, 16 * MEGABYTE, MEGABYTE)
PAGE = Path(__file__).parent.parent / "docs/sandbox-costs.md"


async def plain() -> None:
    """What the figures are compared with: the same program with the same pipes, held by nothing."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "/bin/true", stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )
    await process.communicate()


def held(sandbox: Sandbox) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        execution = Execution(
            ("/bin/true",), Path("/"), {}, Reach(reads=(Path("/usr/share"),)), CEILING, Deadline.after(60)
        )
        await sandbox.run(execution)

    return run


async def turns(ways: dict[str, Callable[[], Awaitable[None]]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each round of each way."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 10):
        for name, way in ways.items():
            began = time.perf_counter()
            await way()
            if number >= 10:  # the first ones warm up
                times[name].append((time.perf_counter() - began) * 1000)
    return times


async def together(ways: dict[str, Callable[[], Awaitable[None]]], number: int) -> dict[str, float]:
    """Milliseconds until so many that were started at once have ended, the best of three."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(3):
        for name, way in ways.items():
            began = time.perf_counter()
            await asyncio.gather(*(way() for _ in range(number)))
            best[name] = min(best[name], (time.perf_counter() - began) * 1000)
    return best


def _first() -> bool:
    """Whether we have the processors before everybody else."""
    return os.sched_getscheduler(0) in {os.SCHED_FIFO, os.SCHED_RR}


def page(times: dict[str, list[float]], at_once: dict[str, float], number: int, others: float) -> str:
    base = statistics.quantiles(times["plain"], n=20)
    lines = [
        "# What the sandbox costs",
        "",
        "Starting `/bin/true` and waiting for its end, in turns, with `asyncio.create_subprocess_exec` and on each tier of the",
        "sandbox, where the end is that nothing is left. `python -m benchmarks.sandbox` measures again and writes this page.",
        f"The target: at most {TARGET:g} ms more than plain at the median, on a machine that does nothing else.",
        "",
        *(f"- {line}" for line in description()),
        f"- other programs had {others:.0%} of the processors{' that were left to them' if _first() else ''}",
        "",
        f"| way | tenth | median | 95 of 100 | tenth, more than plain | median, more than plain | {number} at once, each |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, measured in times.items():
        parts = statistics.quantiles(measured, n=20)
        more = ["", ""] if name == "plain" else [f"{parts[at] - base[at]:.1f} ms" for at in (1, 9)]
        shown = [f"{parts[at]:.1f} ms" for at in (1, 9, 18)]
        lines.append(f"| {' | '.join([name, *shown, *more, f'{at_once[name] / number:.1f} ms'])} |")
    return "\n".join([*lines, ""])


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--judge", action="store_true", help="fail when a median is over the target")
    options = parser.parse_args()
    watch = Watch.begin()
    ways: dict[str, Callable[[], Awaitable[None]]] = {"plain": plain}
    opened = [Sandbox(tier=tier, minimum=Tier.LIMITS) for tier in Tier if tier not in examine().lacking]
    for sandbox in opened:
        await sandbox.__aenter__()
        ways[str(sandbox.tier)] = held(sandbox)
    times = await turns(ways, options.rounds)
    at_once = await together(ways, options.at_once)
    for sandbox in opened:
        await sandbox.__aexit__(None, None, None)
    written = page(times, at_once, options.at_once, watch.others())
    options.page.write_text(written)
    print(written)
    base = statistics.median(times["plain"])
    over = [name for name, measured in times.items() if statistics.median(measured) - base > TARGET]
    return 1 if options.judge and over else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

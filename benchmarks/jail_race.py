"""The symlink-swap race at length: a million reads and a hundred thousand writes, beside a control that leaks.

    python benchmarks/jail_race.py [--reads 1000000] [--writes 100000] [--directory DIR]

An attacker's process swaps names for links that lead out while each victim reads and writes through them (see
tests/hostile/jail_race.py). The reads and writes are divided among the backends of this machine. Each victim's run
has the control beside it, against the same attacker: every hundredth attempt is the control's. The exit status is 1
if the jail let anything out, or if the control did not, which would mean that the race was none.

Each write is flushed to the storage twice, so a directory in memory (/dev/shm, the default where it is there) makes
the writes quick. Without an attacker, the cost of one read is measured beside `realpath`, then open.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from hostile.jail_race import (
    THROUGH_DIRECTORY,
    THROUGH_FILE,
    Score,
    Stage,
    attack,
    jail_read,
    jail_write,
    race_read,
    race_write,
)
from hostile.jail_world import BACKENDS
from seawall.security.jail._locate import Backend

PATHS = (THROUGH_DIRECTORY, THROUGH_FILE)
EVERY = 100  # one attempt of the control for as many of the jail
MAX_CONTROL = 200_000  # attempts of the control, when the race is slow to show


@dataclass
class Row:
    """One line of the table."""

    victim: str
    kind: str
    score: Score
    control: Score
    seconds: float


def main() -> int:
    """Race, measure, print; the exit status."""
    options = _options()
    base = Path(tempfile.mkdtemp(prefix="jail-race-", dir=options.directory))
    try:
        share = len(BACKENDS)
        rows = [_reads(base / f"r-{name}", name, options.reads // share) for name in BACKENDS]
        rows += [_writes(base / f"w-{name}", name, options.writes // share) for name in BACKENDS]
        costs = _costs(base / "cost")
    finally:
        shutil.rmtree(base)
    _show(rows, costs)
    leaked = any(row.score.escapes for row in rows)
    raced = all(any(row.control.escapes for row in rows if row.kind == kind) for kind in ("read", "write"))
    return 1 if leaked or not raced else 0


def _reads(base: Path, backend: Backend, count: int) -> Row:
    stage, control_stage = Stage(base / "jail"), Stage(base / "control")
    read, score, control = jail_read(stage.jail(backend)), Score(), Score()
    began = time.perf_counter()
    with attack(stage, control_stage):
        for number in range(count):
            race_read(read, PATHS[number % 2], score)
            if number % EVERY == 0:
                race_read(control_stage.naive_read, PATHS[number // EVERY % 2], control)
        seconds = time.perf_counter() - began
        while not control.escapes and control.attempts < MAX_CONTROL:
            race_read(control_stage.naive_read, PATHS[control.attempts % 2], control)
    return Row(backend, "read", score, control, seconds)


def _writes(base: Path, backend: Backend, count: int) -> Row:
    stage, control_stage = Stage(base / "jail"), Stage(base / "control")
    write, score, control = jail_write(stage.jail(backend)), Score(), Score()
    began = time.perf_counter()
    with attack(stage, control_stage):
        for number in range(count):
            race_write(stage, write, PATHS[number % 2], score)
            if number % EVERY == 0:
                race_write(control_stage, control_stage.naive_write, PATHS[number // EVERY % 2], control)
        seconds = time.perf_counter() - began
        while not control.escapes and control.attempts < MAX_CONTROL:
            race_write(control_stage, control_stage.naive_write, PATHS[control.attempts % 2], control)
    return Row(backend, "write", score, control, seconds)


def _costs(base: Path) -> dict[str, float]:
    """Microseconds of one open, fstat, read and close of a small file, four names deep, nobody attacking."""
    stage = Stage(base)
    path = "src/package/module/file.txt"
    target = stage.workspace / path
    target.parent.mkdir(parents=True)
    target.write_bytes(b"x" * 100)

    def naive() -> None:
        descriptor = os.open(stage._resolved(path), os.O_RDONLY | os.O_CLOEXEC)  # noqa: SLF001  the same control
        os.fstat(descriptor)
        os.read(descriptor, 100)
        os.close(descriptor)

    candidates: dict[str, Callable[[], object]] = {"realpath, then open": naive}
    for name in BACKENDS:
        candidates[f"jail, {name}"] = partial(jail_read(stage.jail(name)), path)
    best = dict.fromkeys(candidates, float("inf"))
    for _ in range(20):  # in turns, so that a busy machine is unfair to nobody; the best of each
        for victim, candidate in candidates.items():
            began = time.perf_counter()
            for _ in range(1000):
                candidate()
            best[victim] = min(best[victim], (time.perf_counter() - began) * 1000)
    return best


def _show(rows: list[Row], costs: dict[str, float]) -> None:
    print(
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {os.cpu_count()} CPUs\n"
    )
    print("| victim | kind | attempts | inside | refused | escapes | control: attempts | escapes | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        score, control = row.score, row.control
        print(
            f"| jail, {row.victim} | {row.kind} | {score.attempts:,} | {score.inside:,} | {score.refused:,} "
            f"| **{score.escapes}** | {control.attempts:,} | {control.escapes:,} | {row.seconds:.0f} |"
        )
    print("\n| open, fstat, read, close | microseconds | ratio |\n|---|---|---|")
    base = costs["realpath, then open"]
    for name, cost in costs.items():
        print(f"| {name} | {cost:.1f} | {cost / base:.2f} |")


def _options() -> argparse.Namespace:
    memory = Path("/dev/shm")  # noqa: S108  a place in memory, with an unguessable directory in it
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reads", type=int, default=1_000_000)
    parser.add_argument("--writes", type=int, default=100_000)
    parser.add_argument("--directory", type=Path, default=memory if memory.is_dir() else None)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

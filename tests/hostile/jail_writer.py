"""Writers that are killed in the middle of a write, and the bookkeeping about what they leave.

`python jail_writer.py ROOT BACKEND KILLS` forks one writer after another. Each overwrites the same file once and is
killed at a random moment of that; then the file and the directory are looked at. One JSON object is printed. It is
a process of its own so that it may fork thousands of times without the threads of a test runner.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import cast

from seawall.security.jail import Jail, JailPolicy, WriteMode
from seawall.security.jail._locate import Backend

SIZE = 128 * 1024
NAME = "document.bin"
SEED = 20_260_722


@dataclass
class Report:
    """What was seen.

    Attributes:
        kills: writers that were killed before they could say that they were done.
        finished: writers that were done before the signal came; they are not counted as kills.
        old, new: how often the file had the old or the new content after a kill.
        torn: how often it had neither.
        leftovers: temporary files that the kills left; most_at_once is the most that one kill left.
        swept: what one sweep at the end removed; left_after is what was still there then.
    """

    kills: int = 0
    finished: int = 0
    old: int = 0
    new: int = 0
    torn: int = 0
    leftovers: int = 0
    most_at_once: int = 0
    swept: int = 0
    left_after: int = 0
    listed: list[str] = field(default_factory=list)


def content(version: int) -> bytes:
    """A whole document that tells its version, and whose every byte depends on it."""
    head = version.to_bytes(8, "big")
    block = sha256(head).digest()
    return head + block * (SIZE // len(block))


def main() -> None:
    """Run as the module's docstring says."""
    root, backend, kills = Path(sys.argv[1]), cast("Backend", sys.argv[2]), int(sys.argv[3])
    jail = Jail.open(root, JailPolicy(writable=True), backend=backend)
    moments = random.Random(SEED)  # noqa: S311  reproducible moments, not secrets
    report = Report()
    version = 0
    jail.write_file(NAME, content(version), mode=WriteMode.REPLACE)
    duration = _duration(jail)
    while report.kills < kills and report.finished < 5 * kills:
        interrupted = _kill_one(jail, version + 1, moments.uniform(0, duration))
        found = (root / NAME).read_bytes()
        is_old, is_new = found == content(version), found == content(version + 1)
        report.torn += not is_old and not is_new
        version += is_new
        if interrupted:
            report.kills += 1
            report.old += is_old
            report.new += is_new
        else:
            report.finished += 1
        left = _leftovers(root)
        report.most_at_once = max(report.most_at_once, left - report.leftovers)
        report.leftovers = left
    report.listed = sorted(entry.name for batch in jail.scan("") for entry in batch)
    report.swept = jail.sweep()
    report.left_after = _leftovers(root)
    print(json.dumps(asdict(report)))  # noqa: T201  the answer of this program


def _duration(jail: Jail) -> float:
    """Seconds that one overwrite takes, the signal's own way included: the median of a few."""
    taken = []
    for _ in range(9):
        began = time.perf_counter()
        jail.write_file(NAME, content(0), mode=WriteMode.REPLACE)
        taken.append(time.perf_counter() - began)
    return sorted(taken)[len(taken) // 2]


def _kill_one(jail: Jail, version: int, delay: float) -> bool:
    """Fork a writer and kill it `delay` seconds after it began; whether it was still writing."""
    data = content(version)
    told, tell = os.pipe()
    writer = os.fork()
    if writer == 0:
        os.write(tell, b"begin")
        jail.write_file(NAME, data, mode=WriteMode.REPLACE)
        os.write(tell, b"done")
        signal.pause()
    os.close(tell)
    os.read(told, 5)
    time.sleep(delay)
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    interrupted = os.read(told, 4) == b""
    os.close(told)
    return interrupted


def _leftovers(root: Path) -> int:
    return sum(path.name.startswith(".seawall-") for path in root.iterdir())


if __name__ == "__main__":
    main()

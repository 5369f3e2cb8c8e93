"""What a process holds, as the kernel counts it, each second."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Sample", "sample", "watched"]

MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """One look.

    Attributes:
        at: seconds on the monotonic clock.
        memory: bytes that are resident.
        descriptors: open files and sockets.
        threads: of the process.
        processor: seconds of processor time so far.
    """

    at: float
    memory: int
    descriptors: int
    threads: int
    processor: float


def sample(pid: int) -> Sample:
    """Look at it now.

    Raises:
        OSError: it is gone.
    """
    place = Path("/proc", str(pid))
    status = dict(line.partition(":")[::2] for line in (place / "status").read_text().splitlines())
    times = (place / "stat").read_text().rpartition(")")[2].split()
    return Sample(
        time.monotonic(),
        int(status["VmRSS"].split()[0]) * 1024,
        len(list((place / "fd").iterdir())),
        int(status["Threads"]),
        (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"),
    )


@contextlib.contextmanager
def watched(pid: int) -> Iterator[list[Sample]]:
    """A list that grows by one sample a second."""
    samples, over = [sample(pid)], threading.Event()

    def look() -> None:
        while not over.wait(1):
            with contextlib.suppress(OSError):
                samples.append(sample(pid))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()

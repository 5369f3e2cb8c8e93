"""Which processes there are, and what they use. Part of the fork server, which loads it by its path: it imports nothing of Seawall."""

from __future__ import annotations

import os
import sys

__all__ = ["children", "descendants", "memory_of", "times_and_threads"]


def times_and_threads(process: int) -> tuple[int, int, int, int]:
    """Clock ticks of its processor time and of that of children that it waited for, its threads, its start (man 5 proc)."""
    with open(f"/proc/{process}/stat", "rb", 0) as file:  # noqa: PTH123  pathlib is not imported here
        fields = file.read().rpartition(b")")[2].split()
    return (
        int(fields[11]) + int(fields[12]),
        int(fields[13]) + int(fields[14]),
        int(fields[17]),
        int(fields[19]),
    )


def memory_of(process: int) -> int:
    """Bytes that it takes in memory and in swap, files apart, and those of its page tables.

    The kernel asks the first thread, which can have ended before the others: then another one is asked.
    """
    kibibytes = kibibytes_in(f"/proc/{process}/status")
    if kibibytes is None:
        for task in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208  pathlib is not imported here
            kibibytes = kibibytes_in(f"/proc/{process}/task/{task}/status")
            if kibibytes is not None:
                break
    return (kibibytes or 0) * 1024


def kibibytes_in(path: str) -> int | None:
    """What a status tells of memory; None when it is that of a thread that has none any more."""
    found = None
    with open(path, "rb", 0) as file:  # noqa: PTH123  pathlib is not imported here
        for line in file.read().split(b"\n"):
            if line.startswith((b"RssAnon:", b"RssShmem:", b"VmPTE:", b"VmSwap:")):
                found = (found or 0) + int(line.split()[1])
    return found


def children(process: int) -> list[int]:
    """The processes directly below one."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208  pathlib is not imported here
            with open(f"/proc/{process}/task/{task}/children", "rb", 0) as file:  # noqa: PTH123  likewise
                found += map(int, file.read().split())
    except OSError:
        return found  # it has ended
    return found


def descendants(process: int, *, most: int = sys.maxsize) -> list[int]:
    """All processes below one; when there are more than `most`, more than that many of them."""
    found = children(process)
    for child in found:  # grows while it is walked
        if len(found) > most:
            break
        found += children(child)
    return found

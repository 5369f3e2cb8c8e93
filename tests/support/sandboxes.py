"""A sandbox on each tier that this machine offers, and short ways to run something in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seawall.security.budget import Deadline
from seawall.security.sandbox import Ceiling, Execution, Reach, Tier, examine

MEGABYTE = 1024 * 1024
CEILING = Ceiling(
    memory=512 * MEGABYTE, processes=64, cpu_seconds=20, file_size=16 * MEGABYTE, output=256 * 1024
)
TIERS = [tier for tier in Tier if tier not in examine().lacking]
MARK = "SEAWALL_TEST_MARK"


def execution(
    *argv: str,
    directory: int | Path = Path("/"),
    reach: Reach | None = None,
    ceiling: Ceiling = CEILING,
    seconds: float = 30.0,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Execution:
    return Execution(
        argv,
        directory,
        {"PATH": "/usr/local/bin:/usr/bin:/bin", **(environment or {})},
        reach or Reach(),
        ceiling,
        Deadline.after(seconds),
        stdin,
    )


def shell(script: str, **settings: Any) -> Execution:
    return execution("/bin/sh", "-c", script, **settings)


def marked(mark: str) -> list[int]:
    """Processes that carry the mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if f"{MARK}={mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue  # it has ended
    return found


def alive(process: int) -> bool:
    """Whether it is there, and not only waited for."""
    try:
        os.kill(process, 0)
        return b") Z " not in Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return False

"""What the figures were measured on, without its name, and how busy it was with something else."""

from __future__ import annotations

import os
import platform
import resource
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Self

__all__ = ["Watch", "description"]

_TICKS = os.sysconf("SC_CLK_TCK")
_PACKAGES = ("fastmcp", "mcp", "pydantic", "starlette", "uvicorn")


def description() -> list[str]:
    """The machine and the versions, one line each."""
    cores = len(os.sched_getaffinity(0))
    return [
        f"{platform.system()} on {platform.machine()}, {cores} cores",
        f"{platform.python_implementation()} {platform.python_version()}",
        f"Seawall {version('seawall')}, " + ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    ]


def _busy() -> float:
    user, nice, system, _idle, _waiting, interrupts, soft, steal = map(
        int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    )
    return (user + nice + system + interrupts + soft + steal) / _TICKS


def _own() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


@dataclass
class Watch:
    """Tells how much of the processors other programs had since it was made."""

    _begun: float = field(default_factory=time.monotonic)
    _busy: float = field(default_factory=_busy)
    _own: float = field(default_factory=_own)

    @classmethod
    def begin(cls) -> Self:
        """From now on."""
        return cls()

    def others(self) -> float:
        """Their share, 0 to 1, of the time of all processors. Needs the own processes to be waited for."""
        passed = (time.monotonic() - self._begun) * (os.cpu_count() or 1)
        theirs = (_busy() - self._busy) - (_own() - self._own)
        return min(1.0, max(0.0, theirs / passed))

"""The guard of processes: what a program may touch and use, and that nothing of it is left."""

from __future__ import annotations

from seawall.security.sandbox.machine import Examination, best_tier, examine
from seawall.security.sandbox.sandbox import Sandbox
from seawall.security.sandbox.system import PROGRAM_PATH, find_program
from seawall.security.sandbox.values import (
    Ceiling,
    Ending,
    Execution,
    Exited,
    Finished,
    Killed,
    LimitReached,
    OutputFull,
    Reach,
    Stream,
    Tier,
    TimedOut,
)

__all__ = [
    "PROGRAM_PATH",
    "Ceiling",
    "Ending",
    "Examination",
    "Execution",
    "Exited",
    "Finished",
    "Killed",
    "LimitReached",
    "OutputFull",
    "Reach",
    "Sandbox",
    "Stream",
    "Tier",
    "TimedOut",
    "best_tier",
    "examine",
    "find_program",
]

"""What a hostile program of the table is, and what all of those in Python begin with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from seawall.security.sandbox import Ceiling, Tier

__all__ = ["ANY", "LIMITED", "PREAMBLE", "Attack", "ceiling"]

ANY: Final = Tier.LIMITS
LIMITED: Final = frozenset({"LimitReached", "Killed"})
_MEGABYTE: Final = 1024 * 1024
_ROOMY: Final = Ceiling(
    memory=512 * _MEGABYTE, processes=64, cpu_seconds=20, file_size=16 * _MEGABYTE, output=256 * 1024
)

PREAMBLE: Final = """
import ctypes, os, signal, socket, struct, sys, time
E = os.environ
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
L = ctypes.c_ulong
SERVER, VICTIM = int(E["SERVER"]), int(E["VICTIM"])
def nr(x86, arm): return x86 if os.uname().machine == "x86_64" else arm
def call(*numbers):
    answer = libc.syscall(*(n if isinstance(n, (bytes, type(None))) else L(n) for n in numbers))
    if answer < 0: raise OSError(ctypes.get_errno(), "refused")
    return True
def c(answer):
    if answer < 0: raise OSError(ctypes.get_errno(), "refused")
    return True
def attempt(*ways):
    for number, way in enumerate(ways):
        try:
            if way(): print("ESCAPED", number, flush=True)
        except (OSError, ValueError, AttributeError) as error:
            print("held", number, error, flush=True)
def read(path):
    with open(path, "rb") as file: return file.read(1) or True
def write(path, mode="w"):
    with open(path, mode) as file: file.write("ESCAPED")
    return True
"""


@dataclass(frozen=True)
class Attack:
    """One hostile program.

    Attributes:
        name: what it tries.
        text: the program.
        program: what runs it.
        tier: the weakest that promises to hold it.
        endings: how the run may end, by the names of the endings; any way when empty.
        ceiling: what it may use.
        seconds: when it is ended.
        network: hosts on its list.
        limit: which limit it reaches, when that is the point.
    """

    name: str
    text: str
    program: str = "python3"
    tier: Tier = Tier.LANDLOCK
    endings: frozenset[str] = frozenset()
    ceiling: Ceiling = _ROOMY
    seconds: float = 20.0
    network: frozenset[str] = field(default_factory=frozenset)
    limit: str = ""


def ceiling(
    *,
    memory: int = 512,
    processes: int = 64,
    cpu: int = 20,
    file: int = 16,
    output: int = 256 * 1024,
    files: int = 256,
) -> Ceiling:
    """In MiB, seconds and bytes of output."""
    return Ceiling(memory * _MEGABYTE, processes, cpu, file * _MEGABYTE, output, files)

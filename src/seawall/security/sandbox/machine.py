"""What this machine offers for holding processes: each tier is tried with a real program, and what is lacking is named."""

from __future__ import annotations

import ctypes
import functools
import marshal
import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from seawall.errors import StartError
from seawall.security.budget import Deadline
from seawall.security.sandbox import landlock
from seawall.security.sandbox.calls import ARCHITECTURES
from seawall.security.sandbox.link import ForkServer, frame, hand_over
from seawall.security.sandbox.orders import Means, order, preparation
from seawall.security.sandbox.system import find_program
from seawall.security.sandbox.values import Ceiling, Execution, Reach, Tier

__all__ = ["Examination", "best_tier", "examine", "means_of", "network_fault", "own_threads"]

_LANDLOCK_CREATE_RULESET, _LANDLOCK_VERSION = 444, 1
_CHANGED: Final = "something that it may touch is not what it was"
_SECONDS: Final = 5.0  # for one try
_MOST_THREADS: Final = 1000  # that a filter has room to name
_MEGABYTE: Final = 1024 * 1024
_TRIAL: Final = Ceiling(
    memory=256 * _MEGABYTE, processes=8, cpu_seconds=5, file_size=_MEGABYTE, output=_MEGABYTE
)


@dataclass(frozen=True, slots=True)
class Examination:
    """What this machine offers.

    Attributes:
        best: the strongest tier that works; None when not even limits can be enforced here.
        lacking: for each tier that does not work the reason, in words for the operator.
        weaknesses: what the best tier holds less well here than it could, in words.
        landlock_abi: version of the Landlock interface; 0 when there is none.
        seccomp: whether system calls can be filtered.
        network_fault: why a list of hosts cannot be enforced; empty when it can.
    """

    best: Tier | None
    lacking: dict[Tier, str]
    weaknesses: tuple[str, ...]
    landlock_abi: int
    seccomp: bool
    network_fault: str


def examine(*, user: int | None = None) -> Examination:
    """Try each tier with a real program, once in the life of the process. Takes a tenth of a second, 5 s for a tier that hangs.

    Args:
        user: whose the processes would be, when the server runs as root.
    """
    return _examined(user)


@functools.cache
def _examined(user: int | None) -> Examination:
    if sys.platform != "linux":
        reason = f"there is no sandbox for {platform.system()}"
        return Examination(None, dict.fromkeys(Tier, reason), (), 0, seccomp=False, network_fault=reason)
    lacking = dict(_lacking(user))
    works = [tier for tier in Tier if tier not in lacking]
    best = works[-1] if works else None
    abi = landlock_abi()
    seccomp = Tier.LANDLOCK not in lacking or not _seccomp_fault(user)
    return Examination(
        best,
        lacking,
        tuple(_weaknesses(best, abi, user, seccomp=seccomp)),
        abi,
        seccomp,
        network_fault(best, abi),
    )


def best_tier() -> Tier | None:
    """The strongest tier that works here; None when not even limits can be enforced."""
    return examine().best


def means_of(tier: Tier, *, user: int | None, protected: tuple[int, ...] = ()) -> Means:
    """By what this machine holds processes on a tier that works."""
    seccomp = tier.at_least(Tier.LANDLOCK) or examine(user=user).seccomp
    return replace(_plain_means(tier, user), seccomp=seccomp, protected=protected)


def own_threads() -> tuple[int, ...]:
    """The server's process and threads, of which each number leads a signal to it; blocking. At most 1,000.

    Those of libraries are among them, of which Python knows nothing. Threads to come are not known.
    """
    return tuple(sorted(map(int, os.listdir("/proc/self/task")))[:_MOST_THREADS])  # noqa: PTH208  these are no paths


def network_fault(tier: Tier | None, abi: int) -> str:
    """Why a list of hosts cannot be enforced; empty when it can."""
    if tier is Tier.BUBBLEWRAP or (tier is Tier.LANDLOCK and abi >= landlock.NETWORK_ABI):
        return ""
    return f"a list of hosts needs bwrap, or Landlock from ABI {landlock.NETWORK_ABI} on (Linux 6.7)"


def landlock_abi() -> int:
    """The version of the Landlock interface; 0 when there is none."""
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    syscall.argtypes = (ctypes.c_long, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint)
    answer: int = syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION)
    return max(answer, 0)


def _lacking(user: int | None) -> Iterator[tuple[Tier, str]]:
    for tier in Tier:
        fault = _missing(tier) or _try(_plain_means(tier, user))
        if fault:
            yield tier, fault


def _missing(tier: Tier) -> str:
    if tier is Tier.LIMITS:
        return ""
    if os.uname().machine not in ARCHITECTURES:
        return f"the system calls of {os.uname().machine} are not known to it"
    if not landlock_abi():
        return "the kernel has no Landlock (Linux 5.13, and `landlock` in its list of security modules)"
    if tier is Tier.BUBBLEWRAP and shutil.which("bwrap") is None:
        return "the program bwrap is not on PATH (Debian: bubblewrap)"
    return ""


def _plain_means(tier: Tier, user: int | None) -> Means:
    strong = tier.at_least(Tier.LANDLOCK)
    return Means(
        tier=tier,
        machine=os.uname().machine,
        abi=landlock_abi() if strong else 0,
        seccomp=strong,
        bwrap=shutil.which("bwrap") or "",
        cat=str(find_program("cat") or ""),
        user=user,
    )


def _seccomp_fault(user: int | None) -> str:
    """Why system calls cannot be filtered on the tier of limits alone; empty when they can."""
    if os.uname().machine not in ARCHITECTURES:
        return "unknown architecture"
    return _try(replace(_plain_means(Tier.LIMITS, user), seccomp=True))


def _try(means: Means) -> str:
    """Run a program that does nothing; why that failed, or nothing."""
    program = find_program("true")
    if program is None:
        return "the system has no program `true`"
    directory = tempfile.mkdtemp(prefix="seawall-run-")
    os.chmod(directory, 0o711)  # noqa: PTH101, S103  another user may have to pass through it
    trial = Execution((str(program),), Path("/"), {}, Reach(), _TRIAL, Deadline.after(_SECONDS))
    private = f"{directory}/trial"
    try:
        server = ForkServer(directory)
    except StartError as error:
        os.rmdir(directory)  # noqa: PTH106  made two lines above
        return error.message
    ours, theirs = socket.socketpair()
    with server.link, ours, open(os.devnull, "r+b", 0) as nothing:  # noqa: PTH123  a device
        ours.settimeout(_SECONDS)
        with theirs:
            server.send(theirs.fileno())
        try:
            ours.sendall(frame(preparation(trial, means, private=private)))
            data = order(trial, means, private=private, grace=0.0, port=0, proxy={})
            ours.sendall(hand_over(ours, data, [nothing.fileno()] * 3))
            fault = _outcome(ours)
        except OSError as error:
            fault = f"the trial failed: {error}"
    server.wait(_SECONDS)
    return fault


def _outcome(control: socket.socket) -> str:
    with control.makefile("rb") as reports:
        while size := reports.read(4):
            word, *rest = marshal.loads(reports.read(int.from_bytes(size, "little")))  # noqa: S302  our own process
            if word == "ended":
                return "" if rest == ["", 0] else f"the trial ended with {rest}"
            if word == "failed":
                return told(*rest)
    return "the supervisor died"


def told(step: str, number: int, text: str = "") -> str:
    """What a supervisor said of a start that failed, in words."""
    reason = os.strerror(number) if number else text
    words = {
        "execute": reason,
        "directory": f"its working directory: {reason}",
        "path": f"{text!r}: {os.strerror(number)}",
        "changed": _CHANGED,
        "stale": _CHANGED,
        "bwrap": text,
        "start": text,
    }
    return words.get(step, f"{step}: {reason}").rstrip(".")


def _weaknesses(best: Tier | None, abi: int, user: int | None, *, seccomp: bool) -> Iterator[str]:
    if best is None:
        return
    if best is Tier.LIMITS:
        yield "files are not held"
        if not seccomp:
            yield "the network is not held, and a process that makes a session of its own may be found late"
    if best is Tier.LANDLOCK:
        yield "names, sizes and times of files outside can be seen"
        if abi < landlock.NETWORK_ABI:
            yield "lists of hosts cannot be used"
        else:
            yield "a list of hosts holds the port of the proxy, and no address"
        if abi < landlock.SIGNAL_ABI:
            yield "other processes of the same user can be sent signals"
    if os.geteuid() == 0 and user is None:
        yield "processes keep user 0, without its privileges but with its files"

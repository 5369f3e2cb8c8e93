"""What this machine can enforce, found by asking it rather than by looking at version numbers."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass

from seawall.security.jail import JailTier, jail_tier
from seawall.security.jail import _openat2 as openat2
from seawall.security.jail import _rename as renameat2

__all__ = ["Bubblewrap", "Capabilities", "capabilities"]

_LANDLOCK_CREATE_RULESET = 444  # the same number on every architecture but Alpha
_LANDLOCK_CREATE_RULESET_VERSION = 1
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_BWRAP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """The `bwrap` program.

    Attributes:
        path: where it was found; None when it is not on PATH.
        works: whether it could start a program in new namespaces, as this user, here.
        reason: why it does not work; empty when it does.
    """

    path: str | None
    works: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this machine offers to the guards.

    Attributes:
        system: `Linux`, `Darwin` or `Windows`.
        kernel: its release, such as `6.12.0`.
        user_id: the effective user id; None where there is no such thing.
        jail: how strongly files are held inside their root.
        openat2: whether the kernel resolves paths beneath a directory (Linux 5.6).
        renameat2: whether a rename that replaces nothing is one step.
        landlock_abi: version of the Landlock interface (Linux 5.13); 0 when there is none.
        seccomp: whether system calls can be filtered.
        bubblewrap: the sandbox program.
    """

    system: str
    kernel: str
    user_id: int | None
    jail: JailTier
    openat2: bool
    renameat2: bool
    landlock_abi: int
    seccomp: bool
    bubblewrap: Bubblewrap


def capabilities() -> Capabilities:
    """Ask the machine. Changes nothing; takes up to 5 s when `bwrap` is there and hangs."""
    return Capabilities(
        system=platform.system(),
        kernel=platform.release(),
        user_id=os.geteuid() if hasattr(os, "geteuid") else None,
        jail=jail_tier(),
        openat2=openat2.available(),
        renameat2=renameat2.available(),
        landlock_abi=_landlock_abi(),
        seccomp=_seccomp(),
        bubblewrap=_bubblewrap(),
    )


def _landlock_abi() -> int:
    if sys.platform != "linux":
        return 0
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    syscall.argtypes = (ctypes.c_long, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint)
    answer: int = syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION)
    return max(answer, 0)


def _seccomp() -> bool:
    """Offer a filter at address 0: a kernel that knows filters looks there and says EFAULT (man 2 seccomp)."""
    if sys.platform != "linux":
        return False
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, 0, 0, 0)
    return ctypes.get_errno() == errno.EFAULT


def _bubblewrap() -> Bubblewrap:
    path = shutil.which("bwrap") if sys.platform == "linux" else None
    if path is None:
        return Bubblewrap(None, works=False, reason="not on PATH")
    command = [path, "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "/bin/true"]
    try:
        ended = subprocess.run(  # noqa: S603  the operator's own program, fixed arguments
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_BWRAP_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Bubblewrap(path, works=False, reason=type(error).__name__)
    if ended.returncode == 0:
        return Bubblewrap(path, works=True, reason="")
    told = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    return Bubblewrap(path, works=False, reason=told[0][:200] if told else f"exit status {ended.returncode}")

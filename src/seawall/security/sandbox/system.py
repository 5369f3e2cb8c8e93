"""What every program needs of the system, and the command line by which bwrap makes the namespaces."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["PROGRAM_PATH", "SYSTEM_EXECUTES", "SYSTEM_READS", "SYSTEM_WRITES", "Namespaces", "find_program"]

PROGRAM_PATH: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")

# Programs and libraries; some are links into /usr.
SYSTEM_EXECUTES: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# What the loader, the time zone, certificates and the alternatives of Debian need. No users, no hosts, no secrets.
SYSTEM_READS: Final = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/perl",
    "/etc/pki/tls/certs",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",  # not written: what is mapped of it then would be memory that nobody could count
    "/proc/cpuinfo",
    "/proc/meminfo",
)
SYSTEM_WRITES: Final = ("/dev/full", "/dev/null")
# What a process list of one's own still tells of the kernel and of others: shown empty.
_HIDDEN: Final = (
    "iomem",
    "ioports",
    "kallsyms",
    "kcore",
    "key-users",
    "keys",
    "kmsg",
    "kpagecgroup",
    "kpagecount",
    "kpageflags",
    "modules",
    "pagetypeinfo",
    "sched_debug",
    "slabinfo",
    "sysrq-trigger",
    "timer_list",
    "vmallocinfo",
)
_SHARED_MEMORY: Final = 64 * 1024 * 1024  # bytes of /dev/shm, in namespaces


def find_program(name: str) -> Path | None:
    """Where the system has the program, by a search path that nobody's environment changes; None when it has none."""
    for directory in PROGRAM_PATH:
        candidate = Path(directory, name)
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None


@dataclass(frozen=True, slots=True)
class Namespaces:
    """What is mounted for one run.

    Attributes:
        bwrap: the program that makes the namespaces.
        cat: the program that waits in them, and whose presence tells that they are ready.
        reads: shown read-only.
        writes: shown as they are.
        memory: bytes that a run may have; its shared memory has no more.
    """

    bwrap: str
    cat: str
    reads: Sequence[str]
    writes: Sequence[str]
    memory: int

    def command(self) -> list[str]:
        """The command line; `{info}` in it stands for a descriptor."""
        return [
            self.bwrap,
            "--unshare-all",
            "--unshare-user",
            "--die-with-parent",
            "--cap-drop",
            "ALL",
            "--info-fd",
            "{info}",
            *_system(),
            "--proc",
            "/proc",
            *_hidden(),
            "--dev",
            "/dev",
            "--size",
            str(min(_SHARED_MEMORY, self.memory)),
            "--tmpfs",
            "/dev/shm",  # noqa: S108  one of its own
            *self._paths(),
            "--",
            self.cat,
        ]

    def _paths(self) -> Iterator[str]:
        """What lies deeper is mounted later, over what lies above it."""
        mounts = [(path, "--ro-bind") for path in self.reads] + [(path, "--bind") for path in self.writes]
        strongest = dict(mounts)  # a path that is both read and written is written
        for path in sorted(strongest, key=lambda path: (path.count("/"), path)):
            yield from (strongest[path], path, path)


def _hidden() -> Iterator[str]:
    for name in _HIDDEN:
        if os.path.exists(f"/proc/{name}"):  # noqa: PTH110  asked for every run
            yield from ("--ro-bind", "/dev/null", f"/proc/{name}")


def _system() -> Iterator[str]:
    for path in SYSTEM_EXECUTES:
        try:
            status = os.lstat(path)
        except OSError:
            continue
        if stat.S_ISLNK(status.st_mode):
            yield from ("--symlink", str(Path(path).readlink()), path)
        else:
            yield from ("--ro-bind", path, path)
    for path in SYSTEM_READS:
        if path.startswith("/etc/"):
            yield from ("--ro-bind-try", path, path)

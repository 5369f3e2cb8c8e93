"""What a command is run with, and what comes of it, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from seawall.security.budget import Deadline

__all__ = [
    "Ceiling",
    "Ending",
    "Execution",
    "Exited",
    "Finished",
    "Killed",
    "LimitReached",
    "OutputFull",
    "Reach",
    "Stream",
    "Tier",
    "TimedOut",
]


class Tier(StrEnum):
    """How strongly a process is held, weakest first.

    `LIMITS` holds what a process may use and that none of it is left; files and the network are not held. `LANDLOCK` adds
    files, TCP, signals and every other way out that system calls offer. `BUBBLEWRAP` adds namespaces: there the process
    sees nothing of the machine but what it was given.
    """

    LIMITS = "rlimits"
    LANDLOCK = "landlock"
    BUBBLEWRAP = "bwrap"

    def at_least(self, other: Tier) -> bool:
        """Whether this one holds everything that `other` holds."""
        order = tuple(Tier)
        return order.index(self) >= order.index(other)


class Stream(StrEnum):
    """What a process writes to."""

    STDOUT = "stdout"
    STDERR = "stderr"


@dataclass(frozen=True, slots=True)
class Reach:
    """What one command's process may touch. Paths are the operator's: absolute, resolved when the server started.

    The directories of the system that programs need (`/usr`, `/bin`, `/lib`, ...) are added by the sandbox.

    Attributes:
        reads: files, and directories with all that is below them, that may be read.
        writes: the same, for reading and writing.
        executes: the same, for reading and executing, beside the system's own.
        network: hosts that may be reached through the proxy, `host` or `host:port` (443 when it is not said), with `*.` for
            every name below. Empty: there is no network.
        known: device and inode of paths that others could have replaced since somebody looked at them. A run whose path is
            another file by then is not started.
    """

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    executes: tuple[Path, ...] = ()
    network: frozenset[str] = frozenset()
    known: tuple[tuple[Path, tuple[int, int]], ...] = ()


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What one run may use, all of its processes together unless it says otherwise.

    Attributes:
        memory: bytes; of each process by the kernel, of all together by sampling.
        processes: how many may be there at once, threads counted alike.
        cpu_seconds: processor time.
        file_size: bytes of each file that is written.
        output: bytes of both streams together.
        open_files: descriptors of each process.
    """

    memory: int
    processes: int
    cpu_seconds: int
    file_size: int
    output: int
    open_files: int = 256


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of one program.

    Attributes:
        argv: the program, as an absolute path, and its arguments. There is no shell.
        directory: where it starts: a descriptor of a directory, which stays the caller's, or an absolute path.
        environment: all of it; `HOME` and `TMPDIR` name the private directory unless they are given.
        reach: what it may touch.
        ceiling: what it may use.
        deadline: when it is ended.
        stdin: what it may read there; nothing when empty.
    """

    argv: tuple[str, ...]
    directory: int | Path
    environment: Mapping[str, str]
    reach: Reach
    ceiling: Ceiling
    deadline: Deadline = field(default_factory=Deadline.never)
    stdin: bytes = b""


@dataclass(frozen=True, slots=True)
class Exited:
    """It ended by itself, with this exit status."""

    code: int


@dataclass(frozen=True, slots=True)
class Killed:
    """A signal ended it that the sandbox did not send: a fault, or a limit of the kernel (`SIGXCPU`, `SIGXFSZ`, `SIGSYS`)."""

    signal: int


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The deadline passed, and it was ended."""


@dataclass(frozen=True, slots=True)
class OutputFull:
    """It wrote more than `Ceiling.output` allows, and was ended."""


@dataclass(frozen=True, slots=True)
class LimitReached:
    """All of its processes together reached a limit, and were ended.

    Attributes:
        limit: `memory`, `processes`, `cpu_seconds` or `file_size`, as in `Ceiling`.
    """

    limit: str


Ending: TypeAlias = Exited | Killed | TimedOut | OutputFull | LimitReached


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a run. None of its processes is left, and its private directory is removed.

    Attributes:
        ending: how it ended.
        stdout: what it wrote there, up to the limit.
        stderr: the same.
        left_out: bytes of both that were dropped, as far as they were seen.
        tier: how it was held.
    """

    ending: Ending
    stdout: bytes
    stderr: bytes
    left_out: int
    tier: Tier

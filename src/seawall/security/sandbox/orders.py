"""From an execution to the order that the fork server carries out: rules, limits and filter, as plain values."""

from __future__ import annotations

import marshal
import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seawall.security.sandbox import landlock
from seawall.security.sandbox.filtering import FilterRules, filter_program
from seawall.security.sandbox.system import SYSTEM_EXECUTES, SYSTEM_READS, SYSTEM_WRITES, Namespaces
from seawall.security.sandbox.values import Execution, Tier

__all__ = ["PRIVATE_PORT", "Means", "order", "preparation"]

PRIVATE_PORT: Final = 3128  # of the proxy, in a network namespace where nobody else is
_CONNECT_TCP: Final = 2
_PENDING: Final = 1024  # signals and timers that wait


@dataclass(frozen=True, slots=True)
class Means:
    """By what this machine holds processes, as it was found at the start.

    Attributes:
        tier: how strongly.
        machine: the architecture.
        abi: of Landlock; 0 when it is not used.
        seccomp: whether system calls can be filtered.
        bwrap: the program of that name.
        cat: the program that waits in the namespaces.
        user: whose the processes are; None for the server's own.
        protected: processes and threads that they must never signal, where nothing but the filter keeps them from it.
    """

    tier: Tier
    machine: str
    abi: int
    seccomp: bool
    bwrap: str
    cat: str
    user: int | None
    protected: tuple[int, ...] = ()

    @property
    def namespaces(self) -> bool:
        """Whether each run has its own."""
        return self.tier is Tier.BUBBLEWRAP

    @property
    def names_protected(self) -> bool:
        """Whether the filter alone keeps a process from signalling the server."""
        return self.seccomp and not self.namespaces and self.abi < landlock.SIGNAL_ABI


def preparation(execution: Execution, means: Means, *, private: str) -> bytes:
    """What a supervisor does before it has its order; the same for every run with this reach and memory.

    Args:
        execution: one that is to be run.
        means: by what it is held.
        private: the path of the private directory, which the supervisor makes.
    """
    reach = execution.reach
    reads, writes = [*map(str, reach.reads), *map(str, reach.executes)], [*map(str, reach.writes)]
    namespaces = Namespaces(means.bwrap, means.cat, reads, [*writes, private], execution.ceiling.memory)
    return marshal.dumps(
        {
            "private": private,
            "user": means.user,
            "paths": [*reads, *writes],
            "bwrap": namespaces.command() if means.namespaces else None,
        }
    )


def order(
    execution: Execution, means: Means, *, private: str, grace: float, port: int, proxy: dict[str, str]
) -> bytes:
    """What the fork server is told of one run.

    Args:
        execution: what to run.
        means: by what it is held.
        private: the path of its private directory, which the supervisor makes.
        grace: seconds between SIGTERM and SIGKILL.
        port: where the proxy listens; 0 when there is no network.
        proxy: what the environment says of it.
    """
    reach, ceiling = execution.reach, execution.ceiling
    environment = {"HOME": private, "TMPDIR": private, **proxy, **execution.environment}
    reads, writes = tuple(map(str, reach.reads)), (*map(str, reach.writes), private)
    executes = tuple(map(str, reach.executes))
    handled = landlock.handled(means.abi)
    known = {str(path): identity for path, identity in reach.known}
    return marshal.dumps(
        {
            "argv": [os.fsencode(part) for part in execution.argv],
            "environment": {os.fsencode(name): os.fsencode(value) for name, value in environment.items()},
            "directory": _directory(execution.directory),
            "stdin": bool(execution.stdin),
            "seconds": execution.deadline.remaining(),
            "grace": grace,
            "memory": ceiling.memory,
            "processes": ceiling.processes,
            "cpu_seconds": ceiling.cpu_seconds,
            "limits": list(_limits(execution, means)),
            "handled": _known(handled, means.abi),
            "rules": [
                (rule.path, rule.rights, rule.of_a_file, rule.required, known.get(rule.path))
                for rule in _rules(reads, writes, executes, means)
            ],
            "ports": [(port, _CONNECT_TCP)] if port and handled.network else [],
            "filter": _filter(means, network=bool(port)),
            "listen": port if means.namespaces else 0,
        }
    )


def _directory(directory: int | Path) -> str:
    if isinstance(directory, Path):
        return str(directory)
    return str(
        Path(f"/proc/self/fd/{directory}").readlink()
    )  # used where the descriptor leads to another mount, and compared


def _limits(execution: Execution, means: Means) -> Iterator[tuple[int, int, int]]:
    """Limits of each process, soft and hard (man 2 setrlimit).

    RLIMIT_DATA and not RLIMIT_AS: Go, Java and V8 reserve far more than they use.
    """
    ceiling = execution.ceiling
    for limit, value in (
        (resource.RLIMIT_CORE, 1),  # 0 would still hand its memory to a program that takes core dumps
        (resource.RLIMIT_DATA, ceiling.memory),
        (resource.RLIMIT_FSIZE, ceiling.file_size),
        (resource.RLIMIT_NOFILE, ceiling.open_files),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_RTPRIO, 0),
        (resource.RLIMIT_SIGPENDING, _PENDING),  # they count for all processes of the user
    ):
        yield limit, value, value
    seconds = max(1, ceiling.cpu_seconds)
    yield resource.RLIMIT_CPU, seconds, seconds + 1  # SIGXCPU says why; SIGKILL comes to whoever ignores it
    if means.namespaces:
        # Counted in the run's own user namespace, with the two processes that wait in it. Does not bind user 0.
        yield resource.RLIMIT_NPROC, ceiling.processes + 2, ceiling.processes + 2


def _rules(
    reads: tuple[str, ...], writes: tuple[str, ...], executes: tuple[str, ...], means: Means
) -> Iterator[landlock.Rule]:
    if not means.abi:
        return
    yield from landlock.path_rules(SYSTEM_READS, SYSTEM_WRITES, SYSTEM_EXECUTES, required=False)
    if means.namespaces:
        yield from landlock.path_rules(("/proc",), ("/dev/shm",), (), required=False)  # noqa: S108  one of its own
    yield from landlock.path_rules(reads, writes, executes, required=True)


def _known(handled: landlock.Handled, abi: int) -> list[int]:
    """As many members of struct landlock_ruleset_attr as this ABI has."""
    if not abi:
        return []
    if abi < landlock.NETWORK_ABI:
        return [handled.files]
    if abi < landlock.SIGNAL_ABI:
        return [handled.files, handled.network]
    return [handled.files, handled.network, handled.scoped]


def _filter(means: Means, *, network: bool) -> bytes:
    if not means.seccomp:
        return b""
    signals_held = means.abi >= landlock.SIGNAL_ABI
    return filter_program(
        FilterRules(
            machine=means.machine,
            network=network,
            own_processes=means.namespaces,
            own_mounts=means.namespaces or not means.abi,
            signals_held=signals_held,
            truncate_held=means.abi >= landlock.TRUNCATE_ABI or not means.abi,
            protected=means.protected,
        )
    )

"""Rights of Landlock: what the running kernel can judge, and which of it a run is given (linux/landlock.h)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["NETWORK_ABI", "SIGNAL_ABI", "TRUNCATE_ABI", "Handled", "Rule", "handled", "path_rules"]

TRUNCATE_ABI, NETWORK_ABI, SIGNAL_ABI = 3, 4, 6

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
_TRUNCATE, _IOCTL_DEV, _RESOLVE_UNIX = 1 << 14, 1 << 15, 1 << 16
# Bits of handled_access_fs by the ABI that brought them: 1 has thirteen, then REFER, TRUNCATE, IOCTL_DEV, RESOLVE_UNIX.
_FILE_BITS: Final = ((1, 0x1FFF), (2, 1 << 13), (3, _TRUNCATE), (5, _IOCTL_DEV), (9, _RESOLVE_UNIX))
_NETWORK_BITS: Final = ((NETWORK_ABI, 0b11), (10, 0b1100))  # TCP, then UDP: bind and connect each
_SCOPE_BITS: Final = ((SIGNAL_ABI, 0b11),)  # abstract unix sockets, signals
_OF_FILES: Final = (
    _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
)  # a file's own; the rest are a directory's

_READ: Final = _READ_FILE | _READ_DIR
# No devices, no sockets with a path, no control of devices, and nothing to execute.
_WRITE: Final = 0x1FFFF & ~(_EXECUTE | _MAKE_CHAR | _MAKE_BLOCK | _MAKE_SOCK | _IOCTL_DEV | _RESOLVE_UNIX)


@dataclass(frozen=True, slots=True)
class Handled:
    """What a ruleset judges; all of it is denied but for its rules.

    Attributes:
        files: rights on files.
        network: rights on ports.
        scoped: what stays among the run's own processes.
    """

    files: int
    network: int
    scoped: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A path, and the rights at it and below it.

    Attributes:
        path: absolute.
        rights: those of a directory.
        required: whether the run fails when the path is not there.
    """

    path: str
    rights: int
    required: bool = False

    @property
    def of_a_file(self) -> int:
        """The rights when the path is a file: the kernel refuses others."""
        return self.rights & _OF_FILES


def handled(abi: int) -> Handled:
    """Everything that a kernel of this ABI can judge."""
    return Handled(_sum(_FILE_BITS, abi), _sum(_NETWORK_BITS, abi), _sum(_SCOPE_BITS, abi))


def path_rules(
    reads: Iterable[str], writes: Iterable[str], executes: Iterable[str], *, required: bool
) -> Iterator[Rule]:
    """The rules of such paths; where one is named several times, or lies below another, it has the rights of both."""
    for path in reads:
        yield Rule(path, _READ, required)
    for path in executes:
        yield Rule(path, _READ | _EXECUTE, required)
    for path in writes:
        yield Rule(path, _WRITE, required)


def _sum(bits: Iterable[tuple[int, int]], abi: int) -> int:
    return sum(mask for since, mask in bits if since <= abi)

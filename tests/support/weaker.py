"""A machine that offers less: a command is run with system calls that the kernel refuses, to it and to all it starts.

`python weaker.py WHAT COMMAND…`, where WHAT is a key of `REFUSED`. It is what an older kernel or a strict container does.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from pathlib import Path

__all__ = ["REFUSED", "weaker"]

_ENOSYS, _EPERM = 38, 1
_MOUNT = 165 if platform.machine() == "x86_64" else 40
REFUSED = {"without landlock": ((444, _ENOSYS),), "without namespaces": ((_MOUNT, _EPERM),)}
"""What is refused, by a word for the machine: numbers of system calls, each with the error that it gives."""

_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000  # linux/seccomp.h
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2


def weaker(what: str, *command: str | Path) -> tuple[str, ...]:
    """The command line that runs a command on such a machine."""
    return (sys.executable, __file__, what, *map(str, command))


def _refuse(calls: tuple[tuple[int, int], ...]) -> None:
    program = [struct.pack("HBBI", _LOAD, 0, 0, 0)]  # the number of the call
    for number, error in calls:
        program += [
            struct.pack("HBBI", _EQUAL, 0, 1, number),
            struct.pack("HBBI", _RETURN, 0, 0, _ERRNO | error),
        ]
    program.append(struct.pack("HBBI", _RETURN, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(program))
    filters = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for arguments in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.addressof(filters), 0, 0)):
        if prctl(*map(ctypes.c_ulong, arguments)):
            raise OSError(ctypes.get_errno(), "no filter")


if __name__ == "__main__":
    _refuse(REFUSED[sys.argv[1]])
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  that is what it is for

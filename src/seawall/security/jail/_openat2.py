"""openat2(2), Linux 5.6 and newer, for which Python has no function.

The kernel resolves the path as one step and guarantees that it stays beneath the directory, whatever is renamed
meanwhile (man openat2, RESOLVE_BENEATH). Symbolic links are never followed here: what has one takes the walk, which
judges every hop by the rules.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache

__all__ = ["available", "open_directory_beneath"]

_SYSCALL = 437  # the same number on every architecture but Alpha
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x01, 0x02, 0x04, 0x08
_AT_FDCWD = -100
_RETRIES = 16  # EAGAIN: a rename raced with a ".."; the walk takes over when it goes on


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_HOW_SIZE = ctypes.sizeof(_How)
_FLAGS = getattr(os, "O_PATH", 0) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_BASE = _BENEATH | _NO_MAGICLINKS | _NO_SYMLINKS

# The kernel only reads these; they live as long as the module, and so do the pointers to them.
_HOW_ANY_MOUNT = _How(_FLAGS, 0, _BASE)
_HOW_ONE_MOUNT = _How(_FLAGS, 0, _BASE | _NO_XDEV)
_ANY_MOUNT, _ONE_MOUNT = ctypes.addressof(_HOW_ANY_MOUNT), ctypes.addressof(_HOW_ONE_MOUNT)

if sys.platform == "linux":
    _syscall = ctypes.CDLL(None, use_errno=True).syscall
    _syscall.restype = ctypes.c_long
    _syscall.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t)


def open_directory_beneath(root: int, path: bytes, *, cross_mounts: bool) -> int:
    """A descriptor (O_PATH) of the directory `path` beneath `root`; -1 when there is none to be had this way.

    -1 says nothing about the reason: the walk finds that out, in the same words for every platform.
    """
    how = _ANY_MOUNT if cross_mounts else _ONE_MOUNT
    for _ in range(_RETRIES):
        descriptor: int = _syscall(_SYSCALL, root, path, how, _HOW_SIZE)
        if descriptor >= 0:
            return descriptor
        if ctypes.get_errno() not in {errno.EAGAIN, errno.EINTR}:
            break
    return -1


@cache
def available() -> bool:
    """Whether this kernel has openat2 and lets this process use it (old container profiles answer EPERM)."""
    if sys.platform != "linux":
        return False
    descriptor = open_directory_beneath(_AT_FDCWD, b".", cross_mounts=True)
    if descriptor >= 0:
        os.close(descriptor)
        return True
    return ctypes.get_errno() not in {errno.ENOSYS, errno.EPERM}

"""Renaming that never replaces: renameat2(RENAME_NOREPLACE) of Linux, and what comes nearest elsewhere."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys

__all__ = ["available", "rename_without_replacing"]

_NOREPLACE = 1
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}  # EINVAL: the file system has no such flag


def _native() -> ctypes._NamedFuncPointer | None:
    if sys.platform != "linux":
        return None
    function: ctypes._NamedFuncPointer | None = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is not None:  # glibc 2.28, musl 1.2.6
        function.restype = ctypes.c_int
        function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return function


_renameat2 = _native()


def available() -> bool:
    """Whether the C library offers renameat2."""
    return _renameat2 is not None


def rename_without_replacing(source: str, source_fd: int, target: str, target_fd: int) -> None:
    """Give the entry `source` of one directory the name `target` in another.

    Raises FileExistsError when that name is taken, with nothing changed.

    Raises:
        OSError: whatever the operating system answers.
    """
    if _renameat2 is not None:
        answer = _renameat2(source_fd, os.fsencode(source), target_fd, os.fsencode(target), _NOREPLACE)
        if answer == 0:
            return
        number = ctypes.get_errno()
        if number not in _UNSUPPORTED:
            raise OSError(number, os.strerror(number))
    _in_two_steps(source, source_fd, target, target_fd)


def _in_two_steps(source: str, source_fd: int, target: str, target_fd: int) -> None:
    """Take the new name first, by a call that fails if it is taken; then drop the old one."""
    status = os.stat(source, dir_fd=source_fd, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        os.mkdir(target, dir_fd=target_fd)
        try:  # a directory replaces an empty directory only
            os.rename(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd)
        except OSError:
            os.rmdir(target, dir_fd=target_fd)
            raise
        return
    os.link(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd, follow_symlinks=False)
    os.unlink(source, dir_fd=source_fd)

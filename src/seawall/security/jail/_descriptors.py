"""Descriptors of directories: how they are opened, and who keeps the root's open."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from seawall.errors import StartError
from seawall.security.jail import _openat2

__all__ = ["RootDescriptor", "is_within", "mount_of", "open_below", "open_directory", "open_root"]

# O_PATH needs no read permission and touches nothing; where it is missing, a plain read descriptor serves.
_ROOT = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_DIRECTORY = _ROOT | getattr(os, "O_NOFOLLOW", 0)
_LIST = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_MAX_PATH = 4095  # bytes that the kernel takes as one path


class RootDescriptor:
    """The root's descriptor. It is closed when its last user lets go of this object.

    So an operation that is under way while the jail is closed never acts on a number that the operating system
    has given to another file meanwhile.
    """

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __del__(self) -> None:
        os.close(self.fd)


def open_root(root: Path) -> RootDescriptor:
    """The root itself, which the operator named: links on the way to it are followed.

    Raises:
        StartError: it is missing, no directory, or closed to the server's user.
    """
    try:
        held = RootDescriptor(os.open(root, _ROOT))
        os.close(os.open(".", _LIST, dir_fd=held.fd))
    except FileNotFoundError:
        raise StartError(
            f"The root {str(root)!r} does not exist.", hint="Create it, or correct `roots`."
        ) from None
    except NotADirectoryError:
        raise StartError(f"The root {str(root)!r} is not a directory.", hint="Correct `roots`.") from None
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO)
        raise StartError(f"The root {str(root)!r} cannot be opened: {reason}.") from error
    except ValueError:
        raise StartError(f"The root {str(root)!r} is not a possible path.") from None
    return held


def open_below(root: RootDescriptor, names: tuple[str, ...], *, by_kernel: bool, cross_mounts: bool) -> int:
    """A descriptor for listing the directory that resolved `names` spell, never through a link.

    Raises:
        OSError: it cannot be reached, or something on the way has become a link.
    """
    path = os.fsencode("/".join(names)) or b"."
    if by_kernel and len(path) <= _MAX_PATH:
        descriptor = _openat2.open_directory_beneath(root.fd, path, cross_mounts=cross_mounts)
        if descriptor < 0:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    else:
        descriptor = _step_down(root, names, cross_mounts=cross_mounts)
    try:
        return os.open(".", _LIST, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _step_down(root: RootDescriptor, names: tuple[str, ...], *, cross_mounts: bool) -> int:
    descriptor = open_directory(root.fd, ".")
    for name in names:
        try:
            following = open_directory(descriptor, name)
        finally:
            os.close(descriptor)
        descriptor = following
    if not cross_mounts and mount_of(descriptor) != mount_of(root.fd):
        os.close(descriptor)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    return descriptor


def open_directory(parent: int, name: str) -> int:
    """A descriptor of the directory `name` in `parent`; ENOTDIR or ELOOP if it is a link.

    Raises:
        OSError: whatever the operating system answers.
    """
    return os.open(name, _DIRECTORY, dir_fd=parent)


def is_within(directory: int, ancestor: int) -> bool:
    """Whether the directory is `ancestor` or lies below it: goes up until the parent of a directory is itself.

    Raises:
        OSError: a directory above may not be searched.
    """
    wanted = os.fstat(ancestor)
    here, owned = directory, False
    try:
        while True:
            status = os.fstat(here)
            if os.path.samestat(status, wanted):
                return True
            above = os.open("..", _DIRECTORY, dir_fd=here)
            if owned:
                os.close(here)
            here, owned = above, True
            if os.path.samestat(os.fstat(here), status):
                return False
    finally:
        if owned:
            os.close(here)


def mount_of(descriptor: int) -> str:
    """What tells one mount from another: Linux's mount id, elsewhere the device number.

    The id also tells a bind mount of the same file system (man proc_pid_fdinfo).
    """
    try:
        with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as lines:  # noqa: PTH123  not a path of a caller
            for line in lines:
                if line.startswith("mnt_id:"):
                    return line
    except OSError:
        pass  # no /proc: the device number is the next best
    return str(os.fstat(descriptor).st_dev)

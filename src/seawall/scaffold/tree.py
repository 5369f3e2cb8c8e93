"""One directory tree through descriptors: no name in it is followed when it is a link."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

__all__ = ["LinkError", "Tree"]

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_READ_AT_MOST: Final = 8 * 1024**2  # bytes; a project's files are kilobytes


class LinkError(OSError):
    """A name on the way is a symbolic link, or no directory."""


class Tree:
    """The tree below one directory. Paths are relative, with `/`; every method raises OSError."""

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, _DIRECTORY)

    def close(self) -> None:
        """Let go of the directory."""
        os.close(self._root)

    def kind(self, path: str) -> int | None:
        """The file type of `path` as in `stat.S_IFMT`, without following it; None when nothing is there."""
        try:
            with self._parent(path) as (parent, name):
                return stat.S_IFMT(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return None

    def read(self, path: str) -> bytes | None:
        """The content of a regular file; None when nothing is there."""
        try:
            with self._parent(path) as (parent, name):
                descriptor = os.open(name, _READ, dir_fd=parent)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise LinkError(error.errno, "is a symbolic link", path) from None
            raise
        with os.fdopen(_regular(descriptor, path), "rb") as file:
            content = file.read(_READ_AT_MOST + 1)
        if len(content) > _READ_AT_MOST:
            raise OSError(errno.EFBIG, "is larger than a file of a project", path)
        return content

    def create(self, path: str, content: bytes) -> None:
        """Write a new file and wait until the disk has it; directories on the way are made."""
        with (
            self._parent(path, make=True) as (parent, name),
            os.fdopen(os.open(name, _NEW_FILE, 0o666, dir_fd=parent), "wb") as file,
        ):
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def link(self, path: str, other: str) -> None:
        """Give the file at `path` the second name `other`; directories on the way are made."""
        with self._parent(path) as (parent, name), self._parent(other, make=True) as (beside, second):
            os.link(name, second, src_dir_fd=parent, dst_dir_fd=beside, follow_symlinks=False)

    def rename(self, path: str, target: str) -> None:
        """Move a file onto `target` at once, whatever file is there; directories on the way are made."""
        with self._parent(path) as (parent, name), self._parent(target, make=True) as (beside, second):
            os.rename(name, second, src_dir_fd=parent, dst_dir_fd=beside)

    def make_directory(self, path: str) -> bool:
        """Make one directory; False when one is there."""
        with self._parent(path) as (parent, name):
            try:
                os.mkdir(name, dir_fd=parent)
            except FileExistsError:
                if self.kind(path) != stat.S_IFDIR:
                    raise LinkError(errno.ENOTDIR, "is no directory", path) from None
                return False
        return True

    def copy_mode(self, path: str, other: str) -> None:
        """Give the file `other` the permissions of the one at `path`."""
        with self._parent(path) as (parent, name), self._parent(other) as (beside, second):
            mode = stat.S_IMODE(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
            descriptor = os.open(second, _READ, dir_fd=beside)
            try:
                os.fchmod(descriptor, mode)
            finally:
                os.close(descriptor)

    @contextlib.contextmanager
    def locked(self, path: str) -> Iterator[bool]:
        """Hold the lock of a directory while the `with` lasts; False when another process holds it or removed it."""
        with contextlib.ExitStack() as stack:
            try:
                directory = stack.enter_context(self._opened(_parts(path)))
                fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, FileNotFoundError):
                held = False
            else:
                held = self._is(path, directory)
            yield held

    def owned(self, path: str) -> bool:
        """Whether what is there belongs to the user of this process; nothing belongs to nobody."""
        try:
            with self._parent(path) as (parent, name):
                return os.stat(name, dir_fd=parent, follow_symlinks=False).st_uid == os.geteuid()
        except FileNotFoundError:
            return False

    def unlink(self, path: str) -> None:
        """Remove a file, when it is there."""
        with contextlib.suppress(FileNotFoundError), self._parent(path) as (parent, name):
            os.unlink(name, dir_fd=parent)

    def remove_directory(self, path: str) -> None:
        """Remove a directory, when it is there and empty."""
        with contextlib.suppress(FileNotFoundError), self._parent(path) as (parent, name):
            try:
                os.rmdir(name, dir_fd=parent)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                    raise

    def remove_tree(self, path: str) -> None:
        """Remove a directory with all that is below it."""
        with self._opened(_parts(path)) as directory:
            names = [(each.name, each.is_dir(follow_symlinks=False)) for each in os.scandir(directory)]
        for name, is_directory in names:
            (self.remove_tree if is_directory else self.unlink)(f"{path}/{name}")
        self.remove_directory(path)

    def names(self, path: str = "") -> list[str]:
        """What lies in a directory."""
        with self._opened(_parts(path)) as directory:
            return sorted(os.listdir(directory))  # noqa: PTH208  Path knows no descriptors

    def settle(self, path: str) -> None:
        """Wait until the disk knows the names in the directory of `path`."""
        with self._parent(path) as (parent, _name):
            os.fsync(parent)

    def _is(self, path: str, descriptor: int) -> bool:
        """Whether the path still leads to what was opened: others may have moved or removed it meanwhile."""
        try:
            with self._parent(path) as (parent, name):
                now = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(now, os.fstat(descriptor))

    @contextlib.contextmanager
    def _parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        parts = _parts(path)
        with self._opened(parts[:-1], make=make) as parent:
            yield parent, parts[-1]

    @contextlib.contextmanager
    def _opened(self, parts: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
        current = os.dup(self._root)
        try:
            for number, name in enumerate(parts):
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, dir_fd=current)
                try:
                    inner = os.open(name, _DIRECTORY, dir_fd=current)
                except OSError as error:
                    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                        place = "/".join(parts[: number + 1])
                        raise LinkError(error.errno, "is no directory of the project", place) from None
                    raise
                os.close(current)
                current = inner
            yield current
        finally:
            os.close(current)


def _regular(descriptor: int, path: str) -> int:
    """The descriptor, when it is one of a regular file; else it is closed."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise LinkError(errno.EINVAL, "is no regular file", path)
    return descriptor


def _parts(path: str) -> tuple[str, ...]:
    """The names on the way; whoever wrote the path, none of them leads out of the tree."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts:
        raise LinkError(errno.EINVAL, "is no path of the project", path)
    return parts

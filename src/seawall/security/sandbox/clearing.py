"""Removes private directories. Part of the fork server, which loads it by its path: it imports nothing of Seawall."""

from __future__ import annotations

import errno
import os
import time

__all__ = ["remove_directory"]

_MODE = 0o700


def remove_directory(path: str, *, seconds: float = float("inf")) -> bool:
    """Remove a directory and all that is in it, however deep, and whatever its modes; nobody else is in it any more.

    Takes no more memory for more files. False when it takes longer than these seconds: then a part is left.
    """
    try:
        top = opened(path)
    except OSError:
        return True
    try:
        Clearing(top, time.monotonic() + seconds).clear()
        os.rmdir(path)  # noqa: PTH106  pathlib is not imported here
    except TimeoutError:
        return False
    except OSError:
        return True  # what cannot be removed stays: it is in a directory that nobody else may read
    finally:
        os.close(top)
    return True


def opened(path: str, parent: int | None = None) -> int:
    """A descriptor of a directory, whatever its mode was. A link that has taken its place is not followed.

    Raises:
        OSError: it is none, or belongs to somebody else.
    """
    place = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        known = f"/proc/self/fd/{place}"
        os.chmod(known, _MODE)  # noqa: PTH101  pathlib is not imported here
        return os.open(known, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        os.close(place)


class Clearing:
    """The removal of what is in one directory."""

    def __init__(self, top: int, end: float) -> None:
        self.top = top
        self.end = end
        self.fresh = os.urandom(8).hex()  # a prefix that nothing in there has
        self.number = 0

    def clear(self) -> None:
        """Remove all of it.

        Raises:
            TimeoutError: it is later than `end`.
            OSError: something cannot be removed.
        """
        found = True
        while found:
            found = False
            with os.scandir(self.top) as entries:
                for entry in entries:
                    found = True
                    try:
                        self.remove(entry.name)
                    except FileNotFoundError:
                        continue  # a supervisor removed its own in this moment

    def remove(self, name: str) -> None:
        """Remove one entry; directories in a directory are moved up first, so that depth costs nothing."""
        if time.monotonic() > self.end:
            raise TimeoutError
        try:
            os.unlink(name, dir_fd=self.top)
        except IsADirectoryError:
            inner = opened(name, self.top)
            try:
                self.empty(inner)
            finally:
                os.close(inner)
            try:
                os.rmdir(name, dir_fd=self.top)
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:  # else some were not listed while others went: once more
                    raise

    def empty(self, inner: int) -> None:
        """Remove the files of a directory, and move up its directories."""
        with os.scandir(inner) as entries:
            for entry in entries:
                if time.monotonic() > self.end:
                    raise TimeoutError
                try:
                    os.unlink(entry.name, dir_fd=inner)
                except IsADirectoryError:
                    os.close(opened(entry.name, inner))
                    self.number += 1
                    os.rename(
                        entry.name, f"{self.fresh}.{self.number}", src_dir_fd=inner, dst_dir_fd=self.top
                    )

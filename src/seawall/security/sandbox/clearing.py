"""Removes private directories. Part of the fork server, which loads it by its path: it imports nothing of Seawall."""

from __future__ import annotations

import os

__all__ = ["remove_directory"]

_MODE = 0o700


def remove_directory(path: str) -> None:
    """Remove a directory and all that is in it, however deep, and whatever its modes; nobody else is in it any more."""
    try:
        os.chmod(path, _MODE)  # noqa: PTH101  pathlib is not imported here
        top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    fresh = os.urandom(8).hex()  # a prefix that nothing in there has
    number = 0
    try:
        while names := os.listdir(top):  # noqa: PTH208  a descriptor
            for name in names:
                try:
                    number = remove_entry(top, name, fresh, number)
                except FileNotFoundError:
                    continue  # a supervisor removed its own in this moment
        os.rmdir(path)  # noqa: PTH106  likewise
    except OSError:
        return  # what cannot be removed stays: it is in a directory that nobody else may read
    finally:
        os.close(top)


def remove_entry(top: int, name: str, fresh: str, number: int) -> int:
    """Remove one entry; what a directory holds is moved up first, so that depth costs nothing."""
    try:
        os.unlink(name, dir_fd=top)
    except IsADirectoryError:
        os.chmod(name, _MODE, dir_fd=top)
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
        try:
            for entry in os.listdir(inner):  # noqa: PTH208  a descriptor
                try:
                    os.unlink(entry, dir_fd=inner)
                except IsADirectoryError:
                    os.chmod(entry, _MODE, dir_fd=inner)
                    number += 1
                    os.rename(entry, f"{fresh}.{number}", src_dir_fd=inner, dst_dir_fd=top)
        finally:
            os.close(inner)
        os.rmdir(name, dir_fd=top)
    return number

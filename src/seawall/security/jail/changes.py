"""Changes of names: making directories, renaming, removing. Each acts on places that were already judged."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence

from seawall.errors import (
    CrossRootError,
    NotDirectoryError,
    OperationError,
    PathDeniedError,
    PathError,
    PathExistsError,
    PathInvalidError,
    PathNotFoundError,
)
from seawall.security.jail._rename import rename_without_replacing
from seawall.security.jail.leftovers import sweep_directory
from seawall.security.jail.paths import CallerPath
from seawall.security.jail.place import Place
from seawall.security.jail.refusals import is_directory, not_a_directory, not_regular, refusal, root_refused
from seawall.security.jail.status import FileKind
from seawall.security.jail.writing import flush_directory

__all__ = [
    "make_directories",
    "make_directory",
    "refuse_unnamed",
    "remove_directory",
    "remove_file",
    "rename",
]

_MOST_NEW_DIRECTORIES = 64  # made for one path; bounds the work, since each is flushed to the storage
_OF_THE_TARGET = {errno.EEXIST, errno.ENOTEMPTY, errno.EISDIR, errno.ENOTDIR}


def refuse_unnamed(path: CallerPath) -> None:
    """Refuse a path whose last name is none: the root, or `..`, whatever that would turn out to be."""
    if not path.parts:
        raise root_refused(path.text)
    if path.parts[-1] == "..":
        raise PathInvalidError(path=path.text, reason="ends in '..'", hint="End it with the name itself.")


def make_directory(place: Place) -> None:
    """Make one directory, as the umask says, and make its name durable.

    Raises:
        PathExistsError: the name is taken.
        OSError: whatever the operating system answers.
    """
    if not place.name:
        raise PathExistsError(path=place.path.text, reason="exists already")
    os.mkdir(place.name, dir_fd=place.fd)
    flush_directory(place.fd)


def make_directories(first: Place, names: Sequence[str]) -> None:
    """Make `first` and below it one directory in the other for `names`; those that somebody made meanwhile are fine.

    Every directory is reached from the one before, by one name that is not followed.

    Raises:
        PathError: `..` among the names, too many of them, a denied one, or something else has a name already.
        OSError: whatever the operating system answers.
    """
    path = first.path
    if ".." in names:
        raise PathNotFoundError(path=path.text)
    if len(names) >= _MOST_NEW_DIRECTORIES:
        raise PathInvalidError(
            path=path.text,
            reason=f"would need {len(names) + 1} new directories; at most {_MOST_NEW_DIRECTORIES} are made at once",
            hint="Make fewer at once.",
        )
    _make_or_take(first)
    place = first
    for name in names:
        below = place.below(name)
        if place is not first:
            place.close()
        place = below
        try:
            _make_or_take(place)
        except BaseException:
            place.close()
            raise
    if place is not first:
        place.close()


def _make_or_take(place: Place) -> None:
    try:
        make_directory(place)
    except FileExistsError as error:
        status = place.look()
        if status is None or not stat.S_ISDIR(status.st_mode):
            raise PathExistsError(
                path=place.path.text, reason="exists already, and is no directory"
            ) from error


def remove_file(place: Place) -> None:
    """Remove a name that is no directory; of a link the link itself.

    Raises:
        PathError: it is not there, or a directory.
        OSError: whatever the operating system answers.
    """
    if place.status is None:
        raise PathNotFoundError(path=place.path.text)
    if stat.S_ISDIR(place.status.st_mode):
        raise is_directory(place.path.text)
    if place.path.directory:
        raise not_a_directory(place.path.text)
    os.unlink(place.name, dir_fd=place.fd)


def remove_directory(place: Place) -> None:
    """Remove an empty directory. Leftovers of killed writes, which nobody sees, do not count as content.

    Raises:
        PathError: it is not there, or no directory.
        OSError: whatever the operating system answers.
    """
    if place.status is None:
        raise PathNotFoundError(path=place.path.text)
    if not stat.S_ISDIR(place.status.st_mode):
        raise not_a_directory(place.path.text)
    try:
        os.rmdir(place.name, dir_fd=place.fd)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST} or not _swept(place):
            raise
        os.rmdir(place.name, dir_fd=place.fd)


def _swept(place: Place) -> bool:
    descriptor = place.open(os.O_RDONLY | os.O_DIRECTORY)
    try:
        return sweep_directory(descriptor) > 0
    finally:
        os.close(descriptor)


def rename(source: Place, target: Place, *, replace: bool) -> None:
    """Give `source` the name `target`; what has that name already is replaced only if `replace`.

    Raises:
        PathError: see `Jail.rename`.
    """
    _check_source(source)
    kind = FileKind.of_mode(source.status.st_mode) if source.status else FileKind.FILE
    if kind is FileKind.DIRECTORY:
        _check_not_into_itself(source, target)
    elif target.path.directory:
        raise not_a_directory(target.path.text)
    if kind in {FileKind.DIRECTORY, FileKind.SYMLINK}:
        _check_rules_below(source, target)
    try:
        if replace:
            _check_replaced(target)
            os.rename(source.name, target.name, src_dir_fd=source.fd, dst_dir_fd=target.fd)
        else:
            rename_without_replacing(source.name, source.fd, target.name, target.fd)
        flush_directory(target.fd)
        flush_directory(source.fd)
    except OSError as error:
        raise _rename_refusal(error, source, target) from error


def _check_source(source: Place) -> None:
    if source.status is None:
        raise PathNotFoundError(path=source.path.text)
    if source.path.directory and not stat.S_ISDIR(source.status.st_mode):
        raise not_a_directory(source.path.text)


def _check_not_into_itself(source: Place, target: Place) -> None:
    inside = (*source.names, source.name)
    if target.names[: len(inside)] == inside:
        raise _into_itself(target)


def _check_rules_below(source: Place, target: Place) -> None:
    """Also for a link, which gives a new name to everything that it leads to."""
    if not source.position.enter(source.name).same_below(target.position.enter(target.name)):
        raise PathDeniedError(
            path=source.path.text,
            reason="cannot be moved there, because the server's deny list names things below one of the two places",
            hint="Move the files one by one.",
        )


def _check_replaced(target: Place) -> None:
    if target.status is not None:
        kind = FileKind.of_mode(target.status.st_mode)
        if kind not in {FileKind.FILE, FileKind.SYMLINK, FileKind.DIRECTORY}:
            raise not_regular(target.path.text, kind)


def _into_itself(target: Place) -> PathError:
    return PathInvalidError(
        path=target.path.text, reason="lies inside the very directory that is to be moved"
    )


def _rename_refusal(error: OSError, source: Place, target: Place) -> OperationError:
    if error.errno == errno.EXDEV:
        return CrossRootError(
            path=target.path.text,
            reason="lies on another file system, and a move there would be a copy",
            hint="Write the content to the new place and remove the old one.",
        )
    if error.errno == errno.EINVAL:
        return _into_itself(target)
    if error.errno == errno.ENOTDIR:
        return NotDirectoryError(
            path=target.path.text, reason="is not a directory, and a directory was to replace it"
        )
    if error.errno == errno.EISDIR:
        return is_directory(target.path.text)
    return refusal(error, target.path.text if error.errno in _OF_THE_TARGET else source.path.text)

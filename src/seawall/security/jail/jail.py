"""The jail: every file that a caller can influence is reached through here, and nothing outside of the root is."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from seawall.errors import (
    FileTooLargeError,
    NotDirectoryError,
    PathDeniedError,
    PathError,
    PathEscapeError,
    PathExistsError,
    PathNotFoundError,
    StartError,
    StorageError,
)
from seawall.security.jail import _openat2, changes
from seawall.security.jail._descriptors import RootDescriptor, is_within, open_below, open_root
from seawall.security.jail._locate import Backend, locate
from seawall.security.jail.leftovers import sweep_tree
from seawall.security.jail.locks import Locks
from seawall.security.jail.opening import OpenDirectory, OpenFile, open_regular
from seawall.security.jail.paths import CallerPath, parse
from seawall.security.jail.place import Place
from seawall.security.jail.policy import JailPolicy
from seawall.security.jail.refusals import is_directory, not_a_directory, refusal, still_changing
from seawall.security.jail.rules import Position
from seawall.security.jail.scanning import scan_directory
from seawall.security.jail.status import Entry, FileStatus
from seawall.security.jail.tiers import unsupported
from seawall.security.jail.writing import WriteMode, write

__all__ = ["Jail"]

_LIST = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_RACES = 64  # how often a path is looked up again because something was swapped under it


class Jail:
    """One root directory, held open, and the operations beneath it.

    Paths are text relative to the root with `/` between names; `""` and `"."` are the root. All methods block, may
    be called from any thread, and raise errors of `seawall.errors` that name the path as the caller wrote it:

    - PathInvalidError, PathEscapeError, PathDeniedError for a path that is refused;
    - PathNotFoundError, NotDirectoryError, PathPermissionError, StorageError and OverloadedError (no descriptors
      left) for what the operating system answers.

    What a method's own docstring names comes on top. A denied path gives PathDeniedError whether it exists or not.

    Guaranteed against whoever writes paths, and against processes that rename and swap links beneath the root
    meanwhile. Not guaranteed: what other names (hard links, bind mounts) of a file beneath the root lie elsewhere;
    `read_hard_links` and `cross_mounts` of the policy narrow that.
    """

    def __init__(
        self, root: RootDescriptor, directory: Path, policy: JailPolicy, *, label: str, backend: Backend
    ) -> None:
        self._root: RootDescriptor | None = root
        self._directory = directory
        self._label = label
        self._locks = Locks()
        self.policy = policy
        self.backend: Backend = backend

    @classmethod
    def open(cls, root: Path, policy: JailPolicy, *, label: str = "", backend: Backend | None = None) -> Jail:
        """The jail of the directory `root`, which may itself be reached through links: the operator chose it.

        `label` names it in messages for the operator. `backend` is for tests; by default the strongest is taken.

        Raises:
            StartError: the root is missing, no directory or unreadable, or the platform cannot hold the promise.
        """
        reason = unsupported()
        if reason is not None:
            raise StartError(reason)
        if backend == "openat2" and not _openat2.available():
            raise StartError("This kernel does not offer openat2 to the server.")
        chosen: Backend = backend or ("openat2" if _openat2.available() else "walk")
        return cls(open_root(root), Path(os.path.abspath(root)), policy, label=label, backend=chosen)  # noqa: PTH100  lexical on purpose

    def open_file(self, path: str | CallerPath) -> OpenFile:
        """The regular file at `path`, open for reading. Links that stay inside are followed.

        Raises:
            NotRegularFileError: a directory, FIFO, socket or device.
            HardLinkError: it has several names and the policy does not let such files be read.
        """
        checked = parse(path)
        for _ in range(_RACES):
            with self._place(checked) as place, _Told(checked):
                opened = open_regular(place, self.policy)
            if opened is not None:
                return opened
        raise still_changing(checked.text)

    def read_file(self, path: str | CallerPath) -> bytes:
        """The whole content of the regular file at `path`, for callers that need no more than that.

        Raises:
            FileTooLargeError: more than `max_file_size` of the policy, when it was opened or by growing since.
            NotRegularFileError, HardLinkError: as `open_file`.
        """
        checked = parse(path)
        with self.open_file(checked) as file, _Told(checked):
            limit = self.policy.max_file_size
            data = file.read(limit + 1) if file.status.size <= limit else b""
            if file.status.size > limit or len(data) > limit:
                raise FileTooLargeError(
                    path=checked.text,
                    reason=f"has more than {limit} bytes, the limit",
                    hint="Ask the server's operator to raise `max_file_size`.",
                )
            return data

    def open_directory(self, path: str | CallerPath) -> OpenDirectory:
        """The directory at `path`, open: for a process that is to work in it.

        Raises:
            NotDirectoryError: it is not a directory.
        """
        checked = parse(path)
        with _Told(checked):
            descriptor, _, location = self._open_directory(checked)
        return OpenDirectory(descriptor, location)

    def locate(self, path: str | CallerPath) -> tuple[str, FileStatus | None]:
        """Where `path` really lies, links resolved, relative to the root, and what stands there; None for nothing.

        For those to whom no descriptor can be given, such as programs: another process may change what the text
        names. It is no proof of anything, and whoever gets it must be confined to the root by other means.
        """
        checked = parse(path)
        with self._place(checked) as place, _Told(checked):
            if place.status is None:
                return place.location, None
            if checked.directory and not stat.S_ISDIR(place.status.st_mode):
                raise not_a_directory(checked.text)
            place.check_mount_of_name(self.policy)
            return place.location, FileStatus.of(place.status)

    def status(self, path: str | CallerPath, *, follow: bool = True) -> FileStatus:
        """The facts about `path`; a link's own if it is the last name and not to be followed."""
        checked = parse(path)
        with self._place(checked, follow=follow or checked.directory) as place, _Told(checked):
            if place.status is None:
                raise PathNotFoundError(path=checked.text)
            if checked.directory and not stat.S_ISDIR(place.status.st_mode):
                raise not_a_directory(checked.text)
            if not self.policy.cross_mounts:
                place.check_mount_of_name(self.policy)
            return FileStatus.of(place.status)

    def scan(
        self, path: str | CallerPath, *, detailed: bool = False, batch: int = 1024
    ) -> Generator[list[Entry], None, None]:
        """The entries of a directory, up to `batch` at a time, in no order. `detailed` adds each one's status.

        Left out: denied names and the jail's own temporary files. A name that is not UTF-8 is listed with
        `reachable` False. Everything is raised while iterating; the directory is closed at the end, or when the
        generator is closed or dropped.

        Raises:
            NotDirectoryError: it is not a directory.
        """
        checked = parse(path)
        with _Told(checked):
            descriptor, position, _ = self._open_directory(checked)
            yield from scan_directory(descriptor, position, detailed=detailed, batch=batch)

    def write_file(
        self,
        path: str | CallerPath,
        data: bytes,
        *,
        mode: WriteMode,
        expected: FileStatus | None = None,
    ) -> FileStatus:
        """Make `data` the whole content of a file: atomic and durable; its status afterwards.

        REPLACE follows a last link that stays inside. `expected` is the status that the caller last saw; it is
        compared right before the change, which still leaves the moment of the rename itself to other processes
        (within this one, use `locked`).

        Raises:
            FileTooLargeError: more than `max_file_size` of the policy.
            PathExistsError: CREATE, and the name is taken.
            ConflictError: the file is not the one that was expected, or is gone.
            NotRegularFileError, HardLinkError: the target is no regular file, or has several names.
        """
        checked = self._changing(path)
        if len(data) > self.policy.max_file_size:
            raise FileTooLargeError(
                path=checked.text,
                reason=f"would have {len(data)} bytes; the limit is {self.policy.max_file_size}",
                hint="Write less, or ask the server's operator to raise `max_file_size`.",
            )
        with self._place(checked, follow=mode is WriteMode.REPLACE) as place, _Told(checked):
            if not place.name or checked.directory:
                raise is_directory(checked.text)
            return write(place, data, mode=mode, expected=expected)

    @contextmanager
    def locked(self, path: str | CallerPath) -> Iterator[None]:
        """Hold `path` for one reading-and-writing caller of this process at a time, however it is spelled.

        Its directory should exist; else only equal spellings exclude each other. Not reentrant.
        """
        checked = parse(path)
        key: object
        try:
            with self._place(checked) as place, _Told(checked):
                directory = os.fstat(place.fd)
                key = (directory.st_dev, directory.st_ino, place.name.casefold())
        except PathNotFoundError:
            key = checked.parts
        with self._locks.hold(key):
            yield

    def make_directory(self, path: str | CallerPath, *, parents: bool = False) -> None:
        """Make a directory; with `parents` also those above it, and no complaint if it is there already.

        At most 64 are made at once, and `..` must lie in the part of the path that is there.

        Raises:
            PathExistsError: the name is taken; with `parents`: by something that is no directory.
        """
        checked = self._changing(path)
        if not parents:
            with self._place(checked, follow=False) as place, _Told(checked):
                changes.make_directory(place)
            return
        there = self._depth_there(checked)
        if there == len(checked.parts):
            return
        with self._place(_shortened(checked, there + 1), follow=False) as place, _Told(checked):
            changes.make_directories(place, checked.parts[there + 1 :])

    def rename(self, source: str | CallerPath, target: str | CallerPath, *, replace: bool = False) -> None:
        """Give a file, link or directory another name within the root. Links are renamed, not followed.

        `replace` lets a file or link replace a file or link, and a directory an empty directory.

        Raises:
            PathExistsError: the target's name is taken and `replace` was not asked for.
            PathInvalidError: a directory was to be moved into itself.
            PathDeniedError: also for a directory with different deny rules below its old and its new place.
            CrossRootError: the two lie on different file systems; nothing is ever copied.
            DirectoryNotEmptyError, NotDirectoryError, NotRegularFileError: what cannot be replaced.
        """
        old, new = self._changing(source), self._changing(target)
        changes.refuse_unnamed(old)
        changes.refuse_unnamed(new)
        with self._place(old, follow=False) as before, self._place(new, follow=False) as after, _Told(old):
            changes.rename(before, after, replace=replace)

    def remove_file(self, path: str | CallerPath) -> None:
        """Remove a file, or a link itself.

        Raises:
            NotRegularFileError: it is a directory.
        """
        with self._named(path) as place, _Told(place.path):
            changes.remove_file(place)

    def remove_directory(self, path: str | CallerPath) -> None:
        """Remove an empty directory.

        Raises:
            DirectoryNotEmptyError: it has entries, perhaps such as the deny list hides.
            NotDirectoryError: it is no directory, or a link to one.
        """
        with self._named(path) as place, _Told(place.path):
            changes.remove_directory(place)

    def sweep(self) -> int:
        """Remove what killed writes have left anywhere beneath the root; how many files that were.

        For the start of a server. Safe at any time and beside other servers on the same root: a live writer's file
        is never touched. Does nothing where the policy allows no writing. Takes as long as listing the whole tree,
        and ends early when the jail is closed.
        """
        if not self.policy.writable:
            return 0
        root = self._held("")
        by_kernel, cross_mounts = self.backend == "openat2", self.policy.cross_mounts
        return sweep_tree(
            lambda names: open_below(root, names, by_kernel=by_kernel, cross_mounts=cross_mounts),
            wanted=lambda: self._root is not None,
        )

    def fault(self) -> str | None:
        """Why the root cannot be used any more, as one sentence without its path; None when all is well."""
        name = f"the root {self._label!r}" if self._label else "the root"
        root = self._root
        if root is None:
            return f"{name} is closed."
        try:
            there = self._directory.stat()
        except OSError as error:
            return f"{name} is gone: {os.strerror(error.errno or errno.EIO)}."
        if not os.path.samestat(there, os.fstat(root.fd)):
            return f"{name} was replaced by another directory."
        # A mount point stays where it is when the directory that was mounted there is deleted, as in a container.
        if there.st_nlink == 0:
            return f"{name} was deleted."
        return None

    def lies_within(self, other: Jail) -> bool:
        """Whether this root is the other's or lies anywhere below it, by what the directories are, not by names."""
        return is_within(self._held("").fd, other._held("").fd)

    def close(self) -> None:
        """Let go of the root. Operations under way finish; later ones raise StorageError."""
        self._root = None

    # --- how the methods above reach a place -----------------------------------------------------------------

    def _held(self, path: str) -> RootDescriptor:
        root = self._root
        if root is None:
            raise StorageError(path=path, reason="cannot be reached any more, because the server is stopping")
        return root

    def _place(self, path: CallerPath, *, follow: bool = True) -> Place:
        return locate(self._held(path.text), self.policy, self.backend, path, follow=follow)

    def _named(self, path: str | CallerPath) -> Place:
        checked = self._changing(path)
        changes.refuse_unnamed(checked)
        return self._place(checked, follow=False)

    def _changing(self, path: str | CallerPath) -> CallerPath:
        checked = parse(path)
        if not self.policy.writable:
            raise PathDeniedError(
                path=checked.text,
                reason="may only be read",
                hint='The server\'s operator can allow changes with `access = "write"`.',
            )
        return checked

    def _open_directory(self, path: CallerPath) -> tuple[int, Position, str]:
        for _ in range(_RACES):
            with self._place(path) as place:
                if place.status is None:
                    raise PathNotFoundError(path=path.text)
                if not stat.S_ISDIR(place.status.st_mode):
                    raise not_a_directory(path.text)
                try:
                    descriptor = place.open(_LIST)
                except OSError as error:
                    if error.errno in {errno.ENOTDIR, errno.ELOOP, errno.EMLINK}:
                        continue  # swapped for a link meanwhile
                    raise
                try:
                    place.check_mount(descriptor, self.policy)
                except PathDeniedError:
                    os.close(descriptor)
                    raise
                position = place.position.enter(place.name) if place.name else place.position
                return descriptor, position, place.location
        raise still_changing(path.text)

    def _depth_there(self, path: CallerPath) -> int:
        """How many of the path's names lead to a directory that is there already.

        By bisection, since a path may have two thousand names and each look-up of one takes as many steps.
        """
        if self._leads_to_directory(path, len(path.parts)):
            return len(path.parts)
        there, missing = 0, len(path.parts)
        while missing - there > 1:
            middle = (there + missing) // 2
            if self._leads_to_directory(path, middle):
                there = middle
            else:
                missing = middle
        return there

    def _leads_to_directory(self, path: CallerPath, depth: int) -> bool:
        shortened = _shortened(path, depth)
        try:
            self.status(shortened)
        except PathNotFoundError:
            return False
        except (NotDirectoryError, PathEscapeError):  # a file, or a link that leads out
            if depth == len(path.parts) and self._is_something(path):
                raise PathExistsError(path=path.text, reason="exists already, and is no directory") from None
            raise
        return True

    def _is_something(self, path: CallerPath) -> bool:
        try:
            self.status(CallerPath(path.text, path.parts, directory=False), follow=False)
        except PathError:
            return False
        return True


def _shortened(path: CallerPath, depth: int) -> CallerPath:
    return CallerPath(path.text, path.parts[:depth], directory=True)


class _Told:
    """Whatever the operating system answers in here is told to the caller in the path's own words."""

    __slots__ = ("_path",)

    def __init__(self, path: CallerPath) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            raise refusal(error, self._path.text) from error

"""Where one final name lives: the only thing that operations act on.

A place is the descriptor of a directory and one name in it, so that every system call that follows takes a
descriptor and a single component, which the kernel looks up in exactly that directory, never through a link.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

from seawall.security.jail._descriptors import RootDescriptor, mount_of, open_directory
from seawall.security.jail.paths import CallerPath
from seawall.security.jail.policy import JailPolicy
from seawall.security.jail.refusals import denied_by_rules, other_mount
from seawall.security.jail.rules import Position

__all__ = ["Place"]

_OPEN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class Place:
    """A directory that is held open, and a name in it; a context manager that closes the directory.

    Attributes:
        path: what the caller asked for.
        fd: descriptor of the directory; good for *at calls, perhaps for nothing else (O_PATH).
        name: one component that is no symbolic link unless links were not to be followed; empty when the place is
            the directory itself.
        names: resolved names of the directory, from the root on.
        position: what the rules say about the directory's entries.
        status: what stood there when the place was found; None for nothing, or not looked at.
    """

    __slots__ = ("_owned", "_root", "fd", "name", "names", "path", "position", "status")

    def __init__(
        self, path: CallerPath, root: RootDescriptor, names: tuple[str, ...], name: str, position: Position
    ) -> None:
        self.path = path
        self.name = name
        self.names = names
        self.position = position
        self.status: os.stat_result | None = None
        self._root = root  # holds the root open while the place is used, even if the jail is closed meanwhile
        self._owned = False
        self.fd = root.fd

    def own(self, descriptor: int) -> Place:
        """Take over a descriptor of the directory, which is closed with the place."""
        self.fd = descriptor
        self._owned = True
        return self

    def below(self, name: str) -> Place:
        """The place of `name` in the directory that stands here; that one is opened, and never through a link.

        Raises:
            PathDeniedError: the rules forbid the name.
            OSError: whatever the operating system answers.
        """
        position = self.position.enter(self.name)
        if position.denies(name):
            raise denied_by_rules(self.path.text)
        below = Place(self.path, self._root, (*self.names, self.name), name, position)
        return below.own(open_directory(self.fd, self.name))

    @property
    def location(self) -> str:
        """The resolved path, relative to the root; empty for the root."""
        return "/".join((*self.names, self.name) if self.name else self.names)

    def look(self) -> os.stat_result | None:
        """The facts about what stands there now, a link's own if it is one; None if nothing does.

        Raises:
            OSError: whatever else the operating system answers.
        """
        try:
            if not self.name:
                return os.fstat(self.fd)
            return os.stat(self.name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self, flags: int, mode: int = 0) -> int:
        """A descriptor of what stands there; ELOOP when it is a symbolic link.

        Raises:
            OSError: whatever the operating system answers.
        """
        return os.open(self.name or ".", flags | _OPEN, mode, dir_fd=self.fd)

    def check_mount(self, descriptor: int, policy: JailPolicy) -> None:
        """Refuse what lies on another mount than the root, if the policy says so.

        Raises:
            PathDeniedError: it does.
        """
        if not policy.cross_mounts and mount_of(descriptor) != mount_of(self._root.fd):
            raise other_mount(self.path.text)

    def check_mount_of_name(self, policy: JailPolicy) -> None:
        """The same for what stands there, which is not opened for it.

        Raises:
            PathDeniedError: it lies on another mount.
            OSError: whatever the operating system answers.
        """
        if policy.cross_mounts:
            return
        if not hasattr(os, "O_PATH"):
            if self.status is not None and self.status.st_dev != os.fstat(self._root.fd).st_dev:
                raise other_mount(self.path.text)
            return
        descriptor = self.open(os.O_PATH)
        try:
            self.check_mount(descriptor, policy)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Close the directory."""
        if self._owned:
            self._owned = False
            os.close(self.fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

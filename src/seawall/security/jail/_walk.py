"""Resolution step by step with O_NOFOLLOW, on every POSIX system.

It follows links that stay inside, and is the one that says why a path is refused.

The invariant: `fd` is the directory that `names` spells, reached from the root by opening one name after another and
never through a link. `..` does not ask the file system, which could have been rearranged, but goes again from the
root along the shortened `names`. So whatever is swapped meanwhile, the walk stands beneath the root.
"""

from __future__ import annotations

import errno
import os
import stat

from seawall.errors import PathDeniedError, PathEscapeError, PathInvalidError
from seawall.security.jail._descriptors import RootDescriptor, mount_of, open_directory
from seawall.security.jail.paths import CallerPath, refuse_reserved
from seawall.security.jail.place import Place
from seawall.security.jail.policy import JailPolicy
from seawall.security.jail.refusals import denied_by_rules, other_mount, refusal, still_changing
from seawall.security.jail.rules import Position

__all__ = ["walk"]

_MAX_LINKS = 40  # as Linux: path_resolution(7)
_MAX_STEPS = 16_384  # directories opened for one path: bounds what `..` and links can make of 4095 bytes
_MAX_RACES = 64


def walk(root: RootDescriptor, policy: JailPolicy, path: CallerPath, *, follow: bool) -> Place:
    """The place that `path` leads to. `follow` says whether a link that is the last name is followed.

    Raises:
        PathEscapeError: it leads out of the root.
        PathDeniedError: it passes through a denied name, a link that the policy refuses, or another mount.
        PathError: another reason, in the caller's spelling.
    """
    walker = _Walker(root, policy, path)
    try:
        return walker.run(follow=follow)
    except OSError as error:
        raise refusal(error, path.text) from error
    finally:
        walker.close()


class _Walker:
    """One walk. `fd` is closed at the end unless the place has taken it over."""

    def __init__(self, root: RootDescriptor, policy: JailPolicy, path: CallerPath) -> None:
        self.root = root
        self.policy = policy
        self.path = path
        self.todo = list(reversed(path.parts))
        self.names: list[str] = []
        self.positions: list[Position] = [policy.rules.start]
        self.fd = root.fd
        self.links = self.steps = self.races = 0
        self.mount = "" if policy.cross_mounts else mount_of(root.fd)

    def run(self, *, follow: bool) -> Place:
        while self.todo:
            name = self.todo.pop()
            if name == "..":
                self.ascend()
                continue
            self.judge(name)
            if self.todo:
                self.descend(name)
                continue
            place = self.place(name)
            place.status = place.look()
            if follow and place.status is not None and stat.S_ISLNK(place.status.st_mode):
                self.expand(name)
                continue
            return self.hand_over(place)
        place = self.place("")
        place.status = place.look()
        return self.hand_over(place)

    def judge(self, name: str) -> None:
        refuse_reserved(name, self.path.text)
        if self.positions[-1].denies(name):
            raise denied_by_rules(self.path.text)

    def descend(self, name: str) -> None:
        try:
            self.step_into(name)
        except OSError as error:
            if error.errno not in {errno.ENOTDIR, errno.ELOOP, errno.EMLINK}:
                raise
            self.expand(name)
            return
        self.names.append(name)
        self.positions.append(self.positions[-1].enter(name))

    def step_into(self, name: str) -> None:
        self.steps += 1
        if self.steps > _MAX_STEPS:
            raise PathInvalidError(path=self.path.text, reason="takes too many steps to look up")
        descriptor = open_directory(self.fd, name)
        self.release()
        self.fd = descriptor
        if self.mount and mount_of(descriptor) != self.mount:
            raise other_mount(self.path.text)

    def ascend(self) -> None:
        if not self.names:
            raise PathEscapeError(path=self.path.text)
        self.names.pop()
        self.positions.pop()
        self.release()
        for name in self.names:
            self.step_into(name)

    def expand(self, name: str) -> None:
        """Put the names that the link `name` consists of in its place."""
        try:
            target = os.readlink(name, dir_fd=self.fd)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self.again(name)  # no link
            return
        if not self.policy.follow_symlinks:
            raise PathDeniedError(
                path=self.path.text,
                reason="is a symbolic link or passes through one, which this server does not follow",
                hint='Name the file itself, or ask the server\'s operator to set `symlinks` to "inside".',
            )
        self.links += 1
        if self.links > _MAX_LINKS:
            raise PathInvalidError(path=self.path.text, reason="passes through too many symbolic links")
        if target.startswith("/"):
            raise PathEscapeError(path=self.path.text)
        if not _is_unicode(target):
            raise PathInvalidError(path=self.path.text, reason="is a link to a name that is not UTF-8")
        self.todo.extend(part for part in reversed(target.split("/")) if part not in {"", "."})

    def again(self, name: str) -> None:
        """It was no directory, and then no link: either a plain file in the way, or swapped in between."""
        status = os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode) and not stat.S_ISLNK(status.st_mode) and self.todo:
            raise refusal(NotADirectoryError(errno.ENOTDIR, "not a directory"), self.path.text)
        self.races += 1
        if self.races > _MAX_RACES:
            raise still_changing(self.path.text)
        self.todo.append(name)

    def place(self, name: str) -> Place:
        place = Place(self.path, self.root, tuple(self.names), name, self.positions[-1])
        place.fd = self.fd
        return place

    def hand_over(self, place: Place) -> Place:
        if self.fd != self.root.fd:
            place.own(self.fd)
            self.fd = self.root.fd
        return place

    def release(self) -> None:
        if self.fd != self.root.fd:
            os.close(self.fd)
            self.fd = self.root.fd

    close = release


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

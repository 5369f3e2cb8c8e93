"""From a caller's path to the place that it leads to: one system call where the kernel can, else the walk.

Where openat2 says yes, the path has no link and lies beneath the root, so it means exactly the names that the rules
were asked about. Wherever it says no, whatever the reason, the walk decides and explains: a second opinion can only
be a refusal, or a place that the walk reached by its own means.
"""

from __future__ import annotations

import stat
from typing import Literal, TypeAlias

from seawall.security.jail import _openat2
from seawall.security.jail._descriptors import RootDescriptor
from seawall.security.jail._walk import walk
from seawall.security.jail.paths import CallerPath
from seawall.security.jail.place import Place
from seawall.security.jail.policy import JailPolicy
from seawall.security.jail.refusals import denied_by_rules, refusal
from seawall.security.jail.rules import Position

__all__ = ["Backend", "locate"]

Backend: TypeAlias = Literal["openat2", "walk"]


def locate(
    root: RootDescriptor, policy: JailPolicy, backend: Backend, path: CallerPath, *, follow: bool
) -> Place:
    """The place that `path` leads to. `follow` says whether a link that is the last name is followed.

    The deny list is asked first, about the names as they were written, before anything is touched.

    Raises:
        PathError: as `walk` does.
    """
    asked = _judge(policy, path)
    if backend == "openat2" and asked is not None:
        place = _by_kernel(root, policy, path, asked)
        if place is not None:
            if not follow or place.status is None or not stat.S_ISLNK(place.status.st_mode):
                return place
            place.close()
    return walk(root, policy, path, follow=follow)


def _judge(policy: JailPolicy, path: CallerPath) -> tuple[tuple[str, ...], Position] | None:
    """The names of the parent directory and its position, if the text alone decides them.

    `a/../b` is `b` only when `a` is no link, which holds wherever the kernel was told to refuse links. None for a
    path that ends in `..`, is the root, or climbs above its start: the walk looks at those.
    """
    names: list[str] = []
    positions = [policy.rules.start]  # of the root, and of each directory that `names` passed through
    for part in path.parts:
        if part == "..":
            if not names:
                return None
            names.pop()
            del positions[len(names) + 1 :]
            continue
        if len(names) == len(positions):
            positions.append(positions[-1].enter(names[-1]))
        if positions[-1].denies(part):
            raise denied_by_rules(path.text)
        names.append(part)
    if not path.parts or path.parts[-1] == "..":
        return None
    return tuple(names[:-1]), positions[-1]


def _by_kernel(
    root: RootDescriptor, policy: JailPolicy, path: CallerPath, asked: tuple[tuple[str, ...], Position]
) -> Place | None:
    names, position = asked
    place = Place(path, root, names, path.parts[-1], position)
    if len(path.parts) > 1:
        parent = "/".join(path.parts[:-1]).encode()
        descriptor = _openat2.open_directory_beneath(root.fd, parent, cross_mounts=policy.cross_mounts)
        if descriptor < 0:
            return None
        place.own(descriptor)
    try:
        place.status = place.look()
    except OSError as error:
        place.close()
        raise refusal(error, path.text) from error
    return place

"""The sweep: what counts as a leftover, and what it never touches."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from seawall.security.jail import Jail, JailPolicy
from seawall.security.jail._descriptors import RootDescriptor, open_below
from seawall.security.jail._locate import Backend
from seawall.security.jail.leftovers import sweep_tree

NAME = ".seawall-0123456789abcdef.tmp"


def test_removes_leftovers_at_every_depth(jail: Jail, root: Path) -> None:
    """Everywhere below the root, denied directories included, and it says how many."""
    for directory in (root, root / "a", root / "a" / "b", root / ".ssh", root / "z"):
        directory.mkdir(exist_ok=True)
        (directory / NAME).write_bytes(b"left over")
        (directory / "kept").write_bytes(b"")
    assert jail.sweep() == 5
    assert jail.sweep() == 0
    assert not list(root.rglob(NAME))
    assert len(list(root.rglob("kept"))) == 5


@pytest.mark.parametrize(
    "name",
    [
        ".seawall-x.tmp",
        ".seawall-0123456789ABCDEF.tmp",
        "seawall-0123456789abcdef.tmp",
        f"{NAME}.txt",
        f"x{NAME}",
    ],
)
def test_only_the_exact_form_is_removed(jail: Jail, root: Path, name: str) -> None:
    """A name that merely resembles a temporary file's is somebody else's."""
    (root / name).write_bytes(b"")
    assert jail.sweep() == 0
    assert (root / name).exists()


def test_only_regular_files_are_removed(jail: Jail, root: Path) -> None:
    """A link, FIFO or directory of that name stays, and what a link leads to as well."""
    (root / "target").write_bytes(b"")
    (root / "a").mkdir()
    (root / "b").mkdir()
    (root / NAME).symlink_to("target")
    os.mkfifo(root / "a" / NAME)
    (root / "b" / NAME).mkdir()
    assert jail.sweep() == 0
    assert (root / "target").exists()


def test_links_are_not_followed(jail: Jail, root: Path) -> None:
    """What lies outside, or is seen twice, is not swept through a link."""
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / NAME).write_bytes(b"")
    (root / "out").symlink_to(outside)
    (root / "here").symlink_to(".")
    assert jail.sweep() == 0
    assert (outside / NAME).exists()


def test_a_locked_file_is_left_alone(jail: Jail, root: Path) -> None:
    """Whoever holds the lock is alive, and the file is theirs until they let go."""
    (root / NAME).write_bytes(b"")
    with (root / NAME).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert jail.sweep() == 0
    assert jail.sweep() == 1


def test_a_read_only_root_is_not_changed(root: Path, backend: Backend) -> None:
    """Where callers may change nothing, neither does the sweep; the leftover stays hidden."""
    (root / NAME).write_bytes(b"")
    jail = Jail.open(root, JailPolicy(), backend=backend)
    assert jail.sweep() == 0
    assert (root / NAME).exists()
    assert list(jail.scan("")) == []


def test_unreadable_names_are_no_obstacle(jail: Jail, root: Path) -> None:
    """Directories whose names are not UTF-8 are swept too."""
    directory = Path(os.fsdecode(os.fsencode(root) + b"/bad\xff"))
    directory.mkdir()
    (directory / NAME).write_bytes(b"")
    assert jail.sweep() == 1


def test_a_closed_jail_stops_sweeping(root: Path) -> None:
    """A sweep of a large tree does not outlive the server."""
    for number in range(50):
        (root / f"d{number}").mkdir()
        (root / f"d{number}" / NAME).write_bytes(b"")
    asked = iter([True] * 10)
    held = RootDescriptor(os.open(root, os.O_RDONLY))

    def below(names: tuple[str, ...]) -> int:
        return open_below(held, names, by_kernel=False, cross_mounts=True)

    assert sweep_tree(below, wanted=lambda: next(asked, False)) == 9  # the root itself was the first
    assert len(list(root.rglob(NAME))) == 41


def test_a_deep_tree_is_swept(jail: Jail, root: Path) -> None:
    """Depth costs time, but neither descriptors nor recursion."""
    deep = root.joinpath(*["d"] * 300)
    deep.mkdir(parents=True)
    (deep / NAME).write_bytes(b"")
    assert jail.sweep() == 1

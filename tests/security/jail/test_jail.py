"""The jail itself: opening and closing it, its faults, and its locks."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seawall.errors import PathError, StartError, StorageError
from seawall.security.jail import FileKind, Jail, JailPolicy, WriteMode
from seawall.security.jail._locate import Backend


def test_a_root_that_cannot_be_served_is_told(tmp_path: Path, backend: Backend) -> None:
    """A missing root, a file, or a nonsense path: one clear line that names it."""
    (tmp_path / "file").write_bytes(b"")
    for path, words in (
        ("missing", "does not exist"),
        ("file", "is not a directory"),
        ("a\0b", "not a possible path"),
    ):
        with pytest.raises(StartError, match=words) as caught:
            Jail.open(tmp_path / path, JailPolicy(), backend=backend)
        assert repr(str(tmp_path / path)) in caught.value.message


def test_the_root_may_be_reached_through_links(tmp_path: Path, backend: Backend) -> None:
    """The operator chose the root; the rule about links is for callers."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    jail = Jail.open(tmp_path / "link", JailPolicy(), backend=backend)
    assert jail.status("file").size == 1


def test_stays_with_its_directory(tmp_path: Path, backend: Backend) -> None:
    """A root that is moved takes the jail along; another directory of its name is not served."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_bytes(b"x")
    jail = Jail.open(root, JailPolicy(), backend=backend)
    root.rename(tmp_path / "moved")
    root.mkdir()
    (root / "file").write_bytes(b"another")
    assert jail.status("file").size == 1


def test_a_fault_says_what_is_wrong_with_the_root(tmp_path: Path) -> None:
    """Gone, replaced or closed; nothing when all is well; and never the host's path."""
    root = tmp_path / "root"
    root.mkdir()
    jail = Jail.open(root, JailPolicy(), label="workspace")
    assert jail.fault() is None
    root.rename(tmp_path / "moved")
    assert jail.fault() == "the root 'workspace' is gone: No such file or directory."
    root.mkdir()
    assert jail.fault() == "the root 'workspace' was replaced by another directory."
    root.rmdir()
    (tmp_path / "moved").rename(root)
    assert jail.fault() is None
    jail.close()
    assert jail.fault() == "the root 'workspace' is closed."


def test_a_root_that_was_deleted_is_told_although_a_name_still_leads_to_it(tmp_path: Path) -> None:
    """As in a container, where the directory stays mounted that the host has deleted."""
    root = tmp_path / "root"
    root.mkdir()
    with open_directory(root) as descriptor:
        jail = Jail.open(Path(f"/proc/self/fd/{descriptor}"), JailPolicy(), label="workspace")
        assert jail.fault() is None
        root.rmdir()
        assert jail.fault() == "the root 'workspace' was deleted."


@contextmanager
def open_directory(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_a_closed_jail_serves_nothing(jail: Jail, root: Path) -> None:
    """After closing every method says that the server is stopping; what was open stays usable."""
    (root / "file").write_bytes(b"x")
    before = jail.open_file("file")
    scan = jail.scan("")
    jail.close()
    jail.close()
    for attempt in (
        lambda: jail.open_file("file"),
        lambda: jail.status("file"),
        lambda: next(scan),
        lambda: jail.write_file("file", b"", mode=WriteMode.REPLACE),
        lambda: jail.make_directory("d"),
        lambda: jail.rename("file", "other"),
        lambda: jail.remove_file("file"),
        jail.sweep,
    ):
        with pytest.raises(StorageError, match="stopping"):
            attempt()
    with before:
        assert os.read(before.fd, 1) == b"x"


def test_closing_while_others_work_is_safe(root: Path, backend: Backend) -> None:
    """Closing never lets an operation under way act on a descriptor number that was given to another file."""
    (root / "d").mkdir()
    (root / "d" / "file").write_bytes(b"right")
    other = root.parent / "other"
    (other / "d").mkdir(parents=True)
    (other / "d" / "file").write_bytes(b"wrong")
    wrong: list[bytes] = []

    def work(jail: Jail) -> None:
        try:
            while True:
                with jail.open_file("d/file") as file:
                    content = os.read(file.fd, 10)
                if content != b"right":
                    wrong.append(content)
        except StorageError:
            return

    for _ in range(30):
        jail = Jail.open(root, JailPolicy(), backend=backend)
        threads = [threading.Thread(target=work, args=(jail,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        jail.close()
        held = [os.open(other, os.O_RDONLY) for _ in range(20)]
        for thread in threads:
            thread.join()
        for descriptor in held:
            os.close(descriptor)
    assert wrong == []


def test_status_follows_unless_told_not_to(jail: Jail, root: Path) -> None:
    """A link's own facts, or those of what it leads to."""
    (root / "file").write_bytes(b"12345")
    (root / "link").symlink_to("file")
    assert jail.status("link").size == 5
    assert jail.status("link", follow=False).kind is FileKind.SYMLINK
    assert jail.status("").kind is jail.status(".", follow=False).kind is FileKind.DIRECTORY


def test_versions_are_told_apart(jail: Jail, root: Path) -> None:
    """The same file is the same version until somebody writes it."""
    first = jail.write_file("file", b"same size", mode=WriteMode.CREATE)
    assert first.same_version(jail.status("file"))
    second = jail.write_file("file", b"same size", mode=WriteMode.REPLACE)
    assert not first.same_version(second)
    (root / "file").chmod(0o600)
    assert second.same_version(jail.status("file"))


def test_one_writer_at_a_time_however_the_path_is_spelled(jail: Jail, root: Path) -> None:
    """Reading, adding one and writing back under the lock loses no addition."""
    (root / "d").mkdir()
    (root / "d" / "count").write_bytes(b"0")
    (root / "link").symlink_to("d/count")
    (root / "up").symlink_to("d")
    spellings = ("d/count", "./d//count", "link", "up/count", "d/../d/count")

    def add(path: str) -> None:
        for _ in range(20):
            with jail.locked(path):
                with jail.open_file(path) as file:
                    count = int(os.read(file.fd, 100))
                jail.write_file(path, str(count + 1).encode(), mode=WriteMode.REPLACE)

    threads = [threading.Thread(target=add, args=(path,)) for path in spellings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (root / "d" / "count").read_bytes() == b"100"


def test_a_lock_is_released_by_an_error_and_not_remembered(jail: Jail) -> None:
    """An error inside the block frees the path; nothing is kept for paths that nobody holds."""
    for path in ("file", "not/there"):
        with pytest.raises(RuntimeError), jail.locked(path):
            raise RuntimeError
        with jail.locked(path):
            pass
    assert jail._locks._held == {}


def test_errors_name_the_path_as_it_was_written(jail: Jail, root: Path) -> None:
    """Never another spelling, a link's target or the host's path."""
    (root / "loop").symlink_to("loop")
    (root / "out").symlink_to(root.parent)
    for path in ("./x//y", "loop", "out", "../x", "no", "d/../no"):
        with pytest.raises(PathError) as caught:
            jail.open_file(path)
        assert caught.value.path == path
        assert str(root.parent) not in str(caught.value)
        assert repr(path) in str(caught.value)

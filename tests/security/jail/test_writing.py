"""Atomic writes: what is kept, what is refused, and what is never left behind."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from seawall.errors import (
    ConflictError,
    FileTooLargeError,
    HardLinkError,
    NotRegularFileError,
    PathDeniedError,
    PathExistsError,
    PathNotFoundError,
    StorageError,
)
from seawall.security.jail import Jail, JailPolicy, WriteMode
from seawall.security.jail._locate import Backend
from seawall.security.jail.paths import parse
from seawall.security.jail.writing import _Temporary


def test_creates_a_file_as_the_umask_says(jail: Jail, root: Path) -> None:
    """A new file has the content, the usual permissions, and a status that describes it."""
    status = jail.write_file("new.txt", b"hello", mode=WriteMode.CREATE)
    assert (root / "new.txt").read_bytes() == b"hello"
    assert status == jail.status("new.txt")
    plain = root / "plain"
    plain.write_bytes(b"")
    assert status.mode == stat.S_IMODE(plain.stat().st_mode)


def test_replacing_makes_a_missing_file(jail: Jail, root: Path) -> None:
    """REPLACE needs no old file."""
    jail.write_file("new.txt", b"x", mode=WriteMode.REPLACE)
    assert (root / "new.txt").read_bytes() == b"x"


def test_creating_never_replaces(jail: Jail, root: Path) -> None:
    """CREATE leaves what is there, links and directories included, as it is."""
    (root / "file").write_bytes(b"old")
    (root / "directory").mkdir()
    (root / "dangling").symlink_to("nowhere")
    for name in ("file", "directory", "dangling"):
        with pytest.raises(PathExistsError):
            jail.write_file(name, b"new", mode=WriteMode.CREATE)
    assert (root / "file").read_bytes() == b"old"
    assert not (root / "nowhere").exists()


def test_of_many_creators_one_wins(jail: Jail, root: Path) -> None:
    """CREATE is one step: of callers at the same moment exactly one makes the file, and its content stays."""
    won: list[bytes] = []
    together = threading.Barrier(8)

    def create(number: int) -> None:
        data = str(number).encode()
        together.wait()
        try:
            jail.write_file("one.txt", data, mode=WriteMode.CREATE)
        except PathExistsError:
            return
        won.append(data)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [(root / "one.txt").read_bytes()]


def test_a_file_that_appears_in_the_last_moment_stays(jail: Jail, root: Path) -> None:
    """Between the last look and the new name there is a moment; the step itself still replaces nothing."""
    place = jail._place(parse("file"), follow=False)
    with place, _Temporary(place, permissions=0o600) as temporary:
        (root / "file").write_bytes(b"in between")
        with pytest.raises(FileExistsError):
            temporary.publish(replace=False)
    assert [(path.name, path.read_bytes()) for path in root.iterdir()] == [("file", b"in between")]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o644, 0o660])
def test_the_permissions_are_kept(jail: Jail, root: Path, mode: int) -> None:
    """New content does not change who may read, write or execute the file."""
    (root / "file").write_bytes(b"old")
    (root / "file").chmod(mode)
    status = jail.write_file("file", b"new", mode=WriteMode.REPLACE)
    assert stat.S_IMODE((root / "file").stat().st_mode) == mode == status.mode


def test_extended_attributes_are_kept(jail: Jail, root: Path) -> None:
    """What others have attached to a file stays attached."""
    (root / "file").write_bytes(b"old")
    try:
        os.setxattr(root / "file", "user.note", b"kept")
    except OSError:
        return  # this file system has none
    jail.write_file("file", b"new", mode=WriteMode.REPLACE)
    assert os.getxattr(root / "file", "user.note") == b"kept"


def test_content_is_flushed_before_the_rename_and_the_name_after(
    jail: Jail, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that survives a power failure: file, name, directory. The calls are watched, and really made."""
    steps: list[tuple[str, int]] = []
    fsync, rename = os.fsync, os.rename

    def watched_fsync(descriptor: int) -> None:
        steps.append(("flush", os.fstat(descriptor).st_ino))
        fsync(descriptor)

    def watched_rename(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        steps.append(("rename", os.stat(source, dir_fd=src_dir_fd).st_ino))
        rename(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "rename", watched_rename)
    written = jail.write_file("file", b"x", mode=WriteMode.REPLACE)
    assert steps == [("flush", written.inode), ("rename", written.inode), ("flush", root.stat().st_ino)]


def test_file_capabilities_do_not_survive_new_content(jail: Jail, root: Path) -> None:
    """What made a program privileged was given to its old content."""
    (root / "program").write_bytes(b"old")
    try:
        os.setxattr(
            root / "program", "security.capability", struct.pack("<IIIII", 0x0200_0001, 1 << 10, 0, 0, 0)
        )
    except OSError:
        return  # only root may, and only where the file system can
    jail.write_file("program", b"new", mode=WriteMode.REPLACE)
    assert "security.capability" not in os.listxattr(root / "program")


def test_a_link_inside_is_written_through(jail: Jail, root: Path) -> None:
    """REPLACE changes what a link leads to and leaves the link."""
    (root / "d").mkdir()
    (root / "d" / "target").write_bytes(b"old")
    (root / "link").symlink_to("d/target")
    (root / "second").symlink_to("link")
    (root / "dangling").symlink_to("d/fresh")
    jail.write_file("second", b"new", mode=WriteMode.REPLACE)
    jail.write_file("dangling", b"fresh", mode=WriteMode.REPLACE)
    assert (root / "d" / "target").read_bytes() == b"new"
    assert (root / "d" / "fresh").read_bytes() == b"fresh"
    assert all((root / name).is_symlink() for name in ("link", "second", "dangling"))


def test_hard_linked_files_are_not_written(jail: Jail, root: Path) -> None:
    """Another name of the file may lie outside, so neither name's content changes."""
    (root / "file").write_bytes(b"old")
    (root / "other").hardlink_to(root / "file")
    with pytest.raises(HardLinkError):
        jail.write_file("file", b"new", mode=WriteMode.REPLACE)
    assert (root / "other").read_bytes() == (root / "file").read_bytes() == b"old"


def test_only_regular_files_are_written(jail: Jail, root: Path) -> None:
    """A directory or FIFO is neither replaced nor waited for."""
    (root / "directory").mkdir()
    os.mkfifo(root / "fifo")
    for name in ("directory", "fifo", "directory/", ""):
        with pytest.raises(NotRegularFileError):
            jail.write_file(name, b"new", mode=WriteMode.REPLACE)
    assert stat.S_ISFIFO((root / "fifo").stat().st_mode)


def test_an_expected_version_is_held(jail: Jail, root: Path) -> None:
    """A write for a version that is no longer there changes nothing."""
    first = jail.write_file("file", b"one", mode=WriteMode.CREATE)
    second = jail.write_file("file", b"two", mode=WriteMode.REPLACE, expected=first)
    with pytest.raises(ConflictError, match="changed"):
        jail.write_file("file", b"three", mode=WriteMode.REPLACE, expected=first)
    (root / "file").write_bytes(b"by somebody else")
    with pytest.raises(ConflictError, match="changed"):
        jail.write_file("file", b"three", mode=WriteMode.REPLACE, expected=second)
    (root / "file").unlink()
    with pytest.raises(ConflictError, match="removed"):
        jail.write_file("file", b"three", mode=WriteMode.REPLACE, expected=second)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("change", ["content", "link"])
def test_a_change_during_the_write_is_noticed(root: Path, backend: Backend, change: str) -> None:
    """The target is looked at again right before the rename, so that what others did meanwhile is not lost."""
    jail = Jail.open(root, JailPolicy(writable=True, max_file_size=1 << 26), backend=backend)
    seen = jail.write_file("file", b"seen", mode=WriteMode.CREATE)
    raised: list[Exception] = []

    def write() -> None:
        try:
            jail.write_file("file", bytes(1 << 26), mode=WriteMode.REPLACE, expected=seen)
        except (ConflictError, HardLinkError) as error:
            raised.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive() and len(os.listdir(root)) == 1:  # noqa: PTH208  until the temporary file is there
        pass
    if change == "content":
        (root / "file").write_bytes(b"changed meanwhile")
    else:
        (root / "other").hardlink_to(root / "file")
    writer.join()
    assert [type(error) for error in raised] == [ConflictError if change == "content" else HardLinkError]
    assert (root / "file").stat().st_size < 100


def test_a_missing_directory_is_told(jail: Jail) -> None:
    """A write makes no directories."""
    with pytest.raises(PathNotFoundError):
        jail.write_file("nowhere/file", b"", mode=WriteMode.REPLACE)


def test_the_longest_names_can_be_written(jail: Jail, root: Path) -> None:
    """The temporary file's name is short, so a name of 255 bytes is no problem."""
    for name in ("n" * 255, "é" * 127 + "x"):
        jail.write_file(name, b"x", mode=WriteMode.CREATE)
        jail.write_file(name, b"y", mode=WriteMode.REPLACE)
        assert (root / name).read_bytes() == b"y"


def test_the_size_is_limited(root: Path) -> None:
    """One byte over the policy's limit is refused before anything is touched."""
    jail = Jail.open(root, JailPolicy(writable=True, max_file_size=10))
    jail.write_file("file", bytes(10), mode=WriteMode.CREATE)
    with pytest.raises(FileTooLargeError, match="11 bytes; the limit is 10"):
        jail.write_file("file", bytes(11), mode=WriteMode.REPLACE)
    assert jail.status("file").size == 10


def test_a_read_only_policy_allows_no_change(root: Path) -> None:
    """Every changing method names the setting that would allow it."""
    (root / "file").write_bytes(b"old")
    jail = Jail.open(root, JailPolicy())
    attempts = (
        lambda: jail.write_file("file", b"", mode=WriteMode.REPLACE),
        lambda: jail.make_directory("d"),
        lambda: jail.make_directory("d/e", parents=True),
        lambda: jail.rename("file", "other"),
        lambda: jail.remove_file("file"),
        lambda: jail.remove_directory("d"),
    )
    for attempt in attempts:
        with pytest.raises(PathDeniedError) as caught:
            attempt()
        assert 'access = "write"' in (caught.value.hint or "")
    assert [path.name for path in root.iterdir()] == ["file"]


def test_nothing_is_left_behind(jail: Jail, root: Path) -> None:
    """Neither success nor failure leaves a temporary file."""
    (root / "directory").mkdir()
    jail.write_file("file", b"x" * 100_000, mode=WriteMode.CREATE)
    stale = jail.status("file")
    jail.write_file("file", b"y" * 100_000, mode=WriteMode.REPLACE)
    with pytest.raises(ConflictError):
        jail.write_file("file", b"z", mode=WriteMode.REPLACE, expected=stale)
    with pytest.raises(NotRegularFileError):
        jail.write_file("directory", b"z", mode=WriteMode.REPLACE)
    assert sorted(path.name for path in root.iterdir()) == ["directory", "file"]


def test_readers_see_one_version_or_the_other(jail: Jail) -> None:
    """While one thread overwrites, others never see a mixture or nothing."""
    versions = [bytes([number]) * 50_000 for number in range(40)]
    jail.write_file("file", versions[0], mode=WriteMode.CREATE)
    torn: list[bytes] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            with jail.open_file("file") as file, open(file.fd, "rb", closefd=False) as stream:
                content = stream.read()
            if content not in versions:
                torn.append(content)

    reader = threading.Thread(target=read)
    reader.start()
    for version in versions[1:]:
        jail.write_file("file", version, mode=WriteMode.REPLACE)
    done.set()
    reader.join()
    assert torn == []


_AS_NOBODY = """
import os, sys
from pathlib import Path
from seawall.errors import PathPermissionError
from seawall.security.jail import Jail, JailPolicy, WriteMode
from seawall.security.jail.paths import parse
from seawall.security.jail.writing import _Temporary
os.chdir(sys.argv[1])  # so that no permission is needed on the directories above
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
jail = Jail.open(Path("."), JailPolicy(writable=True))
try:
    jail.write_file("protected", b"new", mode=WriteMode.REPLACE)
except PathPermissionError as error:
    print(error.code, error.message)
"""


def test_a_write_protected_file_stays_protected(root: Path) -> None:
    """That the directory would allow a rename over the file is no way around the file's own permissions."""
    root.chmod(0o777)
    (root / "protected").write_bytes(b"old")
    (root / "protected").chmod(0o444)
    ended = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, str(root)], capture_output=True, check=True, text=True, timeout=60
    )
    assert ended.stdout.strip() == "permission_denied 'protected': is write-protected for the server's user."
    assert (root / "protected").read_bytes() == b"old"


def test_a_lock_that_fails_leaves_nothing_behind(
    jail: Jail, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a temporary file nor a descriptor."""

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.EIO, "injected")

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(StorageError):
        jail.write_file("new", b"x", mode=WriteMode.CREATE)
    assert list(root.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before

"""Opening for reading: the descriptor, its facts and where it lies."""

from __future__ import annotations

import fcntl
import gc
import os
import resource
import socket
import stat
import threading
from pathlib import Path

import pytest

from seawall.errors import NotRegularFileError, OverloadedError, PathError, StorageError
from seawall.security.jail import FileKind, Jail, JailPolicy, PathRules


def test_gives_a_descriptor_with_its_facts(jail: Jail, root: Path) -> None:
    """The descriptor reads the file, is closed with the block, and is not inherited by other programs."""
    (root / "d").mkdir()
    (root / "d" / "file").write_bytes(b"hello")
    (root / "link").symlink_to("d/file")
    with jail.open_file("link") as file:
        descriptor = file.fd
        assert os.read(file.fd, 100) == b"hello"
        assert file.path == "d/file"
        assert (file.status.kind, file.status.size, file.status.links) == (FileKind.FILE, 5, 1)
        assert fcntl.fcntl(file.fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
        assert fcntl.fcntl(file.fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    file.close()


def test_reads_from_any_position(jail: Jail, root: Path) -> None:
    """All that was asked for, or all up to the end of the file; whether the file changed meanwhile is told."""
    (root / "file").write_bytes(b"0123456789")
    with jail.open_file("file") as file:
        assert file.read_at(3, 4) == b"3456"
        assert file.read_at(8, 100) == b"89"
        assert file.read_at(10, 5) == file.read_at(0, 0) == b""
        assert os.read(file.fd, 2) == b"01"
        assert not file.changed()
        (root / "file").write_bytes(b"another")
        assert file.changed()


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that always fails is needed")
def test_a_failing_storage_is_an_error_of_the_path() -> None:
    """No page is mapped at address zero, so the kernel answers EIO; the caller learns that under its own words."""
    jail = Jail.open(Path("/proc/self"), JailPolicy(rules=PathRules.compile(())))
    try:
        with (
            jail.open_file("./mem") as file,
            pytest.raises(StorageError, match=r"'\./mem': the storage failed"),
        ):
            file.read_at(0, 10)
    finally:
        jail.close()


def test_stays_the_same_file_whatever_happens_to_its_name(jail: Jail, root: Path) -> None:
    """What was opened was judged; a later change of the name changes nothing."""
    (root / "file").write_bytes(b"first")
    with jail.open_file("file") as file:
        (root / "file").unlink()
        (root / "file").symlink_to("/etc/passwd")
        assert os.read(file.fd, 100) == b"first"


@pytest.mark.timeout(20)
def test_a_fifo_is_neither_waited_for_nor_opened(jail: Jail, root: Path) -> None:
    """Refusing a FIFO leaves a writer that waits on its other side waiting."""
    os.mkfifo(root / "fifo")
    opened = threading.Event()

    def wait_for_a_reader() -> None:
        os.close(os.open(root / "fifo", os.O_WRONLY))
        opened.set()

    writer = threading.Thread(target=wait_for_a_reader, daemon=True)
    writer.start()
    for _ in range(20):
        with pytest.raises(NotRegularFileError, match="is a FIFO"):
            jail.open_file("fifo")
    assert not opened.wait(0.2)
    os.close(os.open(root / "fifo", os.O_RDONLY))
    writer.join()


def test_sockets_are_refused(jail: Jail, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket's file is no file."""
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        with pytest.raises(NotRegularFileError, match="is a socket"):
            jail.open_file("socket")


def test_device_nodes_in_the_workspace_are_refused(jail: Jail, root: Path) -> None:
    """A device that somebody put into the workspace is refused by its kind."""
    try:
        os.mknod(root / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        return  # only root makes them; that the devices of /dev are refused is tested for everybody
    with pytest.raises(NotRegularFileError, match="is a device"):
        jail.open_file("zero")


def test_no_descriptor_is_leaked(jail: Jail, root: Path) -> None:
    """Thousands of successes and refusals leave as many descriptors open as before."""
    (root / "d").mkdir()
    (root / "d" / "file").write_bytes(b"")
    (root / "d" / "out").symlink_to("/etc/passwd")
    (root / "d" / "in").symlink_to("../d/file")
    os.mkfifo(root / "d" / "fifo")
    gc.collect()  # what earlier tests have dropped
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  counts its own descriptor both times
    for _ in range(200):
        for path in (
            "d/file",
            "d/in",
            "d/../d/in",
            "d/out",
            "d/fifo",
            "d/no",
            "d",
            "no/no",
            "d/file/x",
            "../x",
        ):
            try:
                jail.open_file(path).close()
                jail.status(path)
            except PathError:
                continue
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_lack_of_descriptors_is_told_as_overload(jail: Jail, root: Path) -> None:
    """When the process has no descriptor left, the caller is told to come again, and nothing is leaked."""
    (root / "d").mkdir()
    (root / "d" / "file").write_bytes(b"x")
    lowest_free = os.dup(0)
    os.close(lowest_free)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for spare in range(2):  # it needs two: for the directory, and for the file
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + spare, hard))
        try:
            with pytest.raises(OverloadedError):
                jail.open_file("d/file")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with jail.open_file("d/file") as file:
        assert os.read(file.fd, 1) == b"x"

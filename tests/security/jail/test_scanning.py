"""Listing: batches, kinds, what is hidden, and no descriptor that stays behind."""

from __future__ import annotations

import gc
import os
import socket
from pathlib import Path

import pytest

from seawall.errors import NotDirectoryError, PathDeniedError, PathEscapeError, PathNotFoundError
from seawall.security.jail import Entry, FileKind, Jail


def _names(jail: Jail, path: str = "") -> set[str]:
    return {entry.name for batch in jail.scan(path) for entry in batch}


def test_comes_in_batches(jail: Jail, root: Path) -> None:
    """No batch is larger than asked for or empty, and together they are everything, once."""
    for number in range(25):
        (root / f"file{number}").write_bytes(b"")
    batches = list(jail.scan("", batch=10))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert sorted(entry.name for batch in batches for entry in batch) == sorted(f"file{n}" for n in range(25))


def test_an_empty_directory_has_no_batches(jail: Jail) -> None:
    """Nothing is yielded for nothing."""
    assert list(jail.scan(".")) == []


def test_tells_kinds_without_following(jail: Jail, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry's own kind; of a link that it is one."""
    monkeypatch.chdir(root)
    Path("file").write_bytes(b"")
    Path("directory").mkdir()
    Path("link").symlink_to("directory")
    Path("dangling").symlink_to("/nowhere")
    os.mkfifo("fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    for detailed in (False, True):
        kinds = {e.name: e.kind for batch in jail.scan("", detailed=detailed) for e in batch}
        assert kinds == {
            "file": FileKind.FILE,
            "directory": FileKind.DIRECTORY,
            "link": FileKind.SYMLINK,
            "dangling": FileKind.SYMLINK,
            "fifo": FileKind.FIFO,
            "socket": FileKind.SOCKET,
        }


def test_details_are_each_entrys_own(jail: Jail, root: Path) -> None:
    """With `detailed` every entry has the status that it would give itself; else none has one."""
    (root / "file").write_bytes(b"12345")
    (root / "link").symlink_to("file")
    for entry in (entry for batch in jail.scan("", detailed=True) for entry in batch):
        assert entry.status == jail.status(entry.name, follow=False)
    assert all(entry.status is None for batch in jail.scan("") for entry in batch)


def test_denied_and_reserved_names_are_left_out(jail: Jail, root: Path) -> None:
    """A listing shows nothing that could not be asked for, wherever the directory was reached from."""
    (root / ".aws").mkdir()
    for name in (".env", "key.PEM", ".seawall-0123456789abcdef.tmp", ".aws/credentials", ".aws/cli", "seen"):
        (root / name).write_bytes(b"")
    (root / "link").symlink_to(".aws")
    (root / ".ssh").mkdir()
    assert _names(jail) == {".aws", "link", "seen"}
    assert _names(jail, ".aws") == _names(jail, "link") == _names(jail, "link/../.aws/") == {"cli"}
    with pytest.raises(PathDeniedError):
        _names(jail, ".ssh")


def test_undecodable_names_are_shown_and_marked(jail: Jail, root: Path) -> None:
    """A name that is not UTF-8 is listed in a form that can be encoded, and cannot be reached."""
    Path(os.fsdecode(os.fsencode(root) + b"/bad\xff\xc3name")).write_bytes(b"")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.pem")).write_bytes(b"")
    [[entry]] = list(jail.scan(""))
    assert entry == Entry(r"bad\xff\xc3name", FileKind.FILE, None, reachable=False)
    with pytest.raises(PathNotFoundError):
        jail.status(entry.name)


def test_a_directory_is_needed(jail: Jail, root: Path) -> None:
    """Errors come with the first batch."""
    (root / "file").write_bytes(b"")
    (root / "out").symlink_to("/")
    for path, error in (
        ("file", NotDirectoryError),
        ("file/", NotDirectoryError),
        ("no", PathNotFoundError),
        ("out", PathEscapeError),
    ):
        with pytest.raises(error):
            next(jail.scan(path))


def test_nothing_stays_open(jail: Jail, root: Path) -> None:
    """The directory is closed when the scan ends, is closed, is dropped, or was never begun."""
    for number in range(100):
        (root / f"file{number}").write_bytes(b"")
    gc.collect()  # what earlier tests have dropped
    before = _open_descriptors()
    for _ in range(50):
        list(jail.scan(""))
        stopped = jail.scan("", batch=1)
        next(stopped)
        stopped.close()
        next(jail.scan("", batch=1))
        jail.scan("")
    gc.collect()
    assert _open_descriptors() == before


def test_survives_changes_meanwhile(jail: Jail, root: Path) -> None:
    """Entries that vanish while a detailed listing goes on are left out."""
    for number in range(2000):
        (root / f"file{number}").write_bytes(b"")
    scan = jail.scan("", detailed=True, batch=10)
    seen = len(next(scan))
    for number in range(2000):
        (root / f"file{number}").unlink()
    seen += sum(len(batch) for batch in scan)
    assert 10 <= seen < 2000


def _open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  counts its own descriptor both times

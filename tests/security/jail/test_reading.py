"""Reading a whole file: bounded, and refused as opening it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.errors import FileTooLargeError, NotRegularFileError, PathEscapeError
from seawall.security.jail import Jail, JailPolicy, Roots
from seawall.security.jail._locate import Backend


def test_gives_the_whole_content(jail: Jail, root: Path) -> None:
    content = bytes(range(256)) * 8192
    (root / "file").write_bytes(content)
    (root / "empty").write_bytes(b"")
    assert jail.read_file("file") == content
    assert jail.read_file("empty") == b""


def test_a_file_at_the_limit_is_read_and_a_larger_one_refused(root: Path, backend: Backend) -> None:
    jail = Jail.open(root, JailPolicy(max_file_size=10), backend=backend)
    (root / "fits").write_bytes(b"0123456789")
    (root / "large").write_bytes(b"0123456789x")
    assert jail.read_file("fits") == b"0123456789"
    with pytest.raises(FileTooLargeError, match="'large': has more than 10 bytes, the limit"):
        jail.read_file("large")
    jail.close()


def test_a_file_that_tells_no_size_is_bounded_by_what_it_gives(backend: Backend) -> None:
    """Files of the kernel have size 0 and content all the same, as a file has that grows after it was opened."""
    jail = Jail.open(Path("/proc/sys/kernel"), JailPolicy(max_file_size=3), backend=backend)
    with pytest.raises(FileTooLargeError):
        jail.read_file("ostype")
    jail.close()


def test_what_cannot_be_opened_is_refused_in_the_same_words(jail: Jail, root: Path) -> None:
    (root / "directory").mkdir()
    with pytest.raises(NotRegularFileError):
        jail.read_file("directory")
    with pytest.raises(PathEscapeError):
        jail.read_file("../file")


def test_roots_read_from_the_root_that_the_path_names(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    roots = Roots.open({"one": tmp_path / "one", "two": tmp_path / "two"}, JailPolicy())
    assert roots.read_file("two/file") == b"two"
    with pytest.raises(NotRegularFileError):
        roots.read_file("")
    roots.close()

"""Several roots side by side: each path belongs to one, and the top only lists them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seawall.errors import (
    CrossRootError,
    NotRegularFileError,
    PathDeniedError,
    PathEscapeError,
    PathNotFoundError,
    StartError,
)
from seawall.security.jail import FileKind, JailPolicy, Roots, WriteMode
from seawall.security.jail._locate import Backend


@pytest.fixture
def roots(tmp_path: Path, backend: Backend) -> Roots:
    for name in ("a", "b"):
        (tmp_path / name / "d").mkdir(parents=True)
        (tmp_path / name / "file").write_bytes(name.encode())
    named = {"one": tmp_path / "a", "two": tmp_path / "b"}
    return Roots.open(named, JailPolicy(writable=True), backend=backend)


def _read(roots: Roots, path: str) -> tuple[bytes, str]:
    with roots.open_file(path) as file:
        return os.read(file.fd, 100), file.path


def test_the_first_name_chooses_the_root(roots: Roots) -> None:
    """And stands before every path that is told."""
    assert _read(roots, "one/file") == (b"a", "one/file")
    assert _read(roots, "./two//d/../file") == (b"b", "two/file")
    assert roots.names == ("one", "two")


def test_one_unnamed_root_has_no_top(tmp_path: Path, backend: Backend) -> None:
    """Paths are relative to it, and so is what is told."""
    (tmp_path / "file").write_bytes(b"x")
    roots = Roots.open({"": tmp_path}, JailPolicy(), backend=backend)
    assert _read(roots, "file") == (b"x", "file")
    assert [entry.name for batch in roots.scan("") for entry in batch] == ["file"]
    assert roots.names == ()
    assert roots.backend == backend


def test_the_top_lists_the_roots(roots: Roots) -> None:
    """As directories, and it is one itself."""
    for path in ("", ".", "./"):
        entries = [entry for batch in roots.scan(path, detailed=True) for entry in batch]
        assert [(entry.name, entry.kind) for entry in entries] == [
            ("one", FileKind.DIRECTORY),
            ("two", FileKind.DIRECTORY),
        ]
        assert [entry.status for entry in entries] == [roots.status("one"), roots.status("two/")]
        assert roots.status(path).kind is FileKind.DIRECTORY
        with pytest.raises(NotRegularFileError):
            roots.open_file(path)


def test_no_path_leads_from_one_root_to_another(roots: Roots, tmp_path: Path) -> None:
    """Neither by dots nor by a link."""
    (tmp_path / "a" / "link").symlink_to("../b/file")
    for path in ("one/../two/file", "../a/file", "..", "one/link", "one/d/../../../b/file"):
        with pytest.raises(PathEscapeError):
            roots.open_file(path)


def test_other_names_are_unknown(roots: Roots) -> None:
    """Reading does not find them; changing says where it could be done."""
    for path in ("three", "three/file", "file", "One/file"):
        with pytest.raises(PathNotFoundError):
            roots.open_file(path)
        with pytest.raises(PathDeniedError) as caught:
            roots.write_file(path, b"", mode=WriteMode.CREATE)
        assert caught.value.hint == "Begin the path with one of 'one', 'two'."


def test_everything_works_below_a_root(roots: Roots, tmp_path: Path) -> None:
    """Each method reaches the right root and names the path in full."""
    roots.make_directory("two/new/er", parents=True)
    with roots.locked("two/new/x"):
        roots.write_file("two/new/x", b"x", mode=WriteMode.CREATE)
    roots.rename("two/new/x", "two/y")
    assert (tmp_path / "b" / "y").read_bytes() == b"x"
    roots.remove_file("two/y")
    roots.remove_directory("two/new/er")
    assert [e.name for batch in roots.scan("two/new") for e in batch] == []
    with pytest.raises(PathNotFoundError) as caught:
        roots.remove_file("two/./y")
    assert caught.value.path == "two/./y"


def test_a_rename_stays_within_its_root(roots: Roots, tmp_path: Path) -> None:
    """Across roots it would be a copy, and there is none."""
    with pytest.raises(CrossRootError):
        roots.rename("one/file", "two/new")
    assert (tmp_path / "a" / "file").exists()


def test_sweeps_and_faults_are_of_all_roots(roots: Roots, tmp_path: Path) -> None:
    """Leftovers are counted together; the first root that is gone is named."""
    for name in ("a", "b"):
        (tmp_path / name / "d" / ".seawall-0123456789abcdef.tmp").write_bytes(b"")
    assert roots.sweep() == 2
    assert roots.fault() is None
    (tmp_path / "b").rename(tmp_path / "c")
    assert roots.fault() == "the root 'two' is gone: No such file or directory."
    roots.close()
    assert roots.fault() == "the root 'one' is closed."


@pytest.mark.parametrize("name", ["a/b", "..", ".", "a\0", ".seawall-x.tmp"])
def test_a_roots_name_is_a_plain_one(tmp_path: Path, name: str) -> None:
    """Whatever could not be the first name of a path is refused at the start."""
    with pytest.raises(StartError, match="cannot be the name of a root"):
        Roots.open({name: tmp_path}, JailPolicy())


def test_an_unnamed_root_stands_alone(tmp_path: Path) -> None:
    """Beside others it would have no name to be chosen by; and without any root there is nothing to serve."""
    with pytest.raises(StartError):
        Roots.open({"": tmp_path, "a": tmp_path}, JailPolicy())
    with pytest.raises(StartError):
        Roots.open({}, JailPolicy())


@pytest.mark.parametrize("inner", ["", "sub", "sub/deep", "link"])
def test_roots_that_overlap_are_refused(tmp_path: Path, inner: str) -> None:
    """What one root protects would be open through the other; two spellings of one directory count too."""
    outer = tmp_path / "outer"
    (outer / "sub" / "deep").mkdir(parents=True)
    (outer / "link").symlink_to("sub")
    with pytest.raises(StartError, match="within"):
        Roots.open({"all": outer, "part": outer / inner}, JailPolicy())


def test_roots_side_by_side_are_fine(tmp_path: Path) -> None:
    for name in ("one", "one-more"):
        (tmp_path / name).mkdir()
    roots = Roots.open({name: tmp_path / name for name in ("one", "one-more")}, JailPolicy())
    assert roots.names == ("one", "one-more")
    roots.close()

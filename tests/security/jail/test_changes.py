"""Directories, renames and removals: what they do, and how they say what they do not."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from seawall.errors import (
    DirectoryNotEmptyError,
    NotDirectoryError,
    NotRegularFileError,
    PathDeniedError,
    PathError,
    PathExistsError,
    PathInvalidError,
    PathNotFoundError,
)
from seawall.security.jail import Jail, JailPolicy, PathRules, WriteMode, _rename
from seawall.security.jail._locate import Backend


def test_makes_a_directory(jail: Jail, root: Path) -> None:
    """One level, with or without a trailing slash."""
    jail.make_directory("a")
    jail.make_directory("a/b/")
    assert (root / "a" / "b").is_dir()
    for path in ("a", "a/b", "a/../a"):
        with pytest.raises(PathExistsError):
            jail.make_directory(path)
    with pytest.raises(PathNotFoundError):
        jail.make_directory("x/y")


def test_makes_the_directories_above_when_asked(jail: Jail, root: Path) -> None:
    """As `mkdir -p`: missing ones are made, present ones and links to directories inside are used."""
    (root / "real").mkdir()
    (root / "link").symlink_to("real")
    (root / "file").write_bytes(b"")
    for path in ("a/b/c/d", "a/b/c/d", "a/b/e/", "link/x/y", "a/../m/k", "", "a/.."):
        jail.make_directory(path, parents=True)
    assert all((root / path).is_dir() for path in ("a/b/c/d", "a/b/e", "real/x/y", "m/k"))
    with pytest.raises(NotDirectoryError):
        jail.make_directory("file/x", parents=True)
    with pytest.raises(PathExistsError):
        jail.make_directory("file", parents=True)
    with pytest.raises(PathExistsError):
        jail.make_directory("a/../file", parents=True)


def test_the_work_of_making_parents_is_bounded(jail: Jail, root: Path) -> None:
    """A path that would cost thousands of look-ups or flushes is refused at once, and makes nothing."""
    jail.make_directory("a/" * 60, parents=True)
    for path in ("m/" * 65, "a/" * 60 + "../a/" * 30 + "m/" * 400, "x/../y"):
        with pytest.raises((PathInvalidError, PathNotFoundError)):
            jail.make_directory(path, parents=True)
    assert sorted(path.name for path in root.iterdir()) == ["a"]


def test_making_parents_never_enters_a_link_that_was_put_in_the_way(
    jail: Jail, root: Path, tmp_path: Path
) -> None:
    """A dangling link, or one that leads out, is something that has the name already."""
    (root / "out").symlink_to(tmp_path / "elsewhere")
    (root / "dangling").symlink_to("nowhere")
    for path in ("out/x", "dangling/x", "dangling"):
        with pytest.raises(PathError):
            jail.make_directory(path, parents=True)
    assert not (tmp_path / "elsewhere").exists()
    assert not (root / "nowhere").exists()


def test_making_parents_is_refused_where_a_name_on_the_way_is_denied(jail: Jail, root: Path) -> None:
    with pytest.raises(PathDeniedError):
        jail.make_directory("a/.ssh/b", parents=True)
    assert list(root.iterdir()) == []


def test_a_link_takes_no_name_with_rules_below_it(jail: Jail, root: Path) -> None:
    """Else what was prepared in reach would stand under a name such as `.git`, where other programs trust it."""
    (root / "prepared").mkdir()
    (root / "prepared" / "config").write_text("[core]")
    (root / "link").symlink_to("prepared")
    with pytest.raises(PathDeniedError):
        jail.rename("link", ".git")
    jail.rename("link", "other")
    assert (root / "other").is_symlink()


def test_depth_is_no_limit(jail: Jail, root: Path) -> None:
    """Depth is bounded by the length of a path alone; no descriptors pile up on the way."""
    names = ["d"] * 1500
    directory = os.open(root, os.O_RDONLY)
    try:
        for name in names:
            os.mkdir(name, dir_fd=directory)
            below = os.open(name, os.O_RDONLY, dir_fd=directory)
            os.close(directory)
            directory = below
        jail.make_directory("/".join([*names, "new", "newer"]), parents=True)
        assert (
            os.stat("new/newer", dir_fd=directory).st_ino
            == jail.status("/".join([*names, "new/newer"])).inode
        )
        assert jail.status("/".join([*names, "..", "d", "new"])).kind == "directory"
        jail.write_file("/".join([*names, "file"]), b"x", mode=WriteMode.CREATE)
    finally:
        os.close(directory)
        subprocess.run(["rm", "-rf", str(root / "d")], check=True)  # too deep for shutil


def test_renames_files_links_and_directories(jail: Jail, root: Path) -> None:
    """Within and across directories of the root."""
    (root / "d").mkdir()
    (root / "file").write_bytes(b"x")
    (root / "link").symlink_to("file")
    jail.rename("file", "d/moved")
    jail.rename("link", "d/link")
    jail.rename("d", "e/")
    assert (root / "e" / "moved").read_bytes() == b"x"
    assert (root / "e" / "link").readlink() == Path("file")
    assert not (root / "d").exists()


def test_a_rename_replaces_only_when_asked(jail: Jail, root: Path) -> None:
    """Without `replace` the target stays as it is, whatever it is."""
    (root / "file").write_bytes(b"new")
    (root / "other").write_bytes(b"old")
    (root / "empty").mkdir()
    (root / "dangling").symlink_to("nowhere")
    for target in ("other", "empty", "dangling", "file"):
        with pytest.raises(PathExistsError):
            jail.rename("file", target)
    assert (root / "other").read_bytes() == b"old"
    jail.rename("file", "other", replace=True)
    assert (root / "other").read_bytes() == b"new"


def test_kinds_do_not_replace_each_other(jail: Jail, root: Path) -> None:
    """A file replaces no directory, a directory no file, and no directory one that has entries."""
    (root / "file").write_bytes(b"")
    (root / "full").mkdir()
    (root / "full" / "x").write_bytes(b"")
    (root / "d").mkdir()
    with pytest.raises(NotRegularFileError):
        jail.rename("file", "full", replace=True)
    with pytest.raises(NotDirectoryError):
        jail.rename("d", "file", replace=True)
    with pytest.raises(DirectoryNotEmptyError):
        jail.rename("d", "full", replace=True)
    with pytest.raises(NotDirectoryError):
        jail.rename("file", "new/")
    with pytest.raises(NotDirectoryError):
        jail.rename("file/", "new")
    jail.rename("full", "d", replace=True)
    assert (root / "d" / "x").exists()


def test_a_missing_source_or_directory_is_told(jail: Jail, root: Path) -> None:
    """The error names the side that is missing."""
    (root / "file").write_bytes(b"")
    for source, target, missing in (("no", "x", "no"), ("no/a", "x", "no/a"), ("file", "no/x", "no/x")):
        with pytest.raises(PathNotFoundError) as caught:
            jail.rename(source, target)
        assert caught.value.path == missing


def test_a_directory_does_not_move_into_itself(jail: Jail, root: Path) -> None:
    """Said clearly, through links and dots as well."""
    (root / "d" / "e").mkdir(parents=True)
    (root / "link").symlink_to("d")
    for target in ("d/x", "d/e/x", "link/x", "d/e/../x", "d/d"):
        with pytest.raises(PathInvalidError, match="inside the very directory"):
            jail.rename("d", target)


def test_a_directory_does_not_carry_secrets_out_of_the_rules(root: Path, backend: Backend) -> None:
    """Renaming a directory neither makes a denied file readable nor plants one at a denied name."""
    (root / ".aws").mkdir()
    (root / ".aws" / "credentials").write_bytes(b"secret")
    (root / "plain" / "private").mkdir(parents=True)
    policy = JailPolicy(writable=True, rules=PathRules.compile(["/vault/keys"]))
    jail = Jail.open(root, policy, backend=backend)
    for source, target in ((".aws", "aws"), ("plain", ".aws2/../.kube"), ("plain", "vault")):
        with pytest.raises((PathDeniedError, PathNotFoundError)):
            jail.rename(source, target)
    jail.rename("plain/private", "plain/public")
    jail.rename(".aws", "plain/.aws")
    with pytest.raises(PathDeniedError):
        jail.open_file("plain/.aws/credentials")


def test_removes_files_and_empty_directories(jail: Jail, root: Path) -> None:
    """Each by its own method, so that neither is mistaken for the other."""
    (root / "file").write_bytes(b"")
    (root / "d").mkdir()
    os.mkfifo(root / "fifo")
    with pytest.raises(NotRegularFileError):
        jail.remove_file("d")
    with pytest.raises(NotDirectoryError):
        jail.remove_directory("file")
    with pytest.raises(NotDirectoryError):
        jail.remove_file("file/")
    for missing in ("no", "d/no"):
        with pytest.raises(PathNotFoundError):
            jail.remove_file(missing)
        with pytest.raises(PathNotFoundError):
            jail.remove_directory(missing)
    jail.remove_file("file")
    jail.remove_file("fifo")
    jail.remove_directory("d/")
    assert list(root.iterdir()) == []


def test_a_directory_with_entries_stays(jail: Jail, root: Path) -> None:
    """Hidden leftovers of killed writes do not count as entries; anything else does."""
    (root / "d").mkdir()
    (root / "d" / ".seawall-0123456789abcdef.tmp").write_bytes(b"left over")
    (root / "d" / ".env").write_bytes(b"denied, but there")
    with pytest.raises(DirectoryNotEmptyError):
        jail.remove_directory("d")
    (root / "d" / ".env").unlink()
    (root / "d" / ".seawall-0123456789abcdef.tmp").write_bytes(b"left over")
    jail.remove_directory("d")
    assert not (root / "d").exists()


@pytest.mark.parametrize("kind", ["file", "link", "directory"])
def test_without_the_system_call_a_rename_still_replaces_nothing(tmp_path: Path, kind: str) -> None:
    """The two steps that stand in for renameat2 move every kind, and fail on a name that is taken."""
    source, taken = tmp_path / "source", tmp_path / "taken"
    if kind == "file":
        source.write_bytes(b"x")
    elif kind == "link":
        source.symlink_to("nowhere")
    else:
        (source / "below").mkdir(parents=True)
    taken.mkdir()
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        before = source.lstat()
        with pytest.raises(FileExistsError) as caught:
            _rename._in_two_steps("source", directory, "taken", directory)
        assert caught.value.errno == errno.EEXIST
        assert os.path.samestat(source.lstat(), before)
        _rename._in_two_steps("source", directory, "target", directory)
    finally:
        os.close(directory)
    assert os.path.samestat((tmp_path / "target").lstat(), before)
    assert not source.is_symlink()
    assert not source.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken", "target"]

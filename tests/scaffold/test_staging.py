"""Many files are written as one change: all or none, whatever ends it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seawall.errors import UsageError
from seawall.scaffold.manifest import digest
from seawall.scaffold.staging import Change, apply, create
from seawall.scaffold.tree import LinkError, Tree
from support.projects import contents

KILLING = Path(__file__).parent / "killing.py"


def test_a_kill_at_any_step_leaves_nothing_half_written(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, str(KILLING), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_what_fails_in_the_middle_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("old")
    rename = Tree.rename

    def full(self: Tree, path: str, target: str) -> None:
        if target == "b/c":
            raise OSError(28, "No space left on device")
        rename(self, path, target)

    monkeypatch.setattr(Tree, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        apply(tmp_path, {"a": Change("new", digest("old")), "b/c": Change("new")})
    assert contents(tmp_path) == {"a": b"old"}
    assert not (tmp_path / "b").exists()


def test_a_file_that_changed_meanwhile_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("edited")
    with pytest.raises(UsageError, match="has changed meanwhile"):
        apply(tmp_path, {"b": Change("new"), "a": Change("new", digest("old"))})
    assert contents(tmp_path) == {"a": b"edited"}


def test_the_work_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    staging = tmp_path / f".seawall-new-{'0' * 16}"
    staging.mkdir()
    (staging / "file").write_text("under way")
    tree = Tree(tmp_path)
    with tree.locked(staging.name):
        create(tmp_path / "other", {"x": "x"})
    tree.close()
    assert (staging / "file").read_text() == "under way"
    create(tmp_path / "another", {"x": "x"})
    assert not staging.exists()


def test_no_link_is_followed(tmp_path: Path) -> None:
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    project.mkdir()
    (outside / "file").write_text("theirs")
    (project / "link").symlink_to(outside)
    (project / "file").symlink_to(outside / "file")
    for path in ("link/new", "link/file", "file"):
        with pytest.raises(LinkError):
            apply(project, {path: Change("ours", digest("theirs"))})
        with pytest.raises(LinkError):
            apply(project, {path: Change("ours")})
    assert contents(outside) == {"file": b"theirs"}

"""Many files are written as one change: all or none, whatever ends it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seawall.errors import UsageError
from seawall.scaffold.manifest import digest
from seawall.scaffold.staging import Change, apply, create, recover
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


EVIL = "0" * 16
SUM = digest("theirs")


@pytest.mark.parametrize(
    "files",
    [
        {"../outside/file": [SUM, None]},
        {"../outside/new": [None, "x"]},
        {"../outside/new": [SUM, SUM], "../outside/file": [SUM, SUM]},
        {"{outside}/file": [SUM, None]},
        {"{outside}/new": [None, "x"]},
        {".git/hooks/pre-commit": [None, SUM]},
        {"a\0b": [SUM, None]},
        {"file": 3},
        ["file"],
        3,
    ],
)
def test_a_journal_that_came_with_a_project_moves_and_removes_nothing(tmp_path: Path, files: object) -> None:
    """Whoever gives somebody a project could otherwise write or remove any file of theirs."""
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    (outside / "file").write_text("theirs")
    staging = project / f".seawall-new-{EVIL}"
    for place in ("outside", str(outside)[1:], ".git/hooks"):
        for name in ("file", "new", "pre-commit"):
            (staging / "old" / place).mkdir(parents=True, exist_ok=True)
            (staging / "old" / place / name).write_text("evil")
    text = json.dumps({"files": files, "directories": []}).replace("{outside}", str(outside))
    (staging / "journal.json").write_text(text)
    (project / "mine").write_text("mine")
    recover(project)
    assert contents(outside) == {"file": b"theirs"}
    assert contents(project) == {"mine": b"mine"}


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x"])
def test_a_tree_knows_nothing_outside_of_itself(tmp_path: Path, path: str) -> None:
    tree = Tree(tmp_path)
    with pytest.raises(LinkError):
        tree.create(path, b"x")
    with pytest.raises(LinkError):
        tree.read(path)
    tree.close()


def test_what_another_user_staged_in_a_shared_directory_is_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = tmp_path / f".seawall-new-{EVIL}"
    staging.mkdir()
    monkeypatch.setattr(Tree, "owned", lambda _self, _path: False)
    create(tmp_path / "project", {"x": "x"})
    assert staging.is_dir()


def test_a_run_that_finds_a_new_staging_directory_first_only_costs_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several projects are made in one directory at the same time, each clearing up after dead runs."""
    make, made = Tree.make_directory, []

    def found_at_once(self: Tree, path: str) -> bool:
        done = make(self, path)
        made.append(path)
        if len(made) == 1:
            recover(tmp_path)
        return done

    monkeypatch.setattr(Tree, "make_directory", found_at_once)
    create(tmp_path / "project", {"x": "x"})
    assert len(made) == 2
    assert contents(tmp_path) == {"project/x": b"x"}


def test_a_staging_directory_that_is_done_while_others_look_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f".seawall-new-{EVIL}").mkdir()
    kind = Tree.kind

    def gone_then(self: Tree, path: str) -> int | None:
        found = kind(self, path)
        if path.endswith(EVIL) and (tmp_path / path).exists():
            (tmp_path / path).rmdir()
        return found

    monkeypatch.setattr(Tree, "kind", gone_then)
    monkeypatch.setattr(Tree, "owned", lambda _self, _path: True)
    recover(tmp_path)

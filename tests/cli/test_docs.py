"""`seawall docs` writes the server's own documentation, and nothing else anywhere."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from cli.processes import Seawall
from seawall import reference

PAGES = {"README.md", "tools.md", "settings.md", "running.md", "operating.md", "security.md"}


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    path = tmp_path / "seawall.toml"
    path.write_text(
        '[server]\nname = "w"\npurpose = "P."\n\n[[toolset]]\nkind = "filesystem"\nroots = "./workspace"\n'
    )
    return path


def tree(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def test_the_pages_stand_beside_the_blueprint(seawall: Seawall, blueprint: Path, tmp_path: Path) -> None:
    ended = seawall("docs")
    assert (ended.status, ended.err) == (0, "")
    assert {path.name for path in (tmp_path / "docs").iterdir()} == PAGES
    assert all(path.read_text().startswith(reference.MARK) for path in (tmp_path / "docs").iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"docs", "workspace", blueprint.name}


def test_a_check_is_quiet_until_the_server_changes_and_then_shows_how(
    called: Seawall, blueprint: Path
) -> None:
    assert called("docs").status == 0
    assert called("docs", "--check").status == 0
    blueprint.write_text(blueprint.read_text().replace('"P."', '"Other words."'))
    ended = called("docs", "--check")
    assert ended.status == 1
    assert "-P." in ended.out
    assert "+Other words." in ended.out
    assert "Stale: 2 of 6 files" in ended.out
    assert called("docs").status == 0
    assert called("docs", "--check").status == 0


def test_a_check_writes_nothing(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    assert called("docs", "--check").status == 1
    assert not (tmp_path / "docs").exists()


def test_a_page_that_somebody_edited_is_stale(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    called("docs")
    with (tmp_path / "docs" / "tools.md").open("a") as file:
        file.write("An edit.\n")
    assert "-An edit." in called("docs", "--check").out


def test_a_comment_in_the_blueprint_changes_no_page(called: Seawall, blueprint: Path) -> None:
    called("docs")
    blueprint.write_text(f"# One line more.\n{blueprint.read_text()}")
    assert called("docs", "--check").status == 0


def test_files_of_others_are_left_alone(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "deeper").mkdir(parents=True)
    for name in ("guide.md", "index.html", "deeper/tools.md", "notes.txt"):
        (docs / name).write_text("mine\n")
    before = tree(docs)
    assert called("docs").status == 0
    assert before.items() <= tree(docs).items()
    assert called("docs", "--check").status == 0


def test_a_file_of_others_that_is_in_the_way_is_not_replaced_and_nothing_is_written(
    called: Seawall, blueprint: Path, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "tools.md").write_text("mine\n")
    ended = called("docs")
    assert ended.status == 2
    assert "tools.md was not written by this command" in ended.err
    assert tree(tmp_path / "docs") == {"tools.md": b"mine\n"}
    assert called("docs", "--check").status == 1
    assert called("docs", "--force").status == 0
    assert called("docs", "--check").status == 0


def test_a_link_in_the_place_of_the_directory_is_followed_only_by_name(
    called: Seawall, blueprint: Path, tmp_path: Path
) -> None:
    """A project that somebody else made would else have pages written anywhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "docs").symlink_to("elsewhere")
    for flags in ((), ("--check",)):
        ended = called("docs", *flags)
        assert (ended.status, "symbolic link" in ended.err) == (2, True)
    assert tree(tmp_path / "elsewhere") == {}
    assert called("docs", "--output", "docs").status == 0
    assert set(tree(tmp_path / "elsewhere")) == PAGES


def test_where_a_link_leads_is_never_written(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    """Also with --force: the link itself is replaced."""
    (tmp_path / "precious").write_text(f"{reference.MARK}\nprecious\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "tools.md").symlink_to(tmp_path / "precious")
    assert called("docs").status == 2
    assert called("docs", "--force").status == 0
    assert (tmp_path / "precious").read_text() == f"{reference.MARK}\nprecious\n"
    assert not (tmp_path / "docs" / "tools.md").is_symlink()


def test_a_page_that_there_is_no_longer_is_removed(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    called("docs")
    (tmp_path / "docs" / "resources.md").write_text(f"{reference.MARK}\nold\n")
    assert called("docs", "--check").status == 1
    assert "removed" in called("docs").out
    assert not (tmp_path / "docs" / "resources.md").exists()


def test_a_fifo_in_the_way_does_not_hang_it(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    os.mkfifo(tmp_path / "docs" / "tools.md")
    os.mkfifo(tmp_path / "docs" / "other.md")
    assert called("docs").status in {1, 2}
    assert stat.S_ISFIFO((tmp_path / "docs" / "tools.md").lstat().st_mode)


def test_a_directory_that_cannot_be_written_is_told(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = called("docs", "--output", tmp_path / "file" / "docs")
    assert (ended.status, "cannot be written" in ended.err) == (1, True)


def test_html_is_one_file(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    assert called("docs", "--format", "html", "-o", tmp_path / "site").status == 0
    assert list(tree(tmp_path / "site")) == ["index.html"]
    assert called("docs", "--format", "html", "-o", tmp_path / "site", "--check").status == 0


def test_both_forms_can_stand_in_one_directory(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    assert called("docs").status == called("docs", "--format", "html").status == 0
    assert {path.name for path in (tmp_path / "docs").iterdir()} == {*PAGES, "index.html"}
    assert called("docs", "--check").status == called("docs", "--check", "--format", "html").status == 0


def test_a_profile_is_documented_as_it_is_served(called: Seawall, blueprint: Path, tmp_path: Path) -> None:
    blueprint.write_text(f"{blueprint.read_text()}\n[profile.prod.limits]\nworkers = 3\n")
    assert called("docs", "--profile", "prod").status == 0
    settings = (tmp_path / "docs" / "settings.md").read_text()
    assert "| `workers` | `3` | `16` | profile prod |" in settings
    assert "--profile prod" in (tmp_path / "docs" / "running.md").read_text()


def test_the_json_says_what_happened(called: Seawall, blueprint: Path) -> None:
    told = json.loads(called("docs", "--json").out)
    assert (told["ok"], told["files"], {each["change"] for each in told["changes"]}) == (True, 6, {"made"})
    assert json.loads(called("docs", "--check", "--json").out)["changes"] == []


def test_a_faulty_blueprint_is_told_and_nothing_is_written(
    called: Seawall, blueprint: Path, tmp_path: Path
) -> None:
    blueprint.write_text("[server]\n")
    assert called("docs").status == 2
    assert not (tmp_path / "docs").exists()


def test_check_and_force_contradict_each_other(called: Seawall, blueprint: Path) -> None:
    assert called("docs", "--check", "--force").status == 2

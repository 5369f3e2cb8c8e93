"""What an upgrade does to projects that an earlier Seawall made and that their owners edited.

`older/` holds the managed files as an earlier version made them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from seawall.errors import BlueprintError, SeawallError, StartError, UsageError
from seawall.scaffold.existing import Existing
from seawall.scaffold.manifest import MANIFEST_NAME, ManagedFile, Manifest, digest, dump, load
from seawall.scaffold.request import ToolsetRequest
from seawall.scaffold.upgrade import Fate, FileUpgrade, Upgrade, plan_upgrade
from support.projects import EVERY_KIND, contents, make_project, maker

OLDER = Path(__file__).parent / "older"

PROJECTS: dict[str, tuple[ToolsetRequest, ...]] = {
    "files": (ToolsetRequest("filesystem", "./workspace"),),
    "functions": (ToolsetRequest("python"),),
    "both": EVERY_KIND,
}
EDITS = {
    "server.py": ("\n\n", '\n\n# ours\nmcp.instructions = "Be brief."\n'),
    "Dockerfile": ("FROM python", "# the company's mirror\nFROM registry.corp.example/python"),
    "compose.yaml": ("8000:8000", "9000:8000"),
    "pyproject.toml": ("dependencies = [", 'dependencies = ["pandas>=3", '),
    "README.md": ("# harbour", "# The harbour of Dover"),
}


@pytest.fixture(params=PROJECTS)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project as an earlier version made it."""
    project = make_project(tmp_path / "harbour", *PROJECTS[request.param])
    files = {}
    for path in sorted(OLDER.rglob("*.txt")):
        name = str(path.relative_to(OLDER)).removesuffix(".txt")
        text = path.read_text()
        (project / name).write_text(text)
        files[name] = ManagedFile(digest(text))
    (project / MANIFEST_NAME).write_text(dump(Manifest("0.0.9", 0, (), files)))
    return project


def edit(project: Path) -> dict[str, bytes]:
    """Five ordinary edits."""
    for name, (old, new) in EDITS.items():
        text = (project / name).read_text()
        assert old in text, name
        (project / name).write_text(text.replace(old, new, 1))
    return {name: (project / name).read_bytes() for name in EDITS}


def upgrade(project: Path) -> tuple[str, ...]:
    """What waits after an upgrade."""
    existing = Existing(project, maker())
    planned = existing.upgraded()
    existing.apply(planned)
    return tuple(each.path for each in planned.waiting)


def test_no_edit_is_lost_and_nothing_is_merged(older: Path) -> None:
    edited = edit(older)
    assert upgrade(older) == ("server.py", "Dockerfile", "compose.yaml")
    after = contents(older)
    assert {name: after[name] for name in EDITS} == edited
    for content in after.values():
        assert not any(mark in content for mark in (b"<<<<<<<", b">>>>>>>", b"|||||||"))
    made = maker().managed((older / "seawall.toml").read_text(), ())
    for name, text in made.items():
        place = f"{name}.seawall-new" if name in EDITS else name
        assert after[place] == text.encode(), place


def test_it_waits_until_somebody_removes_the_side_file(older: Path) -> None:
    edited = edit(older)
    waiting = upgrade(older)
    assert upgrade(older) == waiting
    for name in waiting:
        (older / f"{name}.seawall-new").unlink()
    assert upgrade(older) == ()
    assert {name: (older / name).read_bytes() for name in EDITS} == edited
    assert not list(older.rglob("*.seawall-new"))


def test_what_was_settled_waits_again_only_for_something_new(older: Path) -> None:
    edit(older)
    for name in upgrade(older):
        (older / f"{name}.seawall-new").unlink()
    upgrade(older)
    with (older / "seawall.toml").open("a") as file:
        file.write('\n[deploy]\nmemory = "1GiB"\n')
    assert upgrade(older) == ("compose.yaml",)
    assert b"mem_limit: 1024m" in (older / "compose.yaml.seawall-new").read_bytes()


def test_a_side_file_at_which_somebody_works_is_left_alone(older: Path) -> None:
    edit(older)
    upgrade(older)
    side = older / "compose.yaml.seawall-new"
    side.write_text("half merged\n")
    with (older / "seawall.toml").open("a") as file:
        file.write('\n[deploy]\nmemory = "1GiB"\n')
    assert "compose.yaml" in upgrade(older)
    assert side.read_text() == "half merged\n"


def test_untouched_files_become_those_of_today(older: Path) -> None:
    assert upgrade(older) == ()
    text = (older / "seawall.toml").read_text()
    for name, made in maker().managed(text, ()).items():
        assert (older / name).read_text() == made
    assert load((older / MANIFEST_NAME).read_text()).seawall == "0.1.0"
    before = contents(older)
    assert upgrade(older) == ()
    assert contents(older) == before


def test_a_removed_file_stays_away(older: Path) -> None:
    (older / "compose.yaml").unlink()
    upgrade(older)
    upgrade(older)
    assert not (older / "compose.yaml").exists()


def test_line_ends_of_another_system_are_no_edit(older: Path) -> None:
    dockerfile = older / "Dockerfile"
    dockerfile.write_bytes(dockerfile.read_bytes().replace(b"\n", b"\r\n"))
    assert upgrade(older) == ()
    assert b"STOPSIGNAL" in dockerfile.read_bytes()


def test_permissions_survive(older: Path) -> None:
    (older / "server.py").chmod(0o750)
    upgrade(older)
    assert (older / "server.py").stat().st_mode & 0o777 == 0o750


def test_a_file_that_is_no_longer_made_becomes_the_users_own() -> None:
    manifest = Manifest("0.0.9", 0, (), {"old.cfg": ManagedFile(digest("x"))})
    planned = plan_upgrade(manifest, {}, lambda _path: None, new=replace(manifest, seawall="0.1.0"))
    assert [(each.path, each.fate) for each in planned.files] == [("old.cfg", Fate.RETIRED)]
    assert list(planned.changes) == [MANIFEST_NAME]


def test_a_file_of_a_new_version_never_lands_on_one_of_the_users(older: Path) -> None:
    data = json.loads((older / MANIFEST_NAME).read_text())
    del data["files"]["Dockerfile"]
    (older / MANIFEST_NAME).write_text(json.dumps(data))
    (older / "Dockerfile").write_text("FROM scratch\n")
    assert upgrade(older) == ("Dockerfile",)
    assert (older / "Dockerfile").read_text() == "FROM scratch\n"


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"format": 1, "seawall": "1", "templates": 0, "extras": [], "files": {"../x": {"sha256": ""}}}',
        '{"format": 1, "seawall": "1", "templates": 0, "extras": [], "files": {"/etc/x": {"sha256": ""}}}',
        '{"format": 1, "seawall": "1", "templates": 0, "extras": ["x"], "files": {}}',
        '{"format": 1, "seawall": "9", "templates": 999, "extras": [], "files": {}}',
        '{"format": 2}',
        '{"format": 1, "seawall": "1", "templates": 1e999, "extras": [], "files": {}}',
    ],
)
def test_a_manifest_that_is_none_changes_nothing(tmp_path: Path, manifest: str) -> None:
    project = make_project(tmp_path / "harbour")
    (project / MANIFEST_NAME).write_text(manifest)
    before = contents(project)
    with pytest.raises(SeawallError) as told:
        Existing(project, maker()).upgraded()
    assert isinstance(told.value, StartError | UsageError)
    assert contents(project) == before


def test_without_a_project_it_says_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "seawall.toml").write_text('[server]\nname = "x"\n')
    with pytest.raises(UsageError, match="seawall new"):
        Existing(tmp_path, maker()).upgraded()


def test_a_link_among_the_managed_files_is_not_followed(tmp_path: Path) -> None:
    project = make_project(tmp_path / "harbour")
    outside = tmp_path / "outside"
    (project / "Dockerfile").rename(outside)
    (project / "Dockerfile").symlink_to(outside)
    before = outside.read_bytes()
    with pytest.raises(UsageError, match="symbolic link"):
        Existing(project, maker()).upgraded()
    assert outside.read_bytes() == before


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.seawall-new"])
def test_a_directory_in_the_place_of_a_file_is_named(older: Path, name: str) -> None:
    (older / "Dockerfile").write_text("FROM scratch\n")
    (older / name).unlink(missing_ok=True)
    (older / name).mkdir()
    with pytest.raises(UsageError, match=f"{name} in .* is no regular file"):
        Existing(older, maker()).upgraded()


# --- a blueprint of an older format


def drafted(project: Path, *, known: bool) -> str:
    """Give the project a blueprint of the drafts; `known` says whether Seawall wrote it. Gives what it is to become."""
    blueprint, manifest = project / "seawall.toml", project / MANIFEST_NAME
    today = blueprint.read_text().replace("[server]", "format = 1  # ours\n\n[server]", 1)
    text = today.replace("format = 1", "format = 0").replace("roots =", "root =")
    assert text != today
    blueprint.write_text(text)
    found = load(manifest.read_text())
    files = {path: each for path, each in found.files.items() if path != "seawall.toml"}
    if known:
        files["seawall.toml"] = ManagedFile(digest(text))
    manifest.write_text(dump(replace(found, files=files)))
    return today


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "harbour", *PROJECTS["files"])


def test_a_blueprint_that_nobody_touched_is_written_in_the_format_of_today(project: Path) -> None:
    today = drafted(project, known=True)
    planned = Existing(project, maker()).upgraded()
    assert planned.notes == (
        "seawall.toml has format 0; this is how it reads in format 1:",
        "`toolset[0].root` is `roots` now.",
    )
    assert {each.path for each in planned.stale} == {"seawall.toml"}
    assert upgrade(project) == ()
    assert (project / "seawall.toml").read_text() == today
    assert Existing(project, maker()).upgraded() == plan_upgrade_of_nothing(project)


def plan_upgrade_of_nothing(project: Path) -> object:
    """What is decided when everything is as it should be."""
    wanted = maker().managed((project / "seawall.toml").read_text(), ())
    return Upgrade(tuple(FileUpgrade(path, Fate.CURRENT) for path in wanted))


def test_one_that_somebody_edited_stays_and_the_new_text_waits_beside_it(project: Path) -> None:
    today = drafted(project, known=False)
    text, side = (project / "seawall.toml").read_text(), project / "seawall.toml.seawall-new"
    assert upgrade(project) == ("seawall.toml",)
    assert upgrade(project) == ("seawall.toml",)
    assert ((project / "seawall.toml").read_text(), side.read_text()) == (text, today)
    side.unlink()  # looked at, and left for later
    assert upgrade(project) == ()
    side.with_suffix("").write_text(today)
    assert upgrade(project) == ()
    assert Existing(project, maker()).upgraded().notes == ()


def test_one_without_a_project_gets_a_side_file_too(tmp_path: Path) -> None:
    (tmp_path / "seawall.toml").write_text('format = 0\n[server]\nname = "x"\ndescription = "y"\n')
    assert upgrade(tmp_path) == ("seawall.toml",)
    side = tmp_path / "seawall.toml.seawall-new"
    assert side.read_text() == 'format = 1\n[server]\nname = "x"\npurpose = "y"\n'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seawall.toml", side.name]


def test_nothing_is_added_to_one_before_it_is_upgraded(project: Path) -> None:
    drafted(project, known=True)
    before = contents(project)
    with pytest.raises(UsageError, match="has format 0"):
        Existing(project, maker()).with_toolset(ToolsetRequest("python"))
    assert contents(project) == before


def test_what_is_added_does_not_make_the_blueprint_somebody_elses(project: Path) -> None:
    existing = Existing(project, maker())
    existing.apply(existing.with_toolset(ToolsetRequest("python")).upgrade)
    recorded = load((project / MANIFEST_NAME).read_text()).files["seawall.toml"]
    assert recorded == ManagedFile(digest((project / "seawall.toml").read_text()))


def test_one_of_a_newer_seawall_stops_the_upgrade(project: Path) -> None:
    blueprint = project / "seawall.toml"
    blueprint.write_text(f"format = 99\n{blueprint.read_text()}")
    before = contents(project)
    with pytest.raises(BlueprintError) as caught:
        Existing(project, maker()).upgraded()
    assert "written by a newer Seawall" in caught.value.problems[0].message
    assert contents(project) == before

"""What can be added to a blueprint beside toolsets: any table, by a starter that is handed in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from seawall.errors import UsageError
from seawall.scaffold.existing import Addition, Existing
from seawall.scaffold.manifest import MANIFEST_NAME, load
from seawall.scaffold.parts import Part
from seawall.scaffold.request import ToolsetRequest
from seawall.toolsets.starter import Question, Setting, Start
from support.projects import contents, make_project, maker


@dataclass(frozen=True)
class Starting:
    """A starter of somebody's; the answer becomes the last setting's value."""

    settings: tuple[Setting, ...]
    summary: str = "something"
    question: Question | None = None

    def start(self, answer: str) -> Start:
        if answer == "nonsense":
            raise UsageError("that is nonsense.")
        settings = (*self.settings[:-1], replace(self.settings[-1], value=answer))
        return Start(settings, files={"notes/begin.md": "# Begin\n"}, notes=(f"It has {answer}.",))


PARTS = {
    "level": Part("log", repeated=False, starter=Starting((Setting("level", "", comment="what is told"),))),
    "folder": Part(
        "toolset",
        repeated=True,
        starter=Starting((Setting("kind", "filesystem"), Setting("name", "more"), Setting("roots", ""))),
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = make_project(tmp_path / "harbour", ToolsetRequest("filesystem", "./workspace"))
    blueprint = made / "seawall.toml"
    blueprint.write_text(f"{blueprint.read_text()}\n# ours\n[limits]\nworkers = 3  # few\n")
    return made


def add(project: Path, word: str, answer: str) -> Addition:
    existing = Existing(project, replace(maker(), parts=PARTS))
    addition = existing.with_part(word, answer)
    existing.apply(addition.upgrade)
    return addition


def test_a_table_is_added_with_its_files_and_every_comment_stays(project: Path) -> None:
    before = (project / "seawall.toml").read_text()
    addition = add(project, "level", "debug")
    text = (project / "seawall.toml").read_text()
    assert addition.section.split() == ["[log]", "level", "=", '"debug"', "#", "what", "is", "told"]
    assert addition.notes == ("It has debug.",)
    assert tomllib.loads(text) == {**tomllib.loads(before), "log": {"level": "debug"}}
    assert set(before.splitlines()) <= set(text.splitlines())
    assert (project / "notes" / "begin.md").exists()
    with pytest.raises(UsageError, match=r"has \[log\] already"):
        add(project, "level", "info")


def test_an_entry_is_added_behind_the_others_and_the_deploy_files_follow(project: Path) -> None:
    add(project, "folder", "./more")
    data = tomllib.loads((project / "seawall.toml").read_text())
    assert data["toolset"][-1] == {"kind": "filesystem", "name": "more", "roots": "./more"}
    assert "SEAWALL_TOOLSET__MORE__ROOTS" in (project / "Dockerfile").read_text()
    assert "Dockerfile" in load((project / MANIFEST_NAME).read_text()).files


@pytest.mark.parametrize(("word", "answer"), [("level", "nonsense"), ("prompt", "x"), ("folder", "a\x07b")])
def test_what_cannot_be_added_changes_nothing(project: Path, word: str, answer: str) -> None:
    before = contents(project)
    with pytest.raises(UsageError):
        add(project, word, answer)
    assert contents(project) == before


def test_what_there_is_to_add_is_told(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        add(project, "prompt", "x")
    assert caught.value.hint == "There are toolset, level, folder, kubernetes, systemd, ci, mcpb, registry."

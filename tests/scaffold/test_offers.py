"""What can be added to a blueprint beside toolsets: prompts, and things to read."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from seawall.errors import UsageError
from seawall.scaffold.existing import Addition, Existing
from seawall.scaffold.manifest import MANIFEST_NAME, load
from seawall.scaffold.request import ToolsetRequest
from support.projects import contents, make_project, maker


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = make_project(tmp_path / "harbour", ToolsetRequest("filesystem", "./workspace"))
    blueprint = made / "seawall.toml"
    blueprint.write_text(f"{blueprint.read_text()}\n# ours\n[limits]\nworkers = 3  # few\n")
    return made


def add(project: Path, word: str, answer: str) -> Addition:
    existing = Existing(project, maker())
    addition = existing.with_prompt(answer) if word == "prompt" else existing.with_resource(answer)
    existing.apply(addition.upgrade)
    return addition


def test_prompts_are_added_with_their_files_and_every_comment_stays(project: Path) -> None:
    """The table comes with the first; a second one is a file more, and one that is there stays as it is."""
    before = (project / "seawall.toml").read_text()
    addition = add(project, "prompt", "greet")
    text = (project / "seawall.toml").read_text()
    assert addition.section.split()[:4] == ["[prompts]", "directory", "=", '"prompts"']
    assert tomllib.loads(text) == {**tomllib.loads(before), "prompts": {"directory": "prompts"}}
    assert set(before.splitlines()) <= set(text.splitlines())
    second = add(project, "prompt", "part")
    assert (second.section, (project / "seawall.toml").read_text()) == ("", text)
    (project / "prompts" / "part.md").write_text("mine")
    assert "prompts/part.md is there already and stays as it is." in add(project, "prompt", "part").notes
    assert sorted(each.name for each in (project / "prompts").iterdir()) == ["greet.md", "part.md"]
    assert (project / "prompts" / "part.md").read_text() == "mine"


def test_resources_are_added_behind_the_others_and_the_deploy_files_follow(project: Path) -> None:
    add(project, "resource", "handbook")
    add(project, "resource", "https://status.example/now")
    data = tomllib.loads((project / "seawall.toml").read_text())
    assert [each["uri"] for each in data["resource"]] == ["handbook://{page*}", "web://status-example"]
    assert (project / "handbook" / "start.md").exists()
    assert "handbook" in (project / "Dockerfile").read_text()
    assert "Dockerfile" in load((project / MANIFEST_NAME).read_text()).files
    with pytest.raises(UsageError, match=r"there is a resource handbook://\{page\*\} already"):
        add(project, "resource", "handbook")


@pytest.mark.parametrize(
    ("word", "answer"), [("prompt", "../x"), ("prompt", "a b"), ("resource", "a\x07b"), ("resource", "")]
)
def test_what_cannot_be_added_changes_nothing(project: Path, word: str, answer: str) -> None:
    before = contents(project)
    with pytest.raises(UsageError):
        add(project, word, answer)
    assert contents(project) == before


def test_what_there_is_to_add_is_told(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Existing(project, maker()).with_extra("tool")
    assert (
        caught.value.hint == "There are toolset, prompt, resource, kubernetes, systemd, ci, mcpb, registry."
    )

"""What can be added to a blueprint beside toolsets: prompts, and things to read."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from seawall.errors import BlueprintError, UsageError
from seawall.scaffold.existing import Addition, Existing
from seawall.scaffold.manifest import MANIFEST_NAME, load
from seawall.scaffold.request import OfferRequest, ProjectRequest, ToolsetRequest
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


_NOT_OFFERED = {
    "a directory outside": ("../outside", "lies outside of the project"),
    "an absolute path": ("/etc", "lies outside of the project"),
    "a home": ("~/pages", "lies outside of the project"),
    "a file that cannot be begun": ("chart.pdf", "is not there"),
    "the blueprint": ("seawall.toml", "belongs to the project itself"),
    "a file of ours": ("Dockerfile", "belongs to the project itself"),
    "its tests": ("tests", "belongs to the project itself"),
    "its secrets": ("secrets/keys", "belongs to the project itself"),
    "its variables": (".env", "belongs to the project itself"),
    "our own directory": (".seawall", "belongs to the project itself"),
    "what a toolset works on": ("workspace", "a toolset works on"),
    "a part of that": ("workspace/a.md", "a toolset works on"),
    "a file taken for a directory": ("LICENSE", "LICENSE is a file"),
    "a directory taken for a file": ("v1.2", "v1.2 is no file"),
    "a link": ("link", "is no file or directory"),
    "what is behind a link": ("link/a.md", "is no directory of the project"),
    "a pipe": ("pipe", "is no file or directory"),
    "a name that no Dockerfile has": ("a b", "allowed: a path of letters"),
    "syntax of templates": ("{{ 7 * 7 }}", "allowed: a path of letters"),
    "a variable": ("${HOME}", "allowed: a path of letters"),
    "a module of Python": ("os:getcwd", "which a file of that name would hide"),
    "a package of ours": ("seawall.cli:main", "which a file of that name would hide"),
    "the server itself": ("server:mcp", "which a file of that name would hide"),
    "a function that is not there": ("berths:missing", "has no missing"),
    "a page without TLS": ("http://status.example/x", "allowed: an https URL"),
    "a page with a password": ("https://a:b@status.example/x", "without user name"),
    "a page on no port": ("https://status.example:99999/x", "is no address of a page"),
    "a page of another protocol": ("ftp://status.example/x", "is no address of a page"),
    "the wrong brackets": ("https://[::1/x", "is no address of a page"),
}


@pytest.mark.parametrize("what", sorted(_NOT_OFFERED))
def test_what_is_not_for_readers_or_not_there_is_refused_with_its_reason(project: Path, what: str) -> None:
    """And nothing is written. What is behind a link is not looked at."""
    (project / "LICENSE").write_text("mine")
    (project / "berths.py").write_text("def berth() -> str:\n    return 'free'\n")
    (project / "v1.2").mkdir()
    (project.parent / "outside").mkdir()
    (project / "link").symlink_to(project.parent / "outside")
    os.mkfifo(project / "pipe")
    answer, words = _NOT_OFFERED[what]
    before = contents(project)
    with pytest.raises((UsageError, BlueprintError)) as caught:
        add(project, "resource", answer)
    said = getattr(caught.value, "problems", ())
    assert words in " ".join([str(caught.value), *(each.message for each in said)])
    assert contents(project) == before


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        ("notes.txt", {"notes.txt"}),
        ("deep/down/notes.md", {"deep/down/notes.md"}),
        ("pages/", {"pages/start.md"}),
        ("data:report", {"data.py"}),
        ("harbour.data:report", {"harbour/data.py"}),
        ("berths:berth", set()),
        ("handbook", set()),
        ("handbook/a.md", set()),
        ("https://[2001:db8::7]:8443/x", set()),
    ],
)
def test_what_is_missing_is_begun_and_what_is_there_is_taken_as_it_is(
    project: Path, answer: str, made: set[str]
) -> None:
    (project / "berths.py").write_text("import typing\n\n\nasync def berth() -> str:\n    return 'free'\n")
    (project / "handbook").mkdir()
    (project / "handbook" / "a.md").write_text("mine")
    before = contents(project)
    add(project, "resource", answer)
    assert contents(project).keys() - before.keys() == made
    assert (project / "handbook" / "a.md").read_text() == "mine"
    if "[" in answer:
        assert (
            "2001:db8::7"
            in maker().managed((project / "seawall.toml").read_text(), ("kubernetes",))[
                "kubernetes/base/networkpolicy.yaml"
            ]
        )


@pytest.mark.parametrize(
    "answer", ["/etc", "chart.pdf", "tests", "workspace", "secrets", "os:getcwd", "README.md"]
)
def test_a_new_project_is_as_strict(tmp_path: Path, answer: str) -> None:
    request = ProjectRequest(
        "harbour",
        toolsets=(ToolsetRequest("filesystem", "./workspace"),),
        offers=(OfferRequest("resource", answer),),
    )
    with pytest.raises(UsageError):
        maker().new(request)


def test_what_there_is_to_add_is_told(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Existing(project, maker()).with_extra("tool")
    assert (
        caught.value.hint == "There are toolset, prompt, resource, kubernetes, systemd, ci, mcpb, registry."
    )

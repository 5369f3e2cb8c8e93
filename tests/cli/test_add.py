"""`seawall add`, `seawall upgrade` and what `seawall check` says of files that no longer match the blueprint."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from cli.processes import Seawall
from seawall.scaffold.plan import EXTRAS
from seawall.scaffold.request import ToolsetRequest
from support.projects import contents, make_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "harbour", ToolsetRequest("filesystem", "./workspace"))


def test_a_toolset_is_added_and_the_container_follows(called: Seawall, project: Path) -> None:
    blueprint = project / "seawall.toml"
    blueprint.write_text(blueprint.read_text() + "\n# why so little\n[deploy]\nmemory = '256MiB'\n")
    before = blueprint.read_text()
    ended = called("add", "toolset", "filesystem", "./docs", "--name", "docs", "--project", project)
    assert ended.status == 0, ended.err
    after = blueprint.read_text()
    assert all(line in after for line in before.splitlines())
    data = tomllib.loads(after)
    assert data["toolset"][1] == {"kind": "filesystem", "name": "docs", "prefix": "docs_", "roots": "./docs"}
    assert after.index('name = "docs"') < after.index("# why so little")
    assert (project / "docs" / "welcome.txt").is_file()
    compose = (project / "compose.yaml").read_text()
    assert "./docs" in compose
    assert "mem_limit: 256m" in compose
    assert called("check", blueprint, "--strict").status == 0


def test_it_is_told_what_would_be_added(called: Seawall, project: Path) -> None:
    before = contents(project)
    ended = called("add", "toolset", "python", "--dry-run", "--project", project)
    assert (ended.status, 'kind = "python"' in ended.out) == (0, True)
    assert contents(project) == before


def test_code_that_is_there_stays(called: Seawall, project: Path) -> None:
    (project / "tools.py").write_text("# mine\n")
    ended = called("add", "toolset", "python", "--project", project)
    assert (ended.status, "stays as it is" in ended.out) == (0, True)
    assert (project / "tools.py").read_text() == "# mine\n"


def test_a_byte_order_mark_stays_where_it_is(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "seawall.toml").write_bytes(b'\xef\xbb\xbf[server]\r\nname = "x"\r\n')
    ended = called("add", "toolset", "python")
    assert ended.status == 0, ended.err
    text = (tmp_path / "seawall.toml").read_bytes()
    assert text.startswith(b'\xef\xbb\xbf[server]\r\nname = "x"\r\n')
    assert text.count(b"\xef\xbb\xbf") == 1
    assert called("check").status == 0


def test_a_blueprint_without_a_project_can_grow_too(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "seawall.toml").write_text('[server]\nname = "x"  # mine\n')
    assert called("add", "toolset", "python").status == 0
    assert set(contents(tmp_path)) == {"seawall.toml", "tools.py"}
    assert '"x"  # mine' in (tmp_path / "seawall.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tool",), "There are toolset, prompt, resource, "),
        (("prompt",), "`seawall add prompt NAME`"),
        (("prompt", "a b"), "is no name of a prompt"),
        (("prompt", "../x"), "is no name of a prompt"),
        (("prompt", "x.md"), "would be a file of two endings"),
        (("resource",), "`seawall add resource DIRECTORY|FILE|URL|MODULE:FUNCTION`"),
        (("resource", "/"), "is nothing to read"),
        (("resource", "handbook", "twice"), "`seawall add resource DIRECTORY"),
        (("toolset",), "needs a kind"),
        (("toolset", "filesytem"), "filesytem"),
        (("toolset", "python", "x"), "takes no value"),
        (("toolset", "filesystem", "x", "--name", "filesystem"), "already"),
        (("toolset", "filesystem", "x", "--name", "A B"), "A B"),
        (("toolset", "filesystem", "x\x07"), "--filesystem"),
        (("ci", "--write"), "without anything else"),
    ],
)
def test_what_cannot_be_added_is_told(
    called: Seawall, project: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = contents(project)
    ended = called("add", *arguments, "--project", project)
    assert ended.status == 2
    assert words in ended.err
    assert contents(project) == before


@pytest.mark.parametrize("name", EXTRAS)
def test_a_place_to_run_is_added_by_name_now_or_at_the_beginning(
    called: Seawall, project: Path, tmp_path: Path, name: str
) -> None:
    before = set(contents(project))
    assert called("add", name, "--project", project).status == 0
    added = set(contents(project)) - before
    assert added
    assert called("add", name, "--project", project).status == 2
    began = make_project(tmp_path / "began", ToolsetRequest("filesystem", "./workspace"), extras=(name,))
    assert set(contents(began)) - before == added
    assert called("upgrade", project).out == "Everything is up to date.\n"


def test_check_warns_when_files_no_longer_match(called: Seawall, project: Path) -> None:
    blueprint = project / "seawall.toml"
    assert called("check", blueprint, "--strict").status == 0
    with blueprint.open("a") as file:
        file.write('\n[deploy]\nmemory = "1GiB"\n')
    ended = called("check", blueprint, "--strict", "--json")
    assert ended.status == 1
    findings = json.loads(ended.out)["findings"]
    assert [(each["code"], each["subject"]) for each in findings] == [("stale_files", "compose.yaml")]
    assert called("upgrade", project).status == 0
    assert called("check", blueprint, "--strict").status == 0


def test_what_the_environment_says_changes_no_file(called: Seawall, project: Path) -> None:
    ended = called("upgrade", project, "--dry-run", SEAWALL_HTTP__PORT="9000", SEAWALL_PROFILE="prod")
    assert ended.out == "Everything is up to date.\n"


def test_an_edited_file_waits_with_a_diff(called: Seawall, project: Path) -> None:
    compose = project / "compose.yaml"
    compose.write_text(compose.read_text().replace("pids_limit: 128", "pids_limit: 64"))
    with (project / "seawall.toml").open("a") as file:
        file.write('\n[deploy]\nmemory = "1GiB"\n')
    dry = called("upgrade", project, "--dry-run")
    assert (dry.status, "+  mem_limit: 1024m" in dry.out) == (1, True)
    assert not (project / "compose.yaml.seawall-new").exists()
    ended = called("upgrade", project)
    assert ended.status == 1
    assert "+  mem_limit: 1024m" in ended.out
    assert "-  pids_limit: 64" in ended.out
    told = json.loads(called("upgrade", project, "--json").out)
    assert told["ok"] is False
    assert {each["path"] for each in told["files"] if each["state"] == "waiting"} == {"compose.yaml"}

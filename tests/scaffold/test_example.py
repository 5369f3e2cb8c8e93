"""Examples are what `seawall new` makes of their blueprints, to the last byte, but for what somebody edited on purpose."""

from __future__ import annotations

import shutil
from pathlib import Path

from documents.markdown import ROOT
from support.projects import contents
from support.servers import run

EXAMPLE = ROOT / "examples" / "filesystem-mcp"
COMMANDS = ROOT / "examples" / "commands"


def test_the_example_is_a_new_project(tmp_path: Path) -> None:
    """`make examples` makes it anew after a change of a template."""
    ended = run("new", tmp_path / "filesystem-mcp", "--from", EXAMPLE / "seawall.toml")
    assert ended.returncode == 0, ended.stderr

    made, kept = contents(tmp_path / "filesystem-mcp"), contents(EXAMPLE)
    assert [name for name in made if kept.get(name) != made[name]] == []


EDITED = {"README.md", "pyproject.toml"}
"""What is different in examples/commands, as in a project that somebody owns."""


def test_the_example_of_commands_is_a_new_project_that_was_edited(tmp_path: Path) -> None:
    ended = run("new", tmp_path / "commands", "--from", COMMANDS / "seawall.toml")
    assert ended.returncode == 0, ended.stderr
    made, kept = contents(tmp_path / "commands"), contents(COMMANDS)
    assert {name for name in made if kept.get(name) != made[name]} == EDITED
    assert made.keys() == kept.keys()


def test_an_upgrade_of_the_example_of_commands_has_nothing_to_do(tmp_path: Path) -> None:
    shutil.copytree(COMMANDS, tmp_path / "commands")
    ended = run("upgrade", tmp_path / "commands")
    assert ended.returncode == 0, ended.stderr
    assert contents(tmp_path / "commands") == contents(COMMANDS)

"""The pytest plugin, as a project uses it: in a project of its own, by a pytest of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.whole

_BLUEPRINT = """\
[server]
name = "harbour"

[[toolset]]
kind = "filesystem"
roots = "./workspace"
access = "write"

[[toolset]]
kind = "python"
module = "harbour_tools"
"""
_TOOLS = '''\
from typing import Annotated

from pydantic import Field

import seawall


@seawall.operation(read_only=True)
def berth(number: Annotated[int, Field(ge=1, le=9, description="Which one, from 1.")]) -> str:
    """Tells what lies at a berth."""
    return ["barge", "ferry", "tug"][number % 3]
'''
_TESTS = """\
from seawall.testing import ServerClient, ServerContract


class TestServer(ServerContract):
    blueprint = "seawall.toml"
    calls_writing_tools = True


def test_the_ferry_lies_at_berth_one(client: ServerClient) -> None:
    assert client.call("berth", number=1).text == "ferry"
    assert client.call("berth", number=10).code == "invalid_arguments"
    assert client.call("read_file", path="note.txt").text.startswith("hello")
    assert client.call("read_file", path="../seawall.toml").code == "path_escapes"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "note.txt").write_text("hello\n")
    (tmp_path / "seawall.toml").write_text(_BLUEPRINT)
    (tmp_path / "harbour_tools.py").write_text(_TOOLS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_server.py").write_text(_TESTS)
    return tmp_path


def run_tests(project: Path, *more: str) -> tuple[int, str]:
    """The exit code and output of pytest in the project."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *more],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_a_sound_project_passes_and_its_files_stay_as_they_are(project: Path) -> None:
    """Recording first; tools that write were called too, but on a copy."""
    code, said = run_tests(project, "--seawall-update")
    assert (code, "16 passed" in said) == (0, True), said
    recorded = json.loads((project / "tests" / "surface.json").read_text())
    assert list(recorded) == ["berth", "list_directory", "read_file", "search_files", "write_file"]
    assert recorded["berth"]["inputSchema"]["properties"]["number"]["maximum"] == 9
    assert [item.name for item in (project / "workspace").iterdir()] == ["note.txt"]


def test_a_workspace_may_hold_anything_and_be_called_anything(project: Path) -> None:
    """A pipe has no copy, and `build` is no leftover when the server works there."""
    (project / "workspace").rename(project / "build")
    (project / "seawall.toml").write_text(_BLUEPRINT.replace("./workspace", "./build"))
    os.mkfifo(project / "build" / "pipe")
    (project / "build" / "nowhere").symlink_to("missing")
    (project / "my environment").mkdir()
    (project / "my environment" / "pyvenv.cfg").touch()
    code, said = run_tests(project, "--seawall-update")
    assert (code, "16 passed" in said) == (0, True), said


def test_calls_of_tests_are_not_recorded_and_need_no_key(project: Path, tmp_path: Path) -> None:
    """Not even where the blueprint names a place beside the project, as production has it."""
    place = tmp_path / "records.jsonl"
    (project / "seawall.toml").write_text(
        f'{_BLUEPRINT}\n[audit]\nfile = "{place}"\nkey = "env:NOT_SET_HERE"\n'
    )
    code, said = run_tests(project, "-k", "ferry")
    assert (code, place.exists()) == (0, False), said


def test_a_missing_record_says_what_to_do(project: Path) -> None:
    code, said = run_tests(project, "-k", "recorded")
    assert code == 1
    assert "tests/surface.json is not there. Run `pytest --seawall-update`" in said
    assert "Traceback" not in said


def test_a_changed_tool_and_a_fault_inside_are_told_readably(project: Path) -> None:
    """A changed limit is one line of a difference; a tool that breaks is named with its arguments."""
    assert run_tests(project, "--seawall-update", "-k", "recorded")[0] == 0
    tools = project / "harbour_tools.py"
    tools.write_text(
        _TOOLS.replace("le=9", "le=12").replace("[number % 3]", "[number]").replace(', description="Which one, from 1."', "")
    )  # fmt: skip
    code, said = run_tests(project, "-k", "TestServer")
    assert code == 1
    assert '-          "maximum": 9,' in said
    assert '+          "maximum": 12,' in said
    assert "berth: its argument number has no description" in said
    assert "- berth({'number': " in said
    assert "internal_error" in said
    assert "6 failed, 8 passed" in said


def test_a_project_without_a_blueprint_says_so(project: Path) -> None:
    (project / "seawall.toml").unlink()
    code, said = run_tests(project)
    assert code == 1
    assert "there is no blueprint seawall.toml in" in said

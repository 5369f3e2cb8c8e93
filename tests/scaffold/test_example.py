"""examples/filesystem-mcp is what `seawall new` makes of its blueprint, to the last byte."""

from __future__ import annotations

from pathlib import Path

from documents.markdown import ROOT
from support.projects import contents
from support.servers import run

EXAMPLE = ROOT / "examples" / "filesystem-mcp"


def test_the_example_is_a_new_project(tmp_path: Path) -> None:
    """`make examples` makes it anew after a change of a template."""
    ended = run("new", tmp_path / "filesystem-mcp", "--from", EXAMPLE / "seawall.toml")
    assert ended.returncode == 0, ended.stderr

    made, kept = contents(tmp_path / "filesystem-mcp"), contents(EXAMPLE)
    assert [name for name in made if kept.get(name) != made[name]] == []

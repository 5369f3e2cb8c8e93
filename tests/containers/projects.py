"""The projects whose images are tested."""

from __future__ import annotations

from pathlib import Path

from documents.markdown import ROOT
from seawall.scaffold.deploy import Deployment
from seawall.scaffold.project import deployment, describe, read_blueprint
from seawall.toolsets.registry import installed_kinds
from support.servers import run

__all__ = ["EXAMPLE", "NAMED", "example_deployment", "new", "several", "write"]

EXAMPLE = ROOT / "examples" / "filesystem-mcp"
_PURPOSE = "Lets an assistant read, write, list and search the files of one workspace."
NAMED = ("--name", "filesystem-mcp", "--purpose", _PURPOSE)
"""Named as the example, so that the layer with the packages is built once."""
_SEVERAL = f"""\
[server]
name = "filesystem-mcp"
version = "0.1.0"
purpose = "{_PURPOSE}"

[[toolset]]
kind = "filesystem"
roots = "./workspace"
access = "write"

[[toolset]]
kind = "python"
module = "burdens"
access = "write"

[http]
shutdown_grace = "20s"
"""
_BURDENS = '''\
"""What can go wrong inside of a server."""

import time

import seawall

_kept: list[bytes] = []


@seawall.operation(read_only=True)
def slow(seconds: float) -> str:
    """Take that long."""
    time.sleep(seconds)
    return f"done after {seconds} s"


@seawall.operation()
def grow(mebibytes: int) -> int:
    """Hold that much more memory."""
    _kept.append(b"x" * (mebibytes << 20))
    return len(_kept)
'''


def example_deployment() -> Deployment:
    """What examples/filesystem-mcp is made for, by its own blueprint."""
    kinds = installed_kinds()
    text = (EXAMPLE / "seawall.toml").read_text()
    loaded = read_blueprint(text, kinds=kinds, environment={}, directory=EXAMPLE, source="seawall.toml")
    return deployment(describe(loaded, kinds))


def new(project: Path, *flags: str | Path) -> Path:
    """A project that `seawall new` makes."""
    ended = run("new", project, *NAMED, *flags)
    assert ended.returncode == 0, ended.stderr
    return project


def several(folder: Path) -> Path:
    """A project with files and with functions of its own."""
    write(folder, {"seawall.toml": _SEVERAL, "burdens.py": _BURDENS, "workspace/notes.txt": "x"})
    ended = run("new", folder / "project", "--from", folder / "seawall.toml")
    assert ended.returncode == 0, ended.stderr
    return folder / "project"


def write(project: Path, files: dict[str, str]) -> None:
    """Write texts by their paths below the project."""
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

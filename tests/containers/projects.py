"""The projects whose images are tested."""

from __future__ import annotations

from pathlib import Path

from documents.markdown import ROOT
from seawall.scaffold.deploy import Deployment, Volume, container_files

__all__ = ["EXAMPLE", "EXAMPLE_DEPLOYMENT", "several", "write"]

EXAMPLE = ROOT / "examples" / "filesystem-mcp"
_WORKSPACE = Volume(name="workspace", source="./workspace", target="/workspace", writable=True)

EXAMPLE_DEPLOYMENT = Deployment(
    name="filesystem-mcp",
    version="0.1.0",
    title="Filesystem",
    purpose="Lets an assistant read, write, list and search the files of one workspace.",
    files=("seawall.toml", "server.py"),
    volumes=(_WORKSPACE,),
    settings={"SEAWALL_TOOLSET__FILESYSTEM__ROOTS": "/workspace"},
)
"""What examples/filesystem-mcp is made for."""

_SEVERAL = """\
[server]
name = "several"

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


def several(project: Path) -> Path:
    """A project with files and with functions of its own."""
    write(project, {"seawall.toml": _SEVERAL, "burdens.py": _BURDENS})
    # The very file of the example, so that the layer with the packages is built once.
    write(project, {"pyproject.toml": (EXAMPLE / "pyproject.toml").read_text()})
    deployment = Deployment(
        name="several",
        files=("seawall.toml", "burdens.py"),
        volumes=(_WORKSPACE,),
        settings={"SEAWALL_TOOLSET__FILESYSTEM__ROOTS": "/workspace"},
        shutdown_grace=20,
    )
    write(project, dict(container_files(deployment)))
    return project


def write(project: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

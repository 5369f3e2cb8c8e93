"""New projects for tests, planned as `seawall new` does and written without a process."""

from __future__ import annotations

from pathlib import Path

from seawall.scaffold.plan import Maker
from seawall.scaffold.request import ProjectRequest, ToolsetRequest
from seawall.scaffold.target import write
from seawall.toolsets.registry import installed_kinds

__all__ = ["EVERY_KIND", "contents", "make_project", "maker"]

EVERY_KIND = (ToolsetRequest("filesystem", "./workspace"), ToolsetRequest("python"))


def maker() -> Maker:
    return Maker(installed_kinds(), "0.1.0")


def make_project(
    directory: Path, *toolsets: ToolsetRequest, purpose: str = "", extras: tuple[str, ...] = ()
) -> Path:
    """A project with these toolsets, or one with every kind, at `directory`."""
    request = ProjectRequest("harbour", purpose=purpose, toolsets=toolsets or EVERY_KIND, extras=extras)
    write(directory, maker().new(request).files, force=False)
    return directory


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below the directory."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }

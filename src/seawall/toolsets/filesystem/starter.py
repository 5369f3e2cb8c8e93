"""How a new project begins with files: one directory, read-only."""

from __future__ import annotations

from pathlib import PurePosixPath

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import UsageError
from seawall.toolsets.rooted import root_folders
from seawall.toolsets.starter import Needs, Question, Setting, Start

__all__ = ["FilesystemStarter"]

_WELCOME = """\
This directory is the workspace: what lies here is what the assistant can reach, and nothing else is.
Put files here, or let `roots` in seawall.toml name a directory that you have.
"""


class FilesystemStarter:
    """Files of one directory."""

    @property
    def summary(self) -> str:
        """What it serves."""
        return "files of a directory"

    @property
    def question(self) -> Question:
        """The directory."""
        return Question("Which directory, relative to the project", "ROOT", "./workspace")

    def start(self, answer: str) -> Start:
        """One root, which a container replaces by its volume; a relative one is made, with a first file in it.

        Raises:
            UsageError: the answer is empty.
        """
        if not answer.strip():
            raise UsageError("--filesystem needs a directory.", hint="Such as `--filesystem workspace`.")
        path = PurePosixPath(answer)
        inside = not (path.is_absolute() or answer.startswith("~") or ".." in path.parts)
        made = inside and path.parts != ()
        return Start(
            settings=(
                Setting("roots", answer),
                Setting("deny", ("*.sql", "/private"), comment="more that nobody may touch", active=False),
            ),
            files={str(path / "welcome.txt"): _WELCOME} if made else {},
            notes=(
                f"{answer} is all that tools can reach; secret-bearing names in it are denied, links out of it refused.",
            ),
        )

    def needs(self, declaration: ToolsetDeclaration) -> Needs:
        """Its roots."""
        return Needs(folders=root_folders(declaration))

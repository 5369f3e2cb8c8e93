"""How a new project begins with functions: one module with one of them."""

from __future__ import annotations

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.toolsets.python.declaration import PythonDeclaration
from seawall.toolsets.rooted import root_folders
from seawall.toolsets.starter import Needs, Question, Setting, Start

__all__ = ["PythonStarter"]

_TOOLS = '''\
"""The tools of this server: each public function is one, with its types as the schema."""

import seawall


@seawall.operation(read_only=True)
def count_words(text: str) -> int:
    """Count the words of a text.

    Args:
        text: What to count in.
    """
    return len(text.split())
'''


class PythonStarter:
    """Functions of a module."""

    @property
    def summary(self) -> str:
        """What it serves."""
        return "your own Python functions"

    @property
    def question(self) -> Question | None:
        """Nothing: the module is written, and then changed."""
        return None

    def start(self, answer: str) -> Start:
        """The module `tools`, with a first function."""
        del answer  # nothing was asked
        return Start(
            settings=(Setting("module", "tools", comment="tools.py, beside this file"),),
            files={"tools.py": _TOOLS},
            notes=(
                'tools.py has a first function; one that changes something needs --write (access = "write").',
            ),
        )

    def needs(self, declaration: ToolsetDeclaration) -> Needs:
        """Its module, and its roots."""
        if not isinstance(declaration, PythonDeclaration):
            return Needs()
        top, inner, _ = declaration.module.partition(".")
        return Needs(folders=root_folders(declaration), sources=(top if inner else f"{top}.py",))

"""How a project begins with prompts: one file that shows what they can do."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from seawall.blueprint.prompts import PromptsSection
from seawall.errors import UsageError
from seawall.prompts.matter import NAME
from seawall.toolsets.starter import Needs, Question, Setting, Start

__all__ = ["DIRECTORY", "PromptsStarter", "first_text", "needs_of"]

DIRECTORY: Final = "prompts"
_FIRST: Final = "explain"

_TEXT: Final = """\
---
title: {title}
description: Explains a text for a reader. People choose it in their client.
arguments:
  text:
    description: What to explain.
    required: true
  reader:
    description: For whom.
    choices: [beginner, expert]
    default: beginner
---
{{% if reader == "beginner" %}}
Explain this to somebody who meets the subject for the first time. Use no term without saying what it means.
{{% else %}}
Explain this to an expert: what is new in it, and what does not follow.
{{% endif %}}

{{{{ text }}}}
"""


def first_text(name: str) -> str:
    """The text of a new prompt.

    Raises:
        UsageError: the name is none.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!a} is no name of a prompt.", hint="Use letters, digits, '.', '_' and '-', at most 64."
        )
    if name.lower().endswith(".md"):
        raise UsageError(f"{name!a} would be a file of two endings.", hint=f"Leave out {name[-3:]!a}.")
    words = name.replace("_", " ").replace("-", " ").strip()
    return _TEXT.format(title=words[:1].upper() + words[1:])


class PromptsStarter:
    """A directory of prompts."""

    @property
    def summary(self) -> str:
        """What it serves."""
        return "prompts: texts that people choose in their client"

    @property
    def question(self) -> Question | None:
        """Nothing: a first prompt is written, and then changed."""
        return None

    def start(self, answer: str) -> Start:
        """The directory, with a first prompt of that name."""
        name = answer or _FIRST
        return Start(
            settings=(Setting("directory", DIRECTORY, comment="each NAME.md is one prompt"),),
            files={f"{DIRECTORY}/{name}.md": first_text(name)},
            notes=(f"{DIRECTORY}/{name}.md is a first prompt; each further file is one more.",),
        )


def needs_of(section: PromptsSection) -> Needs:
    """What a deployment must give to the prompts: the directory, when it lies in the project."""
    if section.directory is None:
        return Needs()
    path = PurePosixPath(section.directory)
    if path.is_absolute() or section.directory.startswith("~") or ".." in path.parts or not path.parts:
        return Needs()
    return Needs(sources=(str(path),), words="your prompts; each file is one")

"""The environment of a program: what makes it safe and plain, and what the blueprint gives it; nothing is inherited."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Final

from seawall.security.secrets import resolve
from seawall.toolsets.command.declaration import CommandSection
from seawall.toolsets.command.programs import Known

__all__ = ["environment"]

_PLAIN: Final = {"LANG": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1", "PAGER": "cat", "GIT_PAGER": "cat"}
_REFERENCE: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:/.+|secret:[A-Za-z0-9][A-Za-z0-9._-]{0,252}")


def environment(section: CommandSection, known: Sequence[Known], path: Sequence[str]) -> Mapping[str, str]:
    """All variables that the program of a command gets. Reads secrets.

    Raises:
        StartError: a secret cannot be read.
    """
    made = {"PATH": ":".join(path), **_PLAIN}
    for each in known:
        made |= each.environment
    declared = section.environment
    if isinstance(declared, Mapping):
        made |= {name: _value(text) for name, text in declared.items()}
    else:
        made |= {name: os.environ[name] for name in declared if name in os.environ}
    return made


def _value(text: str) -> str:
    return resolve(text) if _REFERENCE.fullmatch(text) else text

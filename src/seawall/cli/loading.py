"""From what was chosen to a validated blueprint. Apart from `source.py`, which needs no pydantic."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from seawall.blueprint import LoadedBlueprint, ToolsetDeclaration, load, parse
from seawall.cli.source import BuiltIn, Flags
from seawall.errors import BlueprintError, Problem, StartError
from seawall.toolsets.interface import ToolsetKind

__all__ = ["declarations", "load_source"]

_WORKSPACE = """\
[server]
name = "workspace"
title = "Workspace"
purpose = "The files of one directory."

[[toolset]]
kind = "filesystem"
roots = "."
access = {access}
"""

_FIXED = re.compile(r"SEAWALL_TOOLSET__FILESYSTEM__(ROOTS|ACCESS)", re.IGNORECASE)
"""Settings of the built-in server that --root and --write decide, whatever the environment says."""


def declarations(kinds: Mapping[str, ToolsetKind]) -> Mapping[str, type[ToolsetDeclaration]]:
    """What the blueprint loader needs of each kind: the model of its section."""
    return {name: kind.declaration for name, kind in kinds.items()}


def load_source(
    source: Path | BuiltIn, *, kinds: Mapping[str, ToolsetKind], flags: Flags, environment: Mapping[str, str]
) -> LoadedBlueprint:
    """The validated blueprint of what was chosen, with the flags applied.

    Raises:
        BlueprintError: its problems; a flag's carry the flag's name.
        StartError: the blueprint or the root cannot be read.
    """
    models, merged = declarations(kinds), flags.environment(environment)
    try:
        if isinstance(source, Path):
            return load(source, kinds=models, environment=merged)
        # The root goes in as the directory, never as text: its name may hold quotes or `${…}`.
        return parse(
            _WORKSPACE.format(access=json.dumps("write" if source.writable else "read")),
            source="--root",
            directory=_existing(source.root),
            kinds=models,
            environment={name: value for name, value in merged.items() if not _FIXED.match(name)},
        )
    except BlueprintError as error:
        raise BlueprintError([_in_flags(problem, flags.names()) for problem in error.problems]) from error


def _existing(root: Path) -> Path:
    if not root.is_dir():
        reason = "is not a directory" if root.exists() else "does not exist"
        raise StartError(f"the root {root} {reason}.", hint="Give --root a directory that exists.")
    return Path(os.path.abspath(root))  # noqa: PTH100  lexical: the jail resolves it, and follows the link itself


def _in_flags(problem: Problem, names: Mapping[str, str]) -> Problem:
    """The problem in the words of the call, when its value came from a flag."""
    flag = names.get(problem.source)
    if flag is None:
        return problem
    message = problem.message.replace(problem.source, flag)
    return dataclasses.replace(problem, source=flag, message=message)

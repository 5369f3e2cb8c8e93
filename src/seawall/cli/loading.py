"""From what was chosen to a validated blueprint. Apart from `source.py`, which needs no pydantic."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from seawall.blueprint import Invocation, LoadedBlueprint, load, parse
from seawall.cli.source import BuiltIn, Flags
from seawall.errors import StartError
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.registry import declarations

__all__ = ["load_source"]

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

_FIXED = re.compile(r"SEAWALL_(PROFILE|TOOLSET__FILESYSTEM__(ROOTS|ACCESS)(__.*)?)", re.IGNORECASE)
"""What --root and --write decide for the built-in server, whatever the environment says; it has no profiles."""


def load_source(
    source: Path | BuiltIn, *, kinds: Mapping[str, ToolsetKind], flags: Flags, environment: Mapping[str, str]
) -> LoadedBlueprint:
    """The validated blueprint of what was chosen, with the flags applied.

    Raises:
        BlueprintError: its problems; a flag's carry the flag's name.
        StartError: the blueprint or the root cannot be read.
    """
    models = declarations(kinds)
    invocation = Invocation(profile=flags.profile, chosen_by=flags.chosen_by, flags=flags.settings())
    if isinstance(source, Path):
        return load(source, kinds=models, environment=environment, invocation=invocation)
    # The root goes in as the directory, never as text: its name may hold quotes or `${…}`.
    return parse(
        _WORKSPACE.format(access=json.dumps("write" if source.writable else "read")),
        source="--root",
        directory=_existing(source.root),
        kinds=models,
        environment={name: value for name, value in environment.items() if not _FIXED.fullmatch(name)},
        invocation=invocation,
    )


def _existing(root: Path) -> Path:
    if not root.is_dir():
        reason = "is not a directory" if root.exists() else "does not exist"
        raise StartError(f"the root {root} {reason}.", hint="Give --root a directory that exists.")
    return Path(os.path.abspath(root))  # noqa: PTH100  lexical: the jail resolves it, and follows the link itself

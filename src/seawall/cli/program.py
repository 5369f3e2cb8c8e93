"""The command by which a client starts a server, whatever its own directory and PATH are."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from seawall.cli.source import BuiltIn

__all__ = ["server_command"]


def server_command(source: Path | BuiltIn, profile: str | None) -> tuple[str, ...]:
    """The command by which a client starts the same server from any directory."""
    if isinstance(source, BuiltIn):
        write = ("--write",) if source.writable else ()
        return (*_program(), "serve", "--root", _absolute(source.root), *write)
    chosen = ("--profile", profile) if profile else ()
    return (*_program(), "serve", _absolute(source), *chosen)


def _program() -> tuple[str, ...]:
    """This command as a client can start it, which knows nothing of virtual environments or PATH."""
    script = shutil.which(sys.argv[0])
    if script is not None and Path(script).name == "seawall":
        return (_absolute(Path(script)),)
    return (sys.executable, "-m", "seawall")


def _absolute(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  lexical: a link that the operator named stays the name

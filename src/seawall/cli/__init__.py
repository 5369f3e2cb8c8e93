"""The command `seawall`: one module a subcommand, and the only layer that prints.

A subcommand's module holds a function that returns a frozen result (what the command found out), a function
that renders it, and the command itself, which joins the two and returns the exit status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["main"]

_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, or with those of the process, and give its exit status (see entry.py)."""
    try:
        # Here, since Ctrl-C may come while the modules load.
        from seawall.cli.entry import main as run  # noqa: PLC0415
    except KeyboardInterrupt:
        return _INTERRUPTED
    return run(arguments)

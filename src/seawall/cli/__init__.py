"""The command `seawall`: one module a subcommand, and the only layer that prints.

A subcommand's module holds a function that returns a frozen result (what the command found out), a function
that renders it, and the command itself, which joins the two and returns the exit status.
"""

from seawall.cli.entry import main

__all__ = ["main"]

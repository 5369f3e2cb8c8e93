"""The tree of commands. Each is loaded when it is called, so that `--help` and `--version` start fast."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

from cyclopts import App, Group, Parameter
from cyclopts.help import DefaultFormatter, PanelSpec
from rich.box import Box

from seawall.cli.output import console_for

__all__ = ["application", "installed_version"]

_HELP = """\
Seawall turns one file, the blueprint, into a hardened MCP server.

You say which files an assistant may work with. Seawall serves them as MCP
tools: read-only until you allow writing, bounded in size, time and number,
and with no path that leads out of the directories that you named.
"""

_START = """\
The smallest blueprint, as seawall.toml:

  [server]
  name = "workspace"

  [[toolset]]
  kind = "filesystem"
  roots = "./workspace"

With it:

  seawall check                   is it sound, and what do its tools cost?
  seawall serve                   serve it to the MCP client that starts this
  seawall serve --transport http  serve it on http://127.0.0.1:8000/mcp

Without a blueprint, for one directory:

  seawall serve --root DIR

Exit status: 0 fine; 1 a finding, or the machine does not allow it; 2 a wrong
call or blueprint; 3 an unsafe request that was refused.
"""

_COMMANDS = (
    ("serve", "Serve a blueprint, or one directory, as an MCP server."),
    ("check", "Check a blueprint without serving it."),
    ("schema", "Print the JSON Schema of the blueprint, for editors."),
    ("doctor", "Tell what this machine can enforce."),
)

_BLANK = Box("    \n" * 8)  # titles and columns without lines: readable in a pipe and to a screen reader


def application() -> App:
    """A new tree of commands. It raises its errors; `entry.main` renders them."""
    app = App(
        name="seawall",
        help=_HELP,
        help_epilogue=_START,
        help_format="plaintext",
        help_formatter=DefaultFormatter(panel_spec=PanelSpec(box=_BLANK, padding=(0, 1, 0, 4))),
        version=lambda: f"seawall {installed_version()}",
        default_parameter=Parameter(negative=(), show_default=False),
        result_action="return_value",
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
        console=console_for(sys.stdout),
    )
    for order, (name, summary) in enumerate(_COMMANDS):
        app.command(f"seawall.cli.{name}:command", name=name, help=summary, sort_key=order)

    @app.meta.default
    def launch(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        debug: Annotated[
            bool,
            Parameter(
                group=Group("Everywhere"),
                help="Show the traceback of an unexpected error (also SEAWALL_DEBUG=1).",
            ),
        ] = False,
    ) -> object:
        del debug  # entry.main reads it, since it must also hold for errors before this point
        return app(tokens)

    return app


def installed_version() -> str:
    """The version of the installed package; `0+source` when it runs from a tree that was never installed."""
    try:
        return version("seawall")
    except PackageNotFoundError:
        return "0+source"

"""The tree of commands. Each is loaded when it is called, so that `--help` and `--version` start fast."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

from cyclopts import App, Group, Parameter
from cyclopts.help import DefaultFormatter, PanelSpec
from rich.box import Box

from seawall.cli.help import COMMANDS, INTRODUCTION, START
from seawall.cli.output import console_for

__all__ = ["application", "installed_version"]

_BLANK = Box("    \n" * 8)  # titles and columns without lines: readable in a pipe and to a screen reader


def application() -> App:
    """A new tree of commands. It raises its errors; `entry.main` renders them."""
    app = App(
        name="seawall",
        help=_paragraphs(INTRODUCTION),
        help_epilogue=START,
        help_format="plaintext",
        help_formatter=DefaultFormatter(panel_spec=PanelSpec(box=_BLANK, padding=(0, 0, 0, 4), expand=False)),
        version=lambda: f"seawall {installed_version()}",
        default_parameter=Parameter(negative=(), show_default=False),
        result_action="return_value",
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
        console=console_for(sys.stdout),
        group_commands=Group("Commands", sort_key=0),
        group_arguments=Group("Arguments", sort_key=0),
        group_parameters=Group("Options", sort_key=1),
    )
    for order, each in enumerate(COMMANDS):
        app.command(
            f"seawall.cli.{each.name}:command",
            name=each.name,
            help=_paragraphs(f"{each.summary}\n\n{each.details}"),
            help_epilogue=each.examples,
            sort_key=order,
        )

    app.meta.suppress_keyboard_interrupt = False  # it inherits all but this

    @app.meta.default
    def launch(
        *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        debug: Annotated[
            bool,
            Parameter(
                group=Group("Everywhere", sort_key=2),
                help="Show the traceback of an unexpected error (also SEAWALL_DEBUG=1).",
            ),
        ] = False,
    ) -> object:
        del debug  # entry.main reads it, since it must also hold for errors before this point
        return app(tokens)

    return app


def _paragraphs(text: str) -> str:
    """The text with one line for each paragraph: a terminal breaks them where it is as wide as it is."""
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))


def installed_version() -> str:
    """The version of the installed package; `0+source` when it runs from a tree that was never installed."""
    try:
        return version("seawall")
    except PackageNotFoundError:
        return "0+source"

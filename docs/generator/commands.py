"""The page of the commands: the tree of cyclopts as it is, and the words that its help shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cyclopts import App
from cyclopts.argument import Argument

from generator.markdown import code, fence, page, table
from seawall.cli.app import application
from seawall.cli.help import COMMANDS, CommandHelp

__all__ = ["EXIT_STATUSES", "Option", "commands_page", "options", "options_everywhere"]

EXIT_STATUSES: Final = {
    0: "Fine.",
    1: "A finding, or the machine does not allow it: a port in use, a missing directory, a failed check; "
    "also a fault of Seawall's own.",
    2: "A wrong call, or problems of the blueprint.",
    3: "An unsafe request that was refused.",
    130: "Interrupted from the keyboard (128 + SIGINT).",
    141: "Nobody reads the output any more (128 + SIGPIPE).",
}
"""What each exit status of the command means."""

_INTRODUCTION: Final = """\
`seawall COMMAND --help` shows the same on the terminal. Without a file, a command that reads a blueprint takes `./seawall.toml`.
Results go to standard output, messages and the log to standard error. Colour needs a terminal, and `NO_COLOR` switches it off."""

_HELP: Final = "Show the help of the command."
_VERSION: Final = "Show the version."


@dataclass(frozen=True)
class Option:
    """One argument or option of a command.

    Attributes:
        names: as it is typed, with its value: `--root DIR`.
        words: what it does; empty when the command does not say.
        positional: whether it is an argument.
        required: whether it must be given.
    """

    names: str
    words: str
    positional: bool = False
    required: bool = False

    @property
    def usage(self) -> str:
        """As it stands in the line that shows how the command is called."""
        return self.names if self.required else f"[{self.names}]"


def commands_page() -> str:
    """The whole page."""
    app = application()
    statuses = [(str(status), words) for status, words in EXIT_STATUSES.items()]
    everywhere = [(code(option.names), option.words) for option in options_everywhere(app)]
    return page(
        "Commands",
        _INTRODUCTION,
        table(
            ("command", "does"),
            [(f"[{code(each.name)}](#{_anchor(each)})", each.summary) for each in COMMANDS],
        ),
        "## Options of every command",
        table(("option", "does"), everywhere),
        "## Exit status",
        table(("status", "means"), statuses),
        *(_command(app, each) for each in COMMANDS),
    )


def options(app: App, command: str) -> Iterator[Option]:
    """The arguments and options of a command, in the order of its help."""
    for argument in app[command].assemble_argument_collection():
        if argument.show and not argument.children:
            yield _option(argument)


def options_everywhere(app: App) -> Iterator[Option]:
    """What every command takes."""
    yield from (_option(each) for each in app.meta.assemble_argument_collection() if each.show)
    yield Option(", ".join(app.help_flags), _HELP)
    yield Option(", ".join(app.version_flags), _VERSION)


def _option(argument: Argument) -> Option:
    positional = not argument.name.startswith("-")
    names = [name for name in argument.names if not name.startswith("--no-")]
    metavar = argument.parameter.metavar
    shown = ", ".join(names) + (f" {metavar}" if metavar else "")
    return Option(shown, argument.parameter.help or "", positional, bool(argument.required))


def _command(app: App, words: CommandHelp) -> str:
    given = list(options(app, words.name))
    usage = " ".join(["seawall", words.name, *(item.usage for item in given if item.positional), "[OPTIONS]"])
    parts = [
        f"## {code(f'seawall {words.name}')}",
        f"{words.summary} {words.details}".strip(),
        fence("text", usage),
    ]
    for title, positional in (("argument", True), ("option", False)):
        rows = [(code(item.names), item.words) for item in given if item.positional is positional]
        if rows:
            parts.append(table((title, "does"), rows))
    return "\n\n".join([*parts, fence("text", words.examples)])


def _anchor(words: CommandHelp) -> str:
    return f"seawall-{words.name}"

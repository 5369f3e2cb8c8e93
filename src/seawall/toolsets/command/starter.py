"""How a new project begins with commands: those that people want, ready made, or one of their own."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, cast

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import UsageError
from seawall.toolsets.command.declaration import CommandsDeclaration
from seawall.toolsets.rooted import root_folders
from seawall.toolsets.starter import Needs, Outbound, Question, Setting, Start, Table, Value

__all__ = ["CommandStarter", "presets"]

_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,63}")
_SLOT: Final = re.compile(r"(?<!\{)\{([A-Za-z_][A-Za-z0-9_]{0,63})(\*?)\}(?!\})")
_PATHS: Final = frozenset({"file", "path", "directory", "folder", "dir"})
_WORKSPACE: Final = "./workspace"
_TASKS: Final = "seawall[tasks]"
"""What a server needs that runs commands as background tasks."""


@cache
def presets() -> Mapping[str, Mapping[str, object]]:
    """What can be begun with by a word, as presets.toml has it."""
    text = files(__package__).joinpath("presets.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


class CommandStarter:
    """Commands in a sandbox."""

    @property
    def summary(self) -> str:
        """What it serves."""
        return "commands in a sandbox"

    @property
    def question(self) -> Question:
        """Which ones."""
        known = ", ".join(presets())
        return Question(
            f"Which commands ({known}; or NAME=PROGRAM with its arguments, such as 'count=wc -l {{file}}')",
            "COMMAND",
            "git",
        )

    def start(self, answer: str) -> Start:
        """Ready made commands by their words, with commas between them; or one command as NAME=ARGV.

        Raises:
            UsageError: there are none of that word, or the command cannot be read.
        """
        if "=" in answer:
            tables: tuple[Table, ...] = (_own(answer),)
            packages: tuple[str, ...] = ()
            notes = [
                "Each {name} is one argument, whatever it says; narrow it with `enum`, `pattern`, `maximum`, …"
            ]
        else:
            chosen = [_preset(each.strip()) for each in answer.split(",")]
            tables = tuple(
                _table(each) for one in chosen for each in cast("list[Mapping[str, object]]", one["command"])
            )
            packages = tuple(
                dict.fromkeys(each for one in chosen for each in cast("list[str]", one.get("packages", [])))
            )
            notes = []
        settings = [Setting("roots", _WORKSPACE, comment="all that commands can be given paths of")]
        if packages:
            settings.append(Setting("packages", packages, comment="of Debian, for the container"))
        settings += [
            Setting(
                "programs", ("/opt/tools",), comment="where programs are beside the system's", active=False
            ),
            Setting(
                "minimum_tier", "bwrap", comment="refuse to start with less; default: landlock", active=False
            ),
        ]
        return Start(
            settings=tuple(settings),
            files={f"{_WORKSPACE.removeprefix('./')}/.gitkeep": ""},
            notes=(*notes, f"Programs run in a sandbox, without network, and read {_WORKSPACE} alone."),
            tables=tables,
        )

    def needs(self, declaration: ToolsetDeclaration) -> Needs:
        """Its roots, its programs' packages, the hosts that they connect to, and what background tasks need."""
        if not isinstance(declaration, CommandsDeclaration):
            return Needs()
        hosts = (
            each for command in declaration.command if command.network != "none" for each in command.network
        )
        return Needs(
            folders=root_folders(declaration),
            outbound=tuple(dict.fromkeys(map(_outbound, hosts))),
            packages=declaration.packages,
            dependencies=(_TASKS,) if any(each.task == "optional" for each in declaration.command) else (),
        )


def _preset(word: str) -> Mapping[str, object]:
    known = presets()
    if word not in known:
        raise UsageError(
            f"there are no commands {word!r} to begin with.",
            hint=f"There are {', '.join(known)}; or give one of your own: 'count=wc -l {{file}}'.",
        )
    return known[word]


def _table(command: Mapping[str, object]) -> Table:
    return Table("command", tuple(Setting(name, _value(value)) for name, value in command.items()))


def _value(value: object) -> Value:
    """What TOML holds, as a setting has it."""
    if isinstance(value, Mapping):
        return {name: _value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return tuple(map(_value, value))
    return cast("Value", value)


def _own(answer: str) -> Table:
    name, _, line = answer.partition("=")
    name = name.strip()
    try:
        argv = tuple(shlex.split(line))
    except ValueError as error:
        raise UsageError(
            f"--command cannot be read: {error}.", hint="Quote arguments as a shell wants it."
        ) from error
    if not _NAME.fullmatch(name) or not argv:
        raise UsageError(
            f"--command {answer!r} is no name with a program.", hint="Such as --command 'count=wc -l {file}'."
        )
    params: dict[str, Value] = {}
    for found in (slot for text in argv[1:] for slot in _SLOT.finditer(text)):
        one: dict[str, Value] = {"type": "path" if found[1].rstrip("s") in _PATHS else "string"}
        said = f"{'Arguments' if found[2] else 'An argument'} of {argv[0]}."
        params[found[1]] = {
            **({"type": "array", "items": one} if found[2] else one),
            "description": said,
        }
    settings = [
        Setting("name", name),
        Setting("description", "", comment="for the model: what it does", active=False),
    ]
    settings.append(Setting("argv", argv))
    if params:
        settings.append(Setting("params", params))
    settings.append(Setting("reads", (".",), comment="paths in the roots; nothing else but the system's own"))
    return Table("command", tuple(settings))


def _outbound(host: str) -> Outbound:
    name, _, port = host.partition(":")
    return Outbound("" if name.startswith("*.") else name, int(port) if port else 443)

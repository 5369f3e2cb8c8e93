"""`seawall config`: the effective value of every setting, and where it came from."""

from __future__ import annotations

import json as json_module
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seawall.blueprint.locate import KeyPath
from seawall.blueprint.origin import Default
from seawall.blueprint.settings import Setting, settings
from seawall.blueprint.wording import dotted, shortened
from seawall.cli.loading import load_source
from seawall.cli.origins import origin_as_json, told
from seawall.cli.output import plain, show, show_json
from seawall.cli.source import Flags, ProfileOption, choose_blueprint
from seawall.toolsets.registry import installed_kinds
from seawall.types import JsonObject, JsonValue

__all__ = ["ConfigResult", "command", "config", "render", "result_as_json"]

_LONGEST = 240  # characters of a value that a person is shown; --json has all of it
_LEAST = 20  # columns for values, however long the names of variables are
_INDENT, _GAP = 2, 2


@dataclass(frozen=True, slots=True)
class ConfigResult:
    """The settings of a blueprint.

    Attributes:
        source: the file.
        profile: the chosen profile, or None.
        profiles: the names of all profiles.
        settings: safe to show; tables in their order, toolsets in that of the file.
    """

    source: str
    profile: str | None
    profiles: tuple[str, ...]
    settings: tuple[Setting, ...]


def command(
    blueprint: Annotated[Path | None, Parameter(help="The file to read. Default: ./seawall.toml.")] = None,
    /,
    *,
    profile: ProfileOption = None,
    changed: Annotated[bool, Parameter(help="Leave out what has its default.")] = False,
    json: Annotated[bool, Parameter(help="Print the result as one JSON object.")] = False,
) -> int:
    """Show the settings; help.py has the words for people and the form of the JSON object."""
    chosen = choose_blueprint(blueprint, command="config")
    result = config(chosen, flags=Flags(profile=profile), environment=os.environ, changed=changed)
    if json:
        show_json(result_as_json(result))
    else:
        show(*render(result))
    return 0


def config(
    blueprint: Path, *, flags: Flags, environment: Mapping[str, str], changed: bool = False
) -> ConfigResult:
    """The settings of a blueprint; with `changed` only those that something has set.

    Raises:
        BlueprintError: its problems.
        StartError: it cannot be read.
    """
    loaded = load_source(blueprint, kinds=installed_kinds(), flags=flags, environment=environment)
    found = settings(loaded, environment=environment)
    kept = tuple(each for each in found if not (changed and isinstance(each.origin, Default)))
    return ConfigResult(loaded.source, loaded.profile, loaded.profiles, kept)


def result_as_json(result: ConfigResult) -> JsonObject:
    """The stable form for programs: source, profile, profiles, settings."""
    return {
        "source": result.source,
        "profile": result.profile,
        "profiles": list(result.profiles),
        "settings": [
            {
                "setting": ".".join(filter(None, (dotted(each.section), each.name))),
                "value": each.value,
                "hidden": each.hidden,
                "origin": origin_as_json(each.origin),
            }
            for each in result.settings
        ],
    }


def render(result: ConfigResult) -> Iterator[RenderableType]:
    """The result for a person."""
    title = Text(plain(result.source), style="bold")
    if result.profile:
        title.append(f", profile {plain(result.profile)}")
    elif result.profiles:
        title.append(f", no profile chosen of {plain(', '.join(result.profiles))}", style="not bold")
    yield title
    if result.settings:
        yield _Sections(result.settings)
    else:
        yield "Every setting has its default."


@dataclass(frozen=True, slots=True)
class _Sections:
    """The settings under the headers of their tables, in the same columns throughout."""

    settings: tuple[Setting, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console
        room = options.max_width - _INDENT - 2 * _GAP
        name = min(max(len(plain(each.name)) for each in self.settings), room * 3 // 10)
        origin = min(max(len(told(each.origin)) for each in self.settings), room - name - _LEAST)
        value = min(max(len(_value(each)) for each in self.settings), room - name - origin)
        for section, members in groupby(self.settings, key=lambda each: each.section):
            yield Text(f"\n{_header(section)}" if section else "", style="bold")
            table = Table.grid(padding=(0, _GAP))
            for width in (name, value, origin):
                table.add_column(width=width, overflow="fold")
            for each in members:
                style = "dim" if isinstance(each.origin, Default) else ""
                table.add_row(plain(each.name), _value(each), told(each.origin), style=style)
            yield Padding(table, (0, 0, 0, _INDENT))


def _header(section: KeyPath) -> str:
    if section[0] == "resource" and len(section) > 1:
        return f"[[resource]] {section[1]}"
    return plain(f"[[toolset]] {section[1]}" if section[0] == "toolset" else f"[{dotted(section)}]")


def _value(setting: Setting) -> str:
    if setting.value is None:
        return "(unset)"
    return plain(shortened(_toml(setting.value), _LONGEST)) + (" (hidden)" if setting.hidden else "")


def _toml(value: JsonValue) -> str:
    """The value as TOML has it, on one line; JSON's strings are TOML's."""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        pairs = (f"{dotted((key,))} = {_toml(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return json_module.dumps(value, ensure_ascii=False)

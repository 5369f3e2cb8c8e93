"""Sections of a blueprint as a person would write them: the settings that matter, and a word why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from seawall.errors import UsageError
from seawall.prompts.starter import PromptsStarter
from seawall.resources.starter import ResourceStarter
from seawall.scaffold.render import Templates, key, toml
from seawall.scaffold.request import ProjectRequest, ToolsetRequest, clean_text
from seawall.toolsets.interface import Starts, ToolsetKind
from seawall.toolsets.starter import Begins, Setting, Start, Starter, Table, Value

__all__ = [
    "OFFERS",
    "Begun",
    "begin",
    "blueprint_text",
    "offer_settings",
    "offer_text",
    "starters",
    "toolset_text",
]

OFFERS: Final[Mapping[str, Begins]] = {"prompts": PromptsStarter(), "resource": ResourceStarter()}
"""What a server offers beside tools, by the table of the blueprint."""


_COMMENT_COLUMN = 40


@dataclass(frozen=True, slots=True)
class Begun:
    """One wanted toolset with what its kind makes of it."""

    request: ToolsetRequest
    start: Start


def starters(kinds: Mapping[str, ToolsetKind]) -> Mapping[str, Starter]:
    """The kinds with which a project can begin, by their names."""
    return {name: kind.starter for name, kind in kinds.items() if isinstance(kind, Starts)}


def begin(request: ToolsetRequest, known: Mapping[str, Starter]) -> Begun:
    """Ask the kind what the answer becomes.

    Raises:
        UsageError: there is no such kind, or the answer cannot be used.
    """
    if request.kind not in known:
        raise UsageError(
            f"there is no kind of toolset {request.kind!r} to begin with.",
            hint=f"These are installed: {', '.join(known)}.",
        )
    answer = clean_text(request.answer, what=f"--{request.kind}")
    return Begun(request, known[request.kind].start(answer))


def blueprint_text(
    request: ProjectRequest,
    begun: tuple[Begun, ...],
    offers: Sequence[tuple[str, Start]],
    templates: Templates,
) -> str:
    """The whole of a new seawall.toml; `offers` are the tables of what is no tool."""
    return templates.render(
        "seawall.toml",
        server=request,
        purpose=_literal(request.purpose),
        title=_literal(request.title),
        toolsets=(
            *(toolset_text(each) for each in begun),
            *(offer_text(table, start) for table, start in offers),
        ),
    )


def toolset_text(begun: Begun) -> str:
    """One `[[toolset]]`, with its last line ended."""
    request = begun.request
    lines = ["[[toolset]]", f"kind = {toml(request.kind)}"]
    lines += [f"{key} = {toml(getattr(request, key))}" for key in ("name", "prefix") if getattr(request, key)]
    lines += [_line(setting) for setting in begun.start.settings if setting.active]
    access = Setting("access", "write", comment="tools may change things", active=request.writable)
    if not request.writable:
        access = Setting("access", "write", comment="without this line nothing can be changed", active=False)
    lines += [_line(access)]
    lines += [_line(setting) for setting in begun.start.settings if not setting.active]
    for table in begun.start.tables:
        lines += ["", f"[[toolset.{table.name}]]", *_table_lines(table)]
    return "\n".join(lines) + "\n"


def _table_lines(table: Table) -> Iterator[str]:
    """The settings of an inner table; those that are tables of tables follow, each under a header of its own."""
    nested = [each for each in table.settings if _is_nested(each.value)]
    yield from (_line(each) for each in table.settings if each not in nested)
    for setting in nested:
        for name, inner in cast("Mapping[str, Mapping[str, Value]]", setting.value).items():
            yield f"[toolset.{table.name}.{setting.name}.{key(name)}]"
            yield from (_line(Setting(word, value)) for word, value in inner.items())


def _is_nested(value: Value) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(each, Mapping) for each in value.values())
    )


def offer_text(table: str, start: Start) -> str:
    """One `[prompts]` or `[[resource]]`, with its last line ended."""
    head = "[prompts]" if table == "prompts" else f"[[{table}]]"
    return "\n".join([head, *offer_settings(start)]) + "\n"


def offer_settings(start: Start) -> list[str]:
    """Its lines, those that wait to be taken in last."""
    ordered = sorted(start.settings, key=lambda each: not each.active)
    return [_line(setting) for setting in ordered]


def _line(setting: Setting) -> str:
    line = f"{'' if setting.active else '# '}{setting.name} = {toml(_escaped(setting.value))}"
    return f"{line:<{_COMMENT_COLUMN}}  # {setting.comment}" if setting.comment else line


def _escaped(value: Value) -> Value:
    if isinstance(value, str):
        return _literal(value)
    if isinstance(value, tuple):
        return tuple(map(_escaped, value))
    if isinstance(value, Mapping):
        return {name: _escaped(inner) for name, inner in value.items()}
    return value


def _literal(text: str) -> str:
    """The text as a blueprint's string must have it, so that nothing in it is taken for a variable."""
    return text.replace("${", "$${")

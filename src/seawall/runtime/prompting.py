"""From the `[prompts]` table to prompts, each held against what the server has."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.blueprint import Blueprint, LoadedBlueprint
from seawall.blueprint.prompts import PromptsSection
from seawall.errors import BlueprintError, Problem
from seawall.prompts.model import Limits, Prompt
from seawall.prompts.provider import OfferedPrompt
from seawall.prompts.reaching import Reaching
from seawall.runtime.access import ComponentKind
from seawall.runtime.gather import Gathered, effective_name
from seawall.runtime.reaching import FileTools

if TYPE_CHECKING:  # it loads Jinja2, and a server without prompts does without
    from seawall.prompts.library import Uses

__all__ = ["always_asked", "file_tools", "offered_prompts", "prompts_of"]

_SHOWN = 20
"""Tools that are named where one is not there."""
_READ = "read_file"
_LIST = "list_directory"
_FILES = ("file", "workspace.tree")


def prompts_of(loaded: LoadedBlueprint, gathered: Mapping[str, Gathered] | None) -> tuple[Prompt, ...]:
    """The prompts of the blueprint's directory.

    Args:
        loaded: the blueprint.
        gathered: its toolsets; None when they have problems of their own, so that nothing can be said about tools.

    Raises:
        BlueprintError: with every problem of every file.
        StartError: there is no such directory.
    """
    section = loaded.blueprint.prompts
    if section.directory is None:
        return ()
    from seawall.prompts.library import read_library  # noqa: PLC0415  see above

    place = loaded.directory / Path(section.directory).expanduser()
    prompts, found = read_library(place, section.directory)
    problems = list(found)
    if gathered is not None:
        problems += [*_of_files(section, gathered), *_of_uses(prompts, loaded.blueprint, gathered)]
    problems.sort(key=lambda each: (each.source, each.line or 0))
    if problems:
        raise BlueprintError(problems)
    return prompts


def offered_prompts(
    prompts: tuple[Prompt, ...], section: PromptsSection, reaching: Reaching
) -> Iterator[OfferedPrompt]:
    """What serves them."""
    limits = Limits(size=section.size, seconds=section.timeout)
    for prompt in prompts:
        yield OfferedPrompt.of(prompt, reaching, limits)


def file_tools(blueprint: Blueprint, gathered: Mapping[str, Gathered]) -> FileTools:
    """The tools by which templates get at files; none when no toolset offers them."""
    wanted = blueprint.prompts.files
    for declaration in blueprint.toolset:
        name = effective_name(declaration)
        known = {each.name for each in gathered[name].chosen}
        if wanted in {"", name} and _READ in known:
            prefix = declaration.prefix
            return FileTools(prefix + _READ, prefix + _LIST if _LIST in known else None)
    return FileTools()


def always_asked(prompt: Prompt, files: FileTools) -> Iterator[tuple[ComponentKind, str]]:
    """What a prompt asks for whenever it is made, as far as its templates name it."""
    from seawall.prompts.certain import always_called  # noqa: PLC0415  see above

    for message in prompt.messages:
        for function, argument in always_called(message.template):
            if function == "embed" and (argument is None or "://" in argument):
                if argument is not None:
                    yield "resource", argument
                continue
            tools = {"file": files.read, "embed": files.read, "workspace.tree": files.list, "tool": argument}
            if (name := tools.get(function)) is not None:
                yield "tool", name


def _of_files(section: PromptsSection, gathered: Mapping[str, Gathered]) -> Iterator[Problem]:
    if not section.files:
        return
    if section.files not in gathered:
        close = difflib.get_close_matches(section.files, list(gathered), n=1)
        suggestion = close[0] if close else None
        message = f"there is no toolset {section.files!r}"
        yield _problem("", None, "prompts.files", section.files, message, ", ".join(gathered), suggestion)
    elif _READ not in {each.name for each in gathered[section.files].chosen}:
        message = f"the toolset {section.files!r} does not offer `{_READ}`"
        yield _problem("", None, "prompts.files", section.files, message, "a toolset of files")


def _of_uses(
    prompts: tuple[Prompt, ...], blueprint: Blueprint, gathered: Mapping[str, Gathered]
) -> Iterator[Problem]:
    from seawall.prompts.library import uses  # noqa: PLC0415  see above

    operations = {
        declaration.prefix + each.name: each.hints.read_only
        for declaration in blueprint.toolset
        for each in gathered[effective_name(declaration)].chosen
    }
    operations |= {each.name: each.hints.read_only for one in gathered.values() for each in one.offered}
    files = file_tools(blueprint, gathered)
    for use in uses(prompts):
        if use.function == "tool":
            yield from _of_tool(use, operations)
        needed = {"file": files.read, "workspace.tree": files.list}
        if use.function in needed and needed[use.function] is None:
            operation = _READ if use.function == "file" else _LIST
            message = f"{use.function} needs a toolset that offers `{operation}`, and there is none"
            yield _of_template(use, message, "a toolset of kind filesystem in the blueprint")


def _of_tool(use: Uses, operations: Mapping[str, bool]) -> Iterator[Problem]:
    """A tool by a name that stands in the template; of any other nothing is known before it is called."""
    if use.argument is None or operations.get(use.argument):
        return
    if use.argument in operations:
        message = f"the tool {use.argument!r} may change something, and prompts only read"
        yield _of_template(use, message, "a tool that says of itself that it is read-only")
        return
    close = difflib.get_close_matches(use.argument, list(operations), n=1)
    message = f"there is no tool {use.argument!r}"
    readers = [name for name, only_reads in operations.items() if only_reads]
    allowed = ", ".join(readers[:_SHOWN]) + (", …" if len(readers) > _SHOWN else "")
    yield _of_template(use, message, allowed or "none: no tool only reads", close[0] if close else None)


def _of_template(use: Uses, message: str, allowed: str, suggestion: str | None = None) -> Problem:
    found = use.argument or use.function
    return _problem(use.prompt.source, use.line, use.function, found, message, allowed, suggestion)


def _problem(  # noqa: PLR0913, PLR0917  each is a part of the value
    source: str,
    line: int | None,
    key: str,
    found: str,
    message: str,
    allowed: str,
    suggestion: str | None = None,
) -> Problem:
    end = f"did you mean {suggestion}?" if suggestion else f"allowed: {allowed}."
    return Problem(source, line, None, key, found, allowed, suggestion, f"{message}; {end}")

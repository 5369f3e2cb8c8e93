"""From the declaration to commands that can be run, or to every fault that it has."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from seawall.errors import Problem
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.command.advice import known_of, shell_fault
from seawall.toolsets.command.declaration import CommandsDeclaration, CommandSection
from seawall.toolsets.command.places import outside
from seawall.toolsets.command.programs import Known
from seawall.toolsets.command.schemas import (
    LIMIT,
    NEXT,
    declared_output,
    default_of,
    directory_slot,
    input_schema,
    required_parameters,
)
from seawall.toolsets.command.template import Argument, Group, Template, TemplateError, read_template
from seawall.toolsets.hinting import overridden
from seawall.toolsets.interface import Hints
from seawall.types import JsonObject

__all__ = ["Command", "Surveyed", "survey"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command, understood.

    Attributes:
        section: what the blueprint says.
        template: its argv.
        parameters: the input schema.
        hints: what a client may assume.
        known: what is known of the programs that it runs.
    """

    section: CommandSection
    template: Template
    parameters: JsonObject
    hints: Hints
    known: tuple[Known, ...]

    @property
    def defaults(self) -> JsonObject:
        """The values of parameters that a call may leave out."""
        return {
            name: default_of(each) for name, each in self.section.params.items() if each.default is not None
        }

    @property
    def line(self) -> str:
        """The argv for people, as the blueprint has it."""
        return " ".join([self.template.program, *map(_shown, self.template.items)])


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What was found in a declaration: the commands, or problems whose keys begin with `command`."""

    commands: tuple[Command, ...]
    problems: tuple[Problem, ...]


def survey(declaration: CommandsDeclaration) -> Surveyed:
    """Understand every command of a declaration."""
    commands: list[Command] = []
    problems: list[Problem] = []
    names: set[str] = set()
    for number, section in enumerate(declaration.command):
        key = f"command[{number}]"
        found = list(_faults(section))
        if section.name in names:
            found.append(_Fault("name", f"there is another command {section.name!r}", section.name))
        names.add(section.name)
        problems += [each.problem(key, section.name) for each in found]
        if not found:
            commands.append(_command(section))
    return Surveyed(tuple(commands), tuple(problems))


@dataclass(frozen=True, slots=True)
class _Fault:
    key: str
    message: str
    found: str = ""
    allowed: str = ""
    suggestion: str | None = None

    def problem(self, above: str, name: str) -> Problem:
        return Problem(
            source="",
            line=None,
            column=None,
            key=f"{above}.{self.key}",
            found=self.found,
            allowed=self.allowed,
            suggestion=self.suggestion,
            message=f"{name}: {self.message}",
        )


def _command(section: CommandSection) -> Command:
    template = read_template(section.argv)
    required = required_parameters(section, template)
    quiet = not section.writes and section.network == "none"
    hints = Hints(
        read_only=quiet,
        destructive=bool(section.writes),
        idempotent=quiet,
        open_world=section.network != "none",
    )
    known = tuple(each for _, each in known_of(template))
    return Command(
        section, template, input_schema(section, required), overridden(hints, section.hints), known
    )


def _faults(section: CommandSection) -> Iterator[_Fault]:
    try:
        template = read_template(section.argv)
    except TemplateError as error:
        yield _Fault(f"argv{error.place}", f"an argument {error}")
        return
    yield from _about_program(section, template)
    yield from _about_paths(section)
    yield from _about_output(section)
    unknown = list(_unknown(section, template))
    yield from unknown
    if not unknown:  # else the misspelt one would be unused, too
        used = {name for _, name in _used(section, template)}
        for name in section.params:
            if name not in used:
                yield _Fault(f"params.{name}", f"the parameter {name!r} is used nowhere", name)
        yield from _about_use(section, template)
        yield from _about_schema(section, template)


def _about_program(section: CommandSection, template: Template) -> Iterator[_Fault]:
    program = template.program
    if "/" in program and not program.startswith("/"):
        yield _Fault(
            "argv[0]",
            f"{program!r} is a relative path: no program is run from the workspace",
            program,
            "a name or an absolute path",
        )
    fault = shell_fault(section, template)
    if fault is not None:
        yield _Fault("argv", fault, program)
    environment = section.environment
    if "PATH" in environment:
        yield _Fault("environment", "PATH is fixed; name further directories in `programs`", "PATH")


def _about_paths(section: CommandSection) -> Iterator[_Fault]:
    for setting in ("reads", "writes"):
        for path in outside(getattr(section, setting)):
            yield _Fault(setting, f"{path!r} is no path in the roots", path, "relative paths without '..'")
    if section.directory and not directory_slot(section):
        for path in outside((section.directory,)):
            yield _Fault(
                "directory", f"{path!r} is no path in the roots", path, "a relative path without '..'"
            )
    if section.writes and section.hints is not None and section.hints.read_only:
        yield _Fault("hints.read_only", "a command that writes is not read-only", "true")


def _about_output(section: CommandSection) -> Iterator[_Fault]:
    if section.output_schema is not None:
        if section.output != "json":
            yield _Fault("output_schema", 'a schema of the output needs `output = "json"`')
        elif (fault := _schema_fault(declared_output(section) or {})) is not None:
            yield _Fault("output_schema", f"is no JSON Schema: {fault}")
    if section.output == "lines":
        for name in (LIMIT, NEXT):
            if name in section.params:
                yield _Fault(f"params.{name}", f"{name!r} is the name of a parameter of pages", name)


def _unknown(section: CommandSection, template: Template) -> Iterator[_Fault]:
    known = list(section.params)
    for key, name in _used(section, template):
        if name not in section.params:
            near = difflib.get_close_matches(name, known, n=1)
            yield _Fault(
                key,
                f"{{{name}}} is no parameter",
                name,
                f"one of {', '.join(known)}" if known else "a parameter that `params` has",
                near[0] if near else None,
            )


def _used(section: CommandSection, template: Template) -> list[tuple[str, str]]:
    """The parameters that something needs, each with the setting that needs it."""
    others = (("stdin", section.stdin), ("directory", directory_slot(section)))
    return [*(("argv", name) for name in sorted(template.names)), *(each for each in others if each[1])]


def _about_use(section: CommandSection, template: Template) -> Iterator[_Fault]:
    for item in template.items:
        group = item if isinstance(item, Group) else None
        for argument in item.arguments if isinstance(item, Group) else (item,):
            yield from _about_slots(section, argument, group)
        if group is not None and group.each and section.params[group.each].type != "array":
            yield _Fault("argv", f"`each` needs an array, and {group.each!r} is none", group.each)
    kind = section.params[section.stdin].type if section.stdin else "string"
    if kind != "string":
        yield _Fault("stdin", "standard input is a text: a parameter of type `string`", kind)
    name = directory_slot(section)
    if name and (
        section.params[name].type != "path" or section.params[name].must not in {"exist", "directory"}
    ):
        yield _Fault(
            "directory", "the directory is a parameter of type `path` that must be a directory", name
        )


def _about_slots(section: CommandSection, argument: Argument, group: Group | None) -> Iterator[_Fault]:
    for slot in argument.slots:
        array = section.params[slot.name].type == "array"
        within_each = group is not None and group.each == slot.name
        if slot.repeated and not array:
            yield _Fault("argv", f"{{{slot.name}*}} needs an array, and {slot.name!r} is none", slot.name)
        elif array and not slot.repeated and not within_each:
            yield _Fault(
                "argv",
                f"{{{slot.name}}} is one argument, and {slot.name!r} is an array: write {{{slot.name}*}}",
                slot.name,
            )


def _about_schema(section: CommandSection, template: Template) -> Iterator[_Fault]:
    for name, each in section.params.items():
        if each.items is not None and (each.type != "array" or each.items.type == "array"):
            yield _Fault(f"params.{name}.items", "`items` belongs to an array, and arrays hold no arrays")
            return
    schema = input_schema(section, required_parameters(section, template))
    try:
        compiled = ArgumentSchema({**schema, "required": []})
    except ValueError as error:
        yield _Fault("params", f"is no valid JSON Schema: {error}")
        return
    for name, each in section.params.items():
        if each.default is None:
            continue
        faults = compiled.faults({name: default_of(each)})
        if faults:
            yield _Fault(f"params.{name}.default", f"the default does not fit: {faults[0]}", name)


def _schema_fault(schema: JsonObject) -> str | None:
    try:
        ArgumentSchema(schema)
    except (ValueError, TypeError) as error:  # a date, which TOML has and JSON has not
        return str(error)
    return None


def _shown(item: Argument | Group) -> str:
    if isinstance(item, Group):
        inner = " ".join(map(_shown, item.arguments))
        return f"[{inner}]{'…' if item.each else ''}"
    return "".join(
        piece if isinstance(piece, str) else f"{{{piece.name}{'…' if piece.repeated else ''}}}"
        for piece in item.pieces
    )

"""What an operator should know about a command: programs that run others, and slots that could become options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal

from seawall.toolsets.command.declaration import CommandSection, ItemSection, ParameterSection
from seawall.toolsets.command.programs import Known, known_programs, program_name
from seawall.toolsets.command.template import Argument, Template
from seawall.toolsets.interface import Remark

__all__ = ["advice", "known_of", "shell_fault", "together"]

_MARKS: Final = ("--", "--end-of-options")
_SHELL_TEXT: Final = re.compile(
    r"-[A-Za-z]{0,4}c[A-Za-z]{0,4}|--command|-(?i:c|command|enc|encodedcommand)|/c"
)
_SHELL_TEXT_WITHIN: Final = re.compile(r"-[A-Za-z]{0,4}c|--command=|-(?i:command|enc|encodedcommand)[:=]")
_STANDARD_INPUT: Final = ("-s", "-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
_NOTHING: Final = Known(names=(), what="")


def known_of(template: Template) -> Sequence[tuple[str, Known]]:
    """The known programs that the argv runs, by name: its own, and those that it hands to `env` and the like."""
    return tuple((name, known) for name, known, _ in _programs(template))


def _programs(template: Template) -> Iterator[tuple[str, Known, Sequence[Argument]]]:
    """The same, each with the arguments behind it."""
    rest: Sequence[Argument] = tuple(template.arguments())
    name = program_name(template.program)
    while name in known_programs():
        known = known_programs()[name]
        yield name, known, rest
        number, name = _inner(known, rest)
        rest = rest[number + 1 :]


def _inner(known: Known, arguments: Sequence[Argument]) -> tuple[int, str]:
    """The known program among the arguments of one that runs what they name, and where it stands; "" for none."""
    before: str | None = ""
    for number, argument in enumerate(arguments):
        name = program_name(argument.literal or "")
        if (known.wrapper or before in known.runs) and name in known_programs():
            return number, name
        before = argument.literal
    return 0, ""


def shell_fault(section: CommandSection, template: Template) -> str | None:
    """Why a shell may not be run so; None when there is none, or it is declared plainly and its text is fixed."""
    for _, known, arguments in _programs(template):
        fault = _fault_of_shell(section, arguments) if known.shell else None
        if fault is not None:
            return fault
    return None


def _fault_of_shell(section: CommandSection, arguments: Sequence[Argument]) -> str | None:
    texts = [each for each, argument in enumerate(arguments) if _SHELL_TEXT.fullmatch(argument.literal or "")]
    within = [each for each in arguments if _SHELL_TEXT_WITHIN.match("".join(map(str, each.pieces[:1])))]
    behind = [arguments[each + 1] for each in texts if each + 1 < len(arguments)]
    if any(each.slots for each in (*within, *behind)):
        return (
            "puts a parameter into the text that a shell runs: any command could be put there. "
            'Give it to the shell as an argument behind the text, and use "$1"'
        )
    if any((each.literal or "").startswith(("-", "+")) for each in behind):
        return "has more options behind the shell's -c: the text must stand right behind it"
    if (texts or within) and not section.shell:
        return "runs a shell with -c. Name the program itself, or say plainly `shell = true`"
    literals = [each.literal for each in arguments]
    operands = [each for each in literals if each is None or not each.startswith(("-", "+"))]
    if section.stdin and not texts and (not operands or any(each in _STANDARD_INPUT for each in literals)):
        return (
            "gives a shell a parameter as its script: any command could stand there. Name the program itself"
        )
    return None


def advice(section: CommandSection, template: Template) -> Iterator[Remark]:
    """All of it, the programs first."""
    known = known_of(template)
    for name, each in known:
        yield from _about_program(section, template, name, each)
    yield from _about_slots(section, template, known[-1][1] if known else _NOTHING)


def together(remarks: Iterable[tuple[str, Iterable[Remark]]]) -> tuple[Remark, ...]:
    """What commands, by their names, have been advised, each thing once: before it the commands that it is about."""
    names: dict[Remark, list[str]] = {}
    for name, about in remarks:
        for each in about:
            alike = replace(each, message=each.message.removeprefix(f"{name}: "))
            names.setdefault(alike, []).append(name)
    return tuple(
        replace(each, message=f"{', '.join(commands)}: {each.message}") for each, commands in names.items()
    )


def _about_program(section: CommandSection, template: Template, name: str, known: Known) -> Iterator[Remark]:
    literals = [each.literal for each in template.arguments() if each.literal]
    level: Literal["warning", "note"] = "warning" if known.always and not section.runs_programs else "note"
    yield Remark(
        level,
        "runs_programs",
        f"{section.name}: `{name}` {known.what}.",
        "What it runs stays in the sandbox, with what this command may reach: keep `writes` and `network` narrow."
        + ("" if level == "note" else " Say `runs_programs = true` when that is meant."),
    )
    for each in known.add:
        wanted = not each.with_ or any(word in literals for word in each.with_)
        if wanted and not any(_has(literals, option) for option in each.any):
            yield Remark(
                "warning",
                "unsafe_default",
                f"{section.name}: `{name}` {known.what}: {each.why}.",
                f"Add {' or '.join(repr(option) for option in each.any)} to `argv`.",
            )
    if _is_code(template, known) and not any(_has(literals, option) for option in known.tame):
        yield Remark(
            "warning",
            "slot_is_code",
            f"{section.name}: a parameter is code for `{name}`, which {known.what}.",
            f"Make the code fixed text{f', or add {known.tame[0]!r}' if known.tame else ''}.",
        )


def _about_slots(section: CommandSection, template: Template, known: Known) -> Iterator[Remark]:
    marked, before = False, ""
    for argument in template.arguments():
        literal = argument.literal
        if literal is not None:
            marked = marked or literal in {*_MARKS, known.ends_options}
            before = literal
            continue
        yield from _about_slot(section, argument, known, marked=marked, before=before)
        before = ""


def _about_slot(
    section: CommandSection, argument: Argument, known: Known, *, marked: bool, before: str
) -> Iterator[Remark]:
    name = argument.slots[0].name
    if argument.pieces[0] in {"-", "--"}:
        yield Remark(
            "warning",
            "slot_chooses_option",
            f"{section.name}: {{{name}}} stands behind a bare dash: it chooses which option the program gets.",
            "Write the options out, each in an optional argument with `when`.",
        )
    if not argument.begins_with_slot:
        return
    if _item(section.params.get(name)).options and not marked:
        yield Remark(
            "warning",
            "slot_may_be_option",
            f"{section.name}: {{{name}}} may begin with '-', and the program then takes it for an option.",
            f"Take away `options = true`, or put {known.ends_options or '--'!r} before it.",
        )
    elif (
        not marked
        and not before.startswith("-")
        and known.ends_options
        and _is_text(section.params.get(name))
    ):
        yield Remark(
            "note",
            "no_end_of_options",
            f"{section.name}: nothing ends the options before {{{name}}}. A value that begins with '-' is refused.",
            f"Where the program knows it, put {known.ends_options!r} before it.",
        )


def _is_code(template: Template, known: Known) -> bool:
    """Whether a slot stands where code does."""
    before: str | None = ""
    operands = 0
    explicit = any(each.literal in known.code for each in template.arguments())
    for argument in template.arguments():
        literal = argument.literal
        after_code = before is not None and before in known.code
        attached = any(
            str(argument.pieces[0]).startswith(f"{option}=") for option in known.code if argument.pieces
        )
        if argument.slots and (after_code or attached):
            return True
        if literal is None or not literal.startswith("-"):
            operands += not after_code
            if known.first_is_code and not explicit and operands == 1 and argument.slots:
                return True
        before = literal
    return False


def _has(literals: Sequence[str], option: str) -> bool:
    return any(each == option or each.startswith(f"{option}=") for each in literals)


def _item(section: ParameterSection | None) -> ItemSection:
    if section is None:
        return ItemSection()
    return (section.items or ItemSection()) if section.type == "array" else section


def _is_text(section: ParameterSection | None) -> bool:
    item = _item(section)
    return item.type == "string" and not item.enum

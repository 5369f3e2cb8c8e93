"""The directory of prompts: every file read, and everything that is wrong with any of them said at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seawall.errors import PathError, Problem, StartError
from seawall.prompts.matter import NAME, read_prompt
from seawall.prompts.model import Prompt
from seawall.prompts.rendering import FUNCTIONS, GLOBALS
from seawall.prompts.yaml import Fault
from seawall.security.jail import FileKind, Jail, JailPolicy

__all__ = ["Uses", "read_library", "uses"]

_SUFFIX: Final = ".md"
_MOST: Final = 500
_LARGEST: Final = 256 * 1024  # bytes of one file


@dataclass(frozen=True, slots=True)
class Uses:
    """What a template calls beside itself, to be held against what the server has.

    Attributes:
        prompt: whose template it is.
        function: the function that it calls, such as `tool`.
        argument: its first argument, where that is a text of the template.
        line: of the file.
    """

    prompt: Prompt
    function: str
    argument: str | None
    line: int


def read_library(directory: Path, shown: str) -> tuple[tuple[Prompt, ...], tuple[Problem, ...]]:
    """The sound prompts of a directory, by name, and every fault of the others. Names that begin with `.` or `_` and other files are left alone.

    Args:
        directory: where it is.
        shown: how the blueprint writes it: what problems call it.

    Raises:
        StartError: there is no such directory.
    """
    prompts: list[Prompt] = []
    problems: list[Problem] = []
    try:
        jail = Jail.open(directory, JailPolicy(max_file_size=_LARGEST))
    except StartError as error:
        raise StartError(
            f"the directory of the prompts, {shown}: {error.message}",
            hint="Correct `directory` of [prompts].",
        ) from None
    try:
        names = sorted(
            entry.name for batch in jail.scan("") for entry in batch if _is_ours(entry.name, entry.kind)
        )
        if len(names) > _MOST:
            raise StartError(f"{shown} holds more than {_MOST} prompts.", hint="Serve fewer.")
        problems += _clashes(names, shown)
        for name in names:
            source = f"{shown.rstrip('/')}/{name}"
            prompt, faults = _read(jail, name, source)
            problems += [_problem(source, fault) for fault in faults]
            if prompt is not None:
                prompts.append(prompt)
    finally:
        jail.close()
    return tuple(prompts), tuple(problems)


def uses(prompts: tuple[Prompt, ...]) -> Iterator[Uses]:
    """What all templates call."""
    for prompt in prompts:
        for message in prompt.messages:
            for name, argument, line in message.template.calls:
                yield Uses(prompt, name, argument, line)


def _is_ours(name: str, kind: FileKind) -> bool:
    fits = kind in {FileKind.FILE, FileKind.SYMLINK} and name.lower().endswith(_SUFFIX)
    return fits and not name.startswith((".", "_"))


def _read(jail: Jail, name: str, source: str) -> tuple[Prompt | None, tuple[Fault, ...]]:
    stem = name[: -len(_SUFFIX)]
    if not NAME.fullmatch(stem) or not name.endswith(_SUFFIX):
        allowed = "letters, digits, '.', '_' and '-', at most 64, and `.md`"
        return None, (Fault(1, f"{stem[:80]!r} is no name of a prompt", allowed, found=stem[:80]),)
    try:
        text = jail.read_file(name).decode("utf-8-sig")
    except PathError as error:
        return None, (Fault(1, f"the file cannot be read: {error.reason}", "a readable file"),)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return None, (Fault(line, "the file is no UTF-8", "text in UTF-8"),)
    prompt, faults = read_prompt(stem, text, source=source, known=GLOBALS)
    if prompt is None:
        return None, faults
    unknown = [each for each in uses((prompt,)) if each.function not in FUNCTIONS]
    return prompt, tuple(
        Fault(each.line, f"{each.function} is no function", ", ".join(sorted(FUNCTIONS)), found=each.function)
        for each in unknown
    )


def _clashes(names: list[str], shown: str) -> Iterator[Problem]:
    """Names that some clients and file systems would not tell apart."""
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            fault = Fault(1, f"the name differs from {first} in its case alone", "another name", found=name)
            yield _problem(f"{shown.rstrip('/')}/{name}", fault)


def _problem(source: str, fault: Fault) -> Problem:
    end = (
        f"; did you mean {fault.suggestion}?"
        if fault.suggestion
        else f"; allowed: {fault.allowed}."
        if fault.allowed
        else "."
    )
    return Problem(
        source=source,
        line=fault.line,
        column=None,
        key=fault.key,
        found=fault.found,
        allowed=fault.allowed,
        suggestion=fault.suggestion,
        message=f"{fault.message}{end}",
    )

"""Which functions of a module are its operations."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TypeGuard

from seawall.errors import Problem
from seawall.toolsets.functions.source import Function, Member, SourceFile, Sources, problem
from seawall.toolsets.interface import LeftOut

__all__ = ["Members", "find_members"]


@dataclass(frozen=True, slots=True)
class Members:
    """What was found in a module.

    Attributes:
        functions: in the order in which they stand there.
        left_out: functions that somebody might expect among them.
        problems: names that do not lead to one function each.
    """

    functions: tuple[Member, ...]
    left_out: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]


def find_members(module: ModuleType, sources: Sources) -> Members:
    """The functions that `__all__` names; without it, all that the module defines and that have no underscore.

    Classes, constants and modules are nobody's operations and are passed over, also in `__all__`.
    """
    source = sources.file(module.__file__ or "")
    everything: Mapping[str, object] = vars(module)
    declared = everything.get("__all__")
    names = [str(name) for name in declared] if isinstance(declared, list | tuple) else None
    chosen: list[Member] = []
    left_out: list[LeftOut] = []
    for name, value in everything.items() if names is None else _named(everything, names):
        if not _is_function(value):
            continue
        reason = None if names is not None else _why_not(name, value, module)
        if reason is None:
            chosen.append(Member(name, value))
        elif reason:
            left_out.append(LeftOut(name, reason))
    if names is not None:
        left_out += _unlisted(everything, names, module)
    problems = [*_missing(names or (), everything, source, module), *_repeated(chosen, source, module)]
    return Members(tuple(chosen), tuple(left_out), tuple(problems))


def _named(everything: Mapping[str, object], names: list[str]) -> Iterator[tuple[str, object]]:
    yield from ((name, everything[name]) for name in dict.fromkeys(names) if name in everything)


def _is_function(value: object) -> TypeGuard[Function]:
    """Whether it is a function with code of its own, wrapped or not."""
    return callable(value) and inspect.isfunction(inspect.unwrap(value))


def _why_not(name: str, function: Function, module: ModuleType) -> str | None:
    """Why a function of a module without `__all__` is not offered; nothing to say when nobody would expect it."""
    if name.startswith("_"):
        return ""
    plain = inspect.unwrap(function)
    home = getattr(function, "__module__", "")
    if home != module.__name__:
        same_package = home.partition(".")[0] == module.__name__.partition(".")[0]
        return f"it comes from {home}; name it in __all__ to offer it" if same_package else ""
    if name != plain.__name__ and getattr(module, plain.__name__, None) is function:
        return f"it is another name of {plain.__name__}"
    return None


def _unlisted(everything: Mapping[str, object], names: list[str], module: ModuleType) -> Iterator[LeftOut]:
    for name, value in everything.items():
        if name not in names and _is_function(value) and _why_not(name, value, module) is None:
            yield LeftOut(name, "__all__ does not name it")


def _missing(
    names: list[str] | tuple[str, ...],
    everything: Mapping[str, object],
    source: SourceFile,
    module: ModuleType,
) -> Iterator[Problem]:
    place = source.assignment("__all__")
    for name in names:
        if name not in everything:
            yield problem(
                place,
                key=f"{module.__name__}.__all__",
                message=f"__all__ names {name!r}, which the module does not have",
                allowed="names of the module",
            )


def _repeated(chosen: list[Member], source: SourceFile, module: ModuleType) -> Iterator[Problem]:
    offered = {member.name for member in chosen}
    for first, later in source.repeated():
        if later.name in offered:
            yield problem(
                source.name_of(later),
                key=f"{module.__name__}.{later.name}",
                message=f"{later.name!r} is defined a second time; the first, on line {first.lineno}, is lost",
                allowed="each name once",
            )

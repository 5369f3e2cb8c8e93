"""From a module to the plans of its operations, or to everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from seawall.errors import Problem
from seawall.toolsets.functions.settings import Settings
from seawall.toolsets.functions.survey import Found, Surveyor
from seawall.toolsets.interface import LeftOut
from seawall.toolsets.python.declaration import PythonDeclaration
from seawall.toolsets.python.members import find_members

__all__ = ["Survey", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a module has to offer.

    Attributes:
        found: functions without a fault, also those that the declaration does not offer.
        left_out: functions that cannot be operations, or that nobody asked for.
        problems: faults of what the declaration offers, in the order of the file.
        settings: the settings class that is to be filled, or None.
    """

    found: tuple[Found, ...]
    left_out: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]
    settings: type[Settings] | None


def survey(module: ModuleType, declaration: PythonDeclaration) -> Survey:
    """Look at every function of the module.

    A fault is a problem when the declaration offers the function; else it is a reason why the function is left out.
    """
    surveyor = Surveyor(declaration, module.__name__)
    members = find_members(module, surveyor.sources)
    surveyor.problems += members.problems
    for member in members.functions:
        surveyor.look_at(member)
    surveyor.refuse_equal_names()
    surveyor.compare_with_declaration()
    return Survey(
        tuple(surveyor.found),
        (*surveyor.left_out, *members.left_out),
        surveyor.ordered(),
        surveyor.settings if surveyor.settings_needed else None,
    )

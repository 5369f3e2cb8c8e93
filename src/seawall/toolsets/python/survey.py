"""From a module to the plans of its operations, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from seawall.errors import Problem
from seawall.security.jail import Jail, Roots
from seawall.toolsets.interface import LeftOut
from seawall.toolsets.outline import Outline
from seawall.toolsets.python import arguments
from seawall.toolsets.python.declaration import PythonDeclaration
from seawall.toolsets.python.documentation import Documentation, read_docstring
from seawall.toolsets.python.injection import Injectable
from seawall.toolsets.python.marks import Marks, read_marks
from seawall.toolsets.python.members import Member, Sources, find_members
from seawall.toolsets.python.results import unsupported_result
from seawall.toolsets.python.settings import Settings
from seawall.toolsets.python.signature import Signature, read_signature
from seawall.toolsets.python.source import Function, Place, problem
from seawall.toolsets.selection import why_left_out

__all__ = ["Found", "Survey", "survey"]


@dataclass(frozen=True, slots=True)
class Found:
    """A function that can be an operation."""

    function: Function
    marks: Marks
    signature: Signature
    documentation: Documentation
    place: Place


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
    surveyor = _Surveyor(declaration, module.__name__)
    members = find_members(module, surveyor.sources)
    surveyor.problems += members.problems
    for member in members.functions:
        surveyor.look_at(member)
    surveyor.refuse_equal_names()
    surveyor.compare_with_declaration()
    ordered = sorted(surveyor.problems, key=lambda each: (each.source, each.line or 0, each.column or 0))
    return Survey(
        tuple(surveyor.found),
        (*surveyor.left_out, *members.left_out),
        tuple(dict.fromkeys(ordered)),
        surveyor.settings if surveyor.settings_needed else None,
    )


class _Surveyor:
    def __init__(self, declaration: PythonDeclaration, module: str) -> None:
        self.sources = Sources()
        self.found: list[Found] = []
        self.left_out: list[LeftOut] = []
        self.problems: list[Problem] = []
        self.settings: type[Settings] | None = None
        self.settings_needed = bool(declaration.settings)
        self._declaration = declaration
        self._module = module
        self._asks_for_files = False

    def look_at(self, member: Member) -> None:
        """Take the function in, or say what keeps it out."""
        source = self.sources.of(member.function)
        key = f"{self._module}.{member.name}"
        marks, faults = read_marks(member.function, member.name)
        wrong = [
            problem(
                source.word(member.function, fault.word),
                key=f"{key}.{fault.word}",
                message=fault.message,
                allowed=fault.allowed,
                suggestion=fault.suggestion,
            )
            for fault in faults
        ]
        signature, unreadable = read_signature(member.function, source, key)
        outline = Outline(marks.name, title="", description="", hints=marks.hints)
        reason = why_left_out(outline, self._declaration)
        wrong += unreadable
        wrong += arguments.problems(signature.parameters, key)
        wrong += self._of_result(signature, key)
        wrong += self._of_injected(signature, key, offered=reason is None)
        if reason is None:
            self.problems += wrong
        elif wrong:
            first = wrong[0]
            self.left_out.append(
                LeftOut(marks.name, f"{reason}; and {first.source}:{first.line}: {first.message}")
            )
        if not wrong:
            documentation = read_docstring(member.function.__doc__)
            place = source.function(member.function)
            self.found.append(Found(member.function, marks, signature, documentation, place))

    def _of_result(self, signature: Signature, key: str) -> Sequence[Problem]:
        wrong = unsupported_result(signature.result)
        if wrong is None:
            return ()
        message = f"the type of the result cannot be used: {wrong.reason}"
        return (problem(signature.result_place, key=f"{key}.return", message=message, allowed=wrong.allowed),)

    def _of_injected(self, signature: Signature, key: str, *, offered: bool) -> list[Problem]:
        wrong: list[Problem] = []
        for name, wanted, place in signature.injected:
            own = f"{key}.{name}"
            if issubclass(wanted, Settings):
                self.settings_needed |= offered
                wrong += self._of_settings(wanted, place, own)
            elif issubclass(wanted, Jail | Roots):
                self._asks_for_files = True
                if offered:
                    wrong += self._of_files(wanted, place, own)
        return wrong

    def _of_settings(self, wanted: type[Settings], place: Place, key: str) -> Sequence[Problem]:
        if self.settings is None or self.settings is wanted:
            self.settings = wanted
            return ()
        message = f"it takes the settings {wanted.__qualname__}, others take {self.settings.__qualname__}"
        return (
            problem(place, key=key, message=message, allowed="one class of settings for the whole module"),
        )

    def _of_files(self, wanted: Injectable, place: Place, key: str) -> Sequence[Problem]:
        roots = self._declaration.roots
        if roots is None:
            message = f"it takes a {wanted.__name__}, and the toolset declares no `roots`"
            return (problem(place, key=key, message=message, allowed='`roots = "./data"` in the blueprint'),)
        if issubclass(wanted, Jail) and not isinstance(roots, str):
            message = "it takes a Jail, which is one root, and the toolset declares `roots` with names"
            return (
                problem(place, key=key, message=message, allowed="seawall.Roots, or one root without a name"),
            )
        return ()

    def refuse_equal_names(self) -> None:
        """Two operations of one name: the later one is a problem."""
        first: dict[str, Found] = {}
        for found in self.found:
            name = found.marks.name
            earlier = first.setdefault(name, found)
            if earlier is not found:
                place = self.sources.of(found.function).word(found.function, "name")
                message = f"a second operation named {name!r}; the first is on line {earlier.place.line}"
                key = f"{self._module}.{found.place.found}.name"
                self.problems.append(
                    problem(place, key=key, message=message, allowed="a name that no other operation has")
                )

    def compare_with_declaration(self) -> None:
        """What the declaration gives and no function takes."""
        if self._declaration.settings and self.settings is None:
            message = (
                f"no function of {self._module} takes a seawall.Settings class, so the settings reach nothing"
            )
            self.problems.append(
                problem(
                    Place(""), key="settings", message=message, allowed="no settings, or a function that asks"
                )
            )
        if self._declaration.roots is not None and not self._asks_for_files:
            message = f"no function of {self._module} takes a seawall.Jail or seawall.Roots, so the roots reach nothing"
            self.problems.append(
                problem(Place(""), key="roots", message=message, allowed="no roots, or a function that asks")
            )

"""From functions to what their operations are made of, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from seawall.errors import Problem
from seawall.security.jail import Jail, Roots
from seawall.toolsets.functions import arguments
from seawall.toolsets.functions.declaration import LendingDeclaration
from seawall.toolsets.functions.documentation import Documentation, read_docstring
from seawall.toolsets.functions.injection import Injectable
from seawall.toolsets.functions.marks import MarkFault, Marks, read_marks
from seawall.toolsets.functions.resources import ResourceMark, as_read, read_resource_mark, resource_faults
from seawall.toolsets.functions.results import unsupported_result
from seawall.toolsets.functions.settings import Settings
from seawall.toolsets.functions.signature import PLAIN, Form, Signature, read_signature
from seawall.toolsets.functions.source import Function, Member, Place, Sources, problem
from seawall.toolsets.interface import LeftOut
from seawall.toolsets.outline import Outline
from seawall.toolsets.readables import same_uri
from seawall.toolsets.selection import why_left_out

__all__ = ["Found", "ReadMarks", "Surveyor"]

ReadMarks: TypeAlias = Callable[[Function, str], tuple[Marks, tuple[MarkFault, ...]]]
"""Gives the marks of a function of that name, and what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A function that can be an operation."""

    function: Function
    marks: Marks
    signature: Signature
    documentation: Documentation
    place: Place
    resource: ResourceMark | None = None

    @property
    def is_tool(self) -> bool:
        """Whether it is a tool: not so for a resource, unless it says that it is both."""
        return self.resource is None or self.marks.marked


class Surveyor:
    """Looks at one function after the other.

    A fault is a problem when the declaration offers the function; else it is a reason why the function is left out.

    Attributes:
        sources: the files that were read.
        found: functions without a fault, also those that the declaration does not offer.
        left_out: those with one that nobody asked for.
        problems: faults of what the declaration offers.
        settings: the class of settings that functions ask for, or None.
        settings_needed: whether the settings are to be filled.
        asks_for_files: whether anything takes files of the roots.
    """

    def __init__(self, declaration: LendingDeclaration, subject: str) -> None:
        self.sources = Sources()
        self.found: list[Found] = []
        self.left_out: list[LeftOut] = []
        self.problems: list[Problem] = []
        self.settings: type[Settings] | None = None
        self.settings_needed = bool(declaration.settings)
        self._declaration = declaration
        self._subject = subject
        self._uris: dict[str, str] = {}
        self.asks_for_files = False

    def look_at(self, member: Member, form: Form = PLAIN, read: ReadMarks = read_marks) -> Found | None:
        """Take the function in, or say what keeps it out; `read` gives what it says of itself."""
        source = self.sources.of(member.function)
        key = f"{self._subject}.{member.name}"
        marks, faults = read(member.function, member.name)
        marks = as_read(member.function, marks)
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
        signature, unreadable = read_signature(member.function, source, key, form)
        outline = Outline(marks.name, title="", description="", hints=marks.hints)
        reason = why_left_out(outline, self._declaration)
        wrong += unreadable
        wrong += arguments.problems(signature.parameters, key)
        wrong += self._of_result(signature, key)
        wrong += self.of_injected(signature, key, offered=reason is None)
        resource = read_resource_mark(member.function)
        if resource is not None and not wrong:
            wrong += self._of_resource(resource, member, signature, key)
        if reason is None:
            self.problems += wrong
        elif wrong:
            first = wrong[0]
            self.left_out.append(
                LeftOut(marks.name, f"{reason}; and {first.source}:{first.line}: {first.message}")
            )
        if wrong:
            return None
        documentation = read_docstring(member.function.__doc__)
        place = source.function(member.function)
        found = Found(member.function, marks, signature, documentation, place, resource)
        self.found.append(found)
        return found

    def _of_resource(
        self, mark: ResourceMark, member: Member, signature: Signature, key: str
    ) -> Iterator[Problem]:
        """What keeps a function from being read, or from being the only one that is read under its URI."""
        faults = [*resource_faults(mark, signature)]
        for uri, earlier in self._uris.items() if not faults else ():
            if same_uri(uri, mark.uri):
                words = (
                    "has the same URI"
                    if uri == mark.uri
                    else f"has {uri}, which fits URIs of {mark.uri}, too"
                )
                faults.append(MarkFault("uri", f"{earlier} {words}", "a URI of its own"))
        if not faults:
            self._uris[mark.uri] = member.name
        place = self.sources.of(member.function).function(member.function)
        for fault in faults:
            yield problem(place, key=f"{key}.{fault.word}", message=fault.message, allowed=fault.allowed)

    def ordered(self) -> tuple[Problem, ...]:
        """The problems, each once, in the order of the files."""
        by_place = sorted(self.problems, key=lambda each: (each.source, each.line or 0, each.column or 0))
        return tuple(dict.fromkeys(by_place))

    def _of_result(self, signature: Signature, key: str) -> Sequence[Problem]:
        wrong = unsupported_result(signature.data)
        if wrong is None:
            return ()
        message = f"the type of the result cannot be used: {wrong.reason}"
        return (problem(signature.result_place, key=f"{key}.return", message=message, allowed=wrong.allowed),)

    def of_injected(self, signature: Signature, key: str, *, offered: bool) -> list[Problem]:
        """What keeps the server from filling in what it asks for."""
        wrong: list[Problem] = []
        for name, wanted, place in signature.injected:
            wrong += self.of_lent(wanted, place, f"{key}.{name}", offered=offered)
        return wrong

    def of_lent(self, wanted: Injectable, place: Place, key: str, *, offered: bool) -> Sequence[Problem]:
        """What keeps the server from lending one thing."""
        if issubclass(wanted, Settings):
            self.settings_needed |= offered
            return self._of_settings(wanted, place, key)
        if issubclass(wanted, Jail | Roots):
            self.asks_for_files = True
            return self._of_files(wanted, place, key) if offered else ()
        return ()

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
                key = f"{self._subject}.{found.place.found}.name"
                self.problems.append(
                    problem(place, key=key, message=message, allowed="a name that no other operation has")
                )

    def compare_with_declaration(self) -> None:
        """What the declaration gives and no function takes."""
        if self._declaration.settings and self.settings is None:
            message = f"no function of {self._subject} takes a seawall.Settings class, so the settings reach nothing"
            self.problems.append(
                problem(
                    Place(""), key="settings", message=message, allowed="no settings, or a function that asks"
                )
            )
        if self._declaration.roots is not None and not self.asks_for_files:
            message = f"no function of {self._subject} takes a seawall.Jail or seawall.Roots, so the roots reach nothing"
            self.problems.append(
                problem(Place(""), key="roots", message=message, allowed="no roots, or a function that asks")
            )

"""From a contract and its implementation to the plans of its operations, or to everything that is wrong with them."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args, get_origin

from seawall.errors import BlueprintError, Problem
from seawall.security.budget import Deadline
from seawall.toolsets.contract.declaration import ContractDeclaration
from seawall.toolsets.contract.fitting import misfits
from seawall.toolsets.contract.generics import Bindings, bindings_of, substituted
from seawall.toolsets.contract.hints import HintReader
from seawall.toolsets.contract.implementation import Implementation, find_implementation
from seawall.toolsets.contract.methods import Method, find_methods
from seawall.toolsets.contract.paging import CURSOR
from seawall.toolsets.contract.paths import JailedPaths, unchecked
from seawall.toolsets.functions.arguments import Arguments
from seawall.toolsets.functions.injection import PER_CALL, Resources
from seawall.toolsets.functions.loading import load_named
from seawall.toolsets.functions.raising import Declared
from seawall.toolsets.functions.results import adapter_of, schema_of
from seawall.toolsets.functions.settings import Settings
from seawall.toolsets.functions.signature import UNSET, Annotation, Form
from seawall.toolsets.functions.source import Place, Sources, problem
from seawall.toolsets.functions.survey import Found, Surveyor
from seawall.toolsets.interface import LeftOut, Remark
from seawall.toolsets.outline import Outline
from seawall.toolsets.rooted import root_directories
from seawall.toolsets.selection import why_left_out

__all__ = ["Offer", "Survey", "survey"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A method that can be an operation.

    Attributes:
        method: its name in the contract.
        found: what is known of it.
        declared: the exceptions that are meant for its callers.
        has_paths: it takes paths, which are checked before it is called.
    """

    method: str
    found: Found
    declared: Declared
    has_paths: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """What a contract has to offer.

    Attributes:
        offers: methods without a fault, also those that the declaration does not offer.
        implementation: what carries them out.
        sources: files that were read.
        left_out: methods that cannot be operations, or that nobody asked for.
        problems: faults, in the order of the files.
        remarks: what else the operator should know.
        settings: the settings class that is to be filled, or None.
    """

    offers: tuple[Offer, ...]
    implementation: Implementation
    sources: Sources
    left_out: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]
    remarks: tuple[Remark, ...]
    settings: type[Settings] | None


def survey(declaration: ContractDeclaration, directory: Path, resources: Resources) -> Survey:
    """Look at every method of the contract, and at what carries them out.

    Raises:
        BlueprintError: one of the two cannot be imported, or is none of the kind.
    """
    named = load_named(declaration.contract, directory, key="contract")
    given = get_args(named) if getattr(get_origin(named), "__parameters__", ()) else ()
    contract = get_origin(named) if given else named  # `Numbers = Store[int]` names a class, too
    if not isinstance(contract, type):
        raise BlueprintError([_no_class(declaration.contract)])
    surveyor = _ContractSurveyor(declaration, contract, directory, resources)
    surveyor.bindings = bindings_of(contract, given)
    implementation = find_implementation(declaration.implementation, contract, directory, surveyor.sources)
    offers = tuple(surveyor.offers())
    surveyor.look_at_implementation(implementation)
    if implementation.product is not None:
        methods = [(each.method, each.found) for each in offers]
        surveyor.problems += misfits(methods, implementation.product, implementation, surveyor.sources)
    surveyor.refuse_equal_names()
    surveyor.compare_with_declaration()
    surveyor.refuse_unused_hints()
    return Survey(
        offers,
        implementation,
        surveyor.sources,
        tuple(surveyor.left_out),
        surveyor.ordered(),
        tuple(surveyor.remarks()),
        surveyor.settings if surveyor.settings_needed else None,
    )


class _ContractSurveyor(Surveyor):
    def __init__(
        self, declaration: ContractDeclaration, contract: type, directory: Path, resources: Resources
    ) -> None:
        super().__init__(declaration, contract.__qualname__)
        self._contract = contract
        self._said = declaration
        self._resources = resources
        self._hints = HintReader(declaration.hints)
        self.bindings: Mapping[type, Bindings] = {}
        roots = declaration.roots
        self._roots = None if roots is None else root_directories(roots, directory)
        self._remarks: list[Remark] = []

    def offers(self) -> Iterator[Offer]:
        """Every method that can be an operation."""
        methods = find_methods(self._contract, self.sources)
        self.problems += methods.problems
        self.left_out += methods.left_out
        for method in methods.methods:
            offer = self._offer(method)
            if offer is not None:
                yield offer
        if not methods.methods:
            message = (
                f"{self._contract.__qualname__} has no public methods, so that there is nothing to offer"
            )
            self.problems.append(
                problem(Place(""), key="contract", message=message, allowed="a class with methods")
            )

    def look_at_implementation(self, implementation: Implementation) -> None:
        """What it asks for must be there, too."""
        for name, wanted, optional in implementation.parameters:
            key = f"implementation.{name}"
            if wanted is None or optional:
                continue
            if issubclass(wanted, PER_CALL):
                message = f"{implementation.name} asks for {name!r}, a {wanted.__name__}, which each call has its own of"
                self.problems.append(
                    problem(
                        implementation.place,
                        key=key,
                        message=message,
                        allowed=f"a {wanted.__name__} as parameter of the methods",
                    )
                )
            else:
                self.problems += self.of_lent(wanted, implementation.place, key, offered=True)

    def refuse_unused_hints(self) -> None:
        """Hints of the blueprint for operations that there are not."""
        for name in self._said.hints:
            if name not in self._hints.used:
                message = f"`hints` names {name!r}, which is no operation of {self._contract.__qualname__}"
                names = ", ".join(found.marks.name for found in self.found) or "none"
                self.problems.append(
                    problem(Place(""), key=f"hints.{name}", message=message, allowed=f"one of: {names}")
                )

    def remarks(self) -> Iterator[Remark]:
        """What was taken from names, and what a docstring names that is not there."""
        yield from self._remarks
        said = [
            f"{_listed(names)} {'count' if len(names) > 1 else 'counts'} as {what}"
            for names, what in ((self._hints.reading, "read-only"), (self._hints.destroying, "destructive"))
            if names
        ]
        if said:
            yield Remark(
                "note",
                "hints_by_name",
                f"by the name alone, {' and '.join(said)}.",
                "Where a name misleads, @seawall.operation(read_only=…) or `hints` says otherwise.",
            )

    def _offer(self, method: Method) -> Offer | None:
        member, function = method.member, method.member.function
        marks, _ = HintReader(self._said.hints)(function, member.name)
        paths = JailedPaths(self._roots, self._resources, may_write=not marks.hints.read_only)

        def resolve(annotation: Annotation) -> Annotation:
            return paths(substituted(annotation, self.bindings.get(method.owner, {})))

        found = self.look_at(member, Form(bound=method.bound, pages=True, resolve=resolve), self._hints)
        self.asks_for_files |= paths.used
        if found is None:
            return None
        wrong = [*self._of_paths(found), *self._of_pages(found)]
        reason = why_left_out(Outline(marks.name, "", "", found.marks.hints), self._said)
        if wrong and reason is not None:
            first = wrong[0]
            self.left_out.append(
                LeftOut(marks.name, f"{reason}; and {first.source}:{first.line}: {first.message}")
            )
        elif wrong:
            self.problems += wrong
        if wrong:
            return None
        return Offer(member.name, found, self._declared(found), paths.used)

    def _of_paths(self, found: Found) -> Iterator[Problem]:
        """A path within a class of the author's, which nobody would check."""
        key = f"{self._contract.__qualname__}.{found.place.found}"
        message = "it has a Path within another type, where the jail does not see it"
        allowed = "a Path by itself, in a list or a union, or a text together with a seawall.Jail"
        for each in found.signature.parameters:
            if unchecked(Arguments(found.marks.name, [each], {}).schema):
                yield problem(each.place, key=f"{key}.{each.name}", message=message, allowed=allowed)
        data = found.signature.data
        if data is not UNSET and unchecked(schema_of(adapter_of(data))):
            yield problem(found.signature.result_place, key=f"{key}.return", message=message, allowed=allowed)

    def _of_pages(self, found: Found) -> Iterator[Problem]:
        if found.signature.item is UNSET:
            return
        key = f"{self._contract.__qualname__}.{found.place.found}"
        for each in found.signature.parameters:
            if each.name == CURSOR:
                message = f"it gives an iterator, and {CURSOR!r} is the argument with which callers get the next page"
                yield problem(each.place, key=f"{key}.{CURSOR}", message=message, allowed="another name")
        for name, wanted, place in found.signature.injected:
            if issubclass(wanted, Deadline):
                message = "it gives an iterator, and each of its pages has a deadline of its own"
                yield problem(
                    place,
                    key=f"{key}.{name}",
                    message=message,
                    allowed="a seawall.Context, which follows them",
                )

    def _declared(self, found: Found) -> Declared:
        """What `raises=` and the docstring name. Prose may name what it likes: an unknown name is a remark."""
        kinds = dict(found.marks.raises)
        said = found.documentation.raises
        for name in said:
            kind = _exception(name, found)
            if kind is None:
                self._remarks.append(
                    Remark(
                        "warning",
                        "unknown_exception",
                        f"{found.place.source}:{found.place.line}: the docstring of {found.place.found!r} says that it "
                        f"raises {name}, which is no exception class there (or too wide a one), so that it stays masked.",
                        "Name a class that the contract's module has, or use @seawall.operation(raises=[…]).",
                    )
                )
            else:
                kinds.setdefault(kind, "")
        return Declared(kinds, {name.rpartition(".")[2]: words for name, words in said.items()})


def _exception(name: str, found: Found) -> type[Exception] | None:
    first, *rest = name.split(".")
    known: Mapping[str, object] = inspect.unwrap(found.function).__globals__
    value = known.get(first, getattr(builtins, first, None))
    for part in rest:
        value = getattr(value, part, None)
    if isinstance(value, type) and issubclass(value, Exception) and value is not Exception:
        return value
    return None


def _no_class(name: str) -> Problem:
    return problem(
        Place("", found=name),
        key="contract",
        message=f"{name} is no class",
        allowed="a typing.Protocol, an abstract class or a class",
    )


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)

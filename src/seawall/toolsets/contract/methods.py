"""Which methods of a contract are its operations."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from seawall.errors import Problem
from seawall.toolsets.functions.marks import is_marked
from seawall.toolsets.functions.source import Function, Member, Sources, problem
from seawall.toolsets.interface import LeftOut

__all__ = ["CLOSING", "Method", "Methods", "find_methods", "home_of", "plain_function"]

CLOSING: Final = ("aclose", "close")
"""Names of the method that ends an implementation: the server calls it, not a caller."""

_FOUNDATIONS: Final = frozenset({"abc", "builtins", "typing", "typing_extensions"})
_NO_SIGNATURE: Final = "it has no signature of its own; a method with one that calls it can be offered"
_OTHERS: Final[Mapping[type, str]] = {
    property: "it is a property; a method is called",
    functools.cached_property: "it is a property; a method is called",
    functools.partial: _NO_SIGNATURE,
    functools.partialmethod: _NO_SIGNATURE,
    functools.singledispatchmethod: _NO_SIGNATURE,
}
"""What is no method and somebody may take for one."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method that a contract offers.

    Attributes:
        member: its name in the contract, and its function.
        bound: the function's first parameter is the object, or the class.
        owner: the class that defines it.
    """

    member: Member
    bound: bool
    owner: type


@dataclass(frozen=True, slots=True)
class Methods:
    """What was found in a contract.

    Attributes:
        methods: those of its bases first, each in the order in which it stands there.
        left_out: what somebody might expect among them.
        problems: names that do not lead to one method each.
    """

    methods: tuple[Method, ...]
    left_out: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]


def find_methods(contract: type, sources: Sources) -> Methods:
    """The public methods of the contract and of its bases in the same package; a later class wins over its bases."""
    found: dict[str, Method] = {}
    left_out: dict[str, LeftOut] = {}
    problems: list[Problem] = []
    package = contract.__module__.partition(".")[0]
    for owner in reversed(contract.__mro__):
        if owner.__module__ in _FOUNDATIONS:
            continue
        foreign = owner.__module__.partition(".")[0] != package
        problems += () if foreign else _repeated(owner, sources)
        for name, value in vars(owner).items():
            left_out.pop(name, None)
            earlier = found.pop(name, None)
            reason = _why_not(name, value, owner, foreign=foreign)
            plain = plain_function(value)
            if reason is None and _is_overload(value):
                problems.append(_only_overloads(name, owner, sources))
            elif reason:
                left_out[name] = LeftOut(name, reason)
            elif reason is None and plain is not None:
                found[name] = Method(Member(name, plain), not isinstance(value, staticmethod), owner)
            elif earlier is not None and value is not None:
                problems.append(_hidden(name, owner, earlier, sources))
    return Methods(tuple(found.values()), tuple(left_out.values()), tuple(problems))


def plain_function(value: object) -> Function | None:
    """The function behind a method as its class holds it; None when it is no method."""
    inner = value.__func__ if isinstance(value, staticmethod | classmethod) else value
    if isinstance(inner, type) or not callable(inner) or not inspect.isfunction(inspect.unwrap(inner)):
        return None
    function: Function = inner
    return function


def home_of(owner: type) -> str:
    """The file of a class; empty where it is not known."""
    module = inspect.getmodule(owner)
    return getattr(module, "__file__", None) or ""


def _why_not(name: str, value: object, owner: type, *, foreign: bool) -> str | None:
    """Why something of a class is no operation, "" when nobody would expect it; None when it may be one."""
    function = plain_function(value)
    if name.startswith("_"):
        marked = function is not None and is_marked(function)
        return "its name begins with an underscore, which keeps it from callers" if marked else ""
    if function is None:
        return next((reason for kinds, reason in _OTHERS.items() if isinstance(value, kinds)), None)
    if foreign:
        return f"it comes from {owner.__module__}, another package; define it in the contract to offer it"
    if name in CLOSING and not is_marked(function):
        return "the server calls it when it ends; @seawall.operation would make it a tool"
    return None


def _repeated(owner: type, sources: Sources) -> Iterator[Problem]:
    source = sources.file(home_of(owner))
    for first, later in source.repeated(owner.__name__):
        if not later.name.startswith("_"):
            yield problem(
                source.name_of(later),
                key=f"{owner.__qualname__}.{later.name}",
                message=f"{later.name!r} is defined a second time; the first, on line {first.lineno}, is lost",
                allowed="each name once",
            )


def _is_overload(value: object) -> bool:
    """Whether it is what `typing.overload` leaves of a method that is never defined itself."""
    return plain_function(value) is typing.overload(_is_overload)


def _only_overloads(name: str, owner: type, sources: Sources) -> Problem:
    source = sources.file(home_of(owner))
    return problem(
        source.method(owner.__name__, name),
        key=f"{owner.__qualname__}.{name}",
        message=f"{name!r} has only overloads, and callers get one schema",
        allowed="a definition below them whose types cover them all",
    )


def _hidden(name: str, owner: type, earlier: Method, sources: Sources) -> Problem:
    return problem(
        sources.file(home_of(owner)).class_(owner.__name__),
        key=f"{owner.__qualname__}.{name}",
        message=f"{name!r} of {owner.__name__} hides the method of {earlier.owner.__name__} and is none itself",
        allowed="a method, or another name",
    )

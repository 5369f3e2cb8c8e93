"""What carries a contract out: an object, a class or a function that makes the object."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_type_hints

from seawall.errors import BlueprintError, Problem
from seawall.toolsets.contract.methods import home_of
from seawall.toolsets.functions.injection import Injectable, injectable
from seawall.toolsets.functions.loading import load_named
from seawall.toolsets.functions.signature import UNSET
from seawall.toolsets.functions.source import Place, Sources, problem

__all__ = ["Implementation", "Maker", "find_implementation"]

Maker = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Implementation:
    """What the blueprint names as implementation.

    Attributes:
        name: as the blueprint has it.
        how: what it is.
        value: the object, the class or the function itself.
        place: where it is defined, as far as that is known.
        product: the class or object whose methods can be looked at before anything is made; None when a function does
            not say what it makes.
        parameters: what a class or function asks for: names and annotations.
    """

    name: str
    how: Literal["object", "class", "factory"]
    value: Any
    place: Place
    product: object | None
    parameters: tuple[tuple[str, Injectable | None, bool], ...]


def find_implementation(name: str, contract: type, directory: Path, sources: Sources) -> Implementation:
    """What the setting `implementation` names; the contract itself when it names nothing.

    Raises:
        BlueprintError: there is no such thing, it is none that could be used, or asks for what nobody gives.
    """
    if name:
        value = load_named(name, directory, key="implementation")
    else:
        value = contract
        if getattr(contract, "_is_protocol", False) or inspect.isabstract(contract):
            raise BlueprintError([_missing(contract)])
    if isinstance(value, types.ModuleType):
        raise BlueprintError([_unusable(name, "it is a module, not an object, a class or a function")])
    made = _implementation(name or f"{contract.__module__}:{contract.__qualname__}", value, contract, sources)
    problems = [
        problem(
            made.place,
            key=f"implementation.{parameter}",
            message=f"{made.name} asks for {parameter!r}, which the server cannot give",
            allowed="parameters of the types seawall.Settings, seawall.Jail and seawall.Roots, and others with a default",
        )
        for parameter, wanted, optional in made.parameters
        if wanted is None and not optional
    ]
    if problems:
        raise BlueprintError(problems)
    return made


def _implementation(name: str, value: Any, contract: type, sources: Sources) -> Implementation:  # noqa: ANN401  any
    if isinstance(value, type):
        place = sources.file(home_of(value)).class_(value.__name__)
        return Implementation(
            name, "class", value, place, value, _parameters(inspect.getattr_static(value, "__init__"))
        )
    if inspect.isroutine(value) or (callable(value) and not _has_methods(value, contract)):
        plain = inspect.unwrap(value)
        place = sources.of(plain).function(plain) if inspect.isfunction(plain) else Place("")
        return Implementation(name, "factory", value, place, _promised(plain), _parameters(value))
    kind = type(value)
    place = sources.file(home_of(kind)).class_(kind.__name__)
    return Implementation(name, "object", value, place, value, ())


def _has_methods(value: object, contract: type) -> bool:
    return any(hasattr(value, name) for name in vars(contract) if not name.startswith("_"))


def _promised(factory: Callable[..., object]) -> type | None:
    """The class that the factory says it makes; nothing when it names none, such as the contract itself."""
    try:
        made = get_type_hints(factory).get("return")
    except Exception:  # noqa: BLE001  boundary: whatever the author's annotation does; the object itself is looked at later
        return None
    concrete = (
        isinstance(made, type) and not getattr(made, "_is_protocol", False) and not inspect.isabstract(made)
    )
    return made if concrete and made is not types.NoneType else None


def _parameters(maker: Callable[..., object]) -> tuple[tuple[str, Injectable | None, bool], ...]:
    """Of each parameter that has to be looked at: its name, what the server fills in, and whether it may be left out."""
    try:
        signature = inspect.signature(maker)
        hints = get_type_hints(inspect.unwrap(maker), include_extras=True)
    except Exception:  # noqa: BLE001  boundary: a maker without a readable signature is called without arguments
        return ()
    fixed = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return tuple(
        (each.name, injectable(hints.get(each.name)), each.default is not UNSET)
        for each in signature.parameters.values()
        if each.kind not in fixed and each.name != "self"
    )


def _missing(contract: type) -> Problem:
    return problem(
        Place(""),
        key="implementation",
        message=f"{contract.__qualname__} only says what there is to do, and `implementation` names nothing that does it",
        allowed="an object, a class or a function that makes the object, as shop.service:create_inventory",
    )


def _unusable(name: str, reason: str) -> Problem:
    return problem(
        Place("", found=name),
        key="implementation",
        message=f"{name} cannot be the implementation: {reason}",
        allowed="an object, a class or a function that makes the object",
    )

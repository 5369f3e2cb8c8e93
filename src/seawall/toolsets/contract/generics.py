"""What the type variables of a generic contract stand for: in each of its classes for themselves."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Generic, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from seawall.toolsets.functions.signature import Annotation, UnfitError

__all__ = ["Bindings", "bindings_of", "substituted"]

Bindings = Mapping[object, Annotation]
"""The type for each type variable."""


def bindings_of(contract: type, given: tuple[Annotation, ...] = ()) -> Mapping[type, Bindings]:
    """By class, what the contract and its bases give to the type variables of that class.

    Two bases may share a variable and mean two things: `class Both(Reads[int], Writes[str])`.

    Args:
        contract: the class.
        given: what the blueprint's name gives to the contract itself: `Numbers = Store[int]`.
    """
    found: dict[type, Bindings] = {}
    waiting: list[tuple[type, tuple[Annotation, ...]]] = [(contract, given)]
    while waiting:
        owner, arguments = waiting.pop(0)
        if owner in found:
            continue
        bases = vars(owner).get("__orig_bases__", owner.__bases__)
        own = dict(zip(_parameters(owner, bases), arguments, strict=False))
        found[owner] = own
        for base in bases:
            origin = get_origin(base) or base
            if isinstance(origin, type) and origin not in {Generic, Protocol, object}:
                waiting.append((origin, tuple(_as_far_as_known(each, own) for each in get_args(base))))
    return found


def substituted(annotation: Annotation, bindings: Bindings) -> Annotation:
    """The annotation with a type in the place of each variable.

    Raises:
        UnfitError: a variable stands for nothing, so that nobody knows what may be given for it.
        NameError: a variable is bound to a name that its module does not have.
    """
    if isinstance(annotation, TypeVar):
        return _type_of(annotation, bindings)
    variables = _variables(annotation, bindings)
    if not variables:
        return annotation
    given: Any = tuple(_type_of(each, bindings) for each in variables)
    return annotation[given]


def _parameters(owner: type, bases: tuple[Any, ...]) -> tuple[object, ...]:
    """The variables of a class in their order: that of `Generic[…]` or `Protocol[…]` (PEP 484, PEP 544)."""
    said = [get_args(each) for each in bases if get_origin(each) in {Generic, Protocol}]
    return said[0] if said else tuple(getattr(owner, "__parameters__", ()))


def _as_far_as_known(annotation: Annotation, bindings: Bindings) -> Annotation:
    """What a class gives to its base; a variable that it leaves open is judged where it is used."""
    if isinstance(annotation, TypeVar):
        return bindings.get(annotation, annotation)
    variables = _variables(annotation, bindings)
    if not variables:
        return annotation
    given: Any = tuple(bindings.get(each, each) for each in variables)
    return annotation[given]


def _variables(annotation: Annotation, bindings: Bindings) -> tuple[object, ...]:
    """The variables in an annotation."""
    if not isinstance(annotation, type) or get_args(annotation):  # of the latter one is list[T]
        return tuple(getattr(annotation, "__parameters__", ()))
    generic = getattr(annotation, "__pydantic_generic_metadata__", None) or {}
    variables = tuple(generic.get("parameters", ()))
    # A model with some is a class of its own, and `Box[T]` with its own T is `Box`, which may stand alone.
    return variables if generic.get("args") or all(each in bindings for each in variables) else ()


def _type_of(variable: object, bindings: Bindings) -> Annotation:
    found = bindings.get(variable, variable)
    if found is not variable:
        return substituted(found, {})  # a variable that is left in it can only be one with a bound
    if getattr(variable, "has_default", bool)():
        return getattr(variable, "__default__", None)
    if (bound := getattr(variable, "__bound__", None)) is not None:
        module = sys.modules.get(getattr(variable, "__module__", ""))
        holder = SimpleNamespace(__annotations__={"bound": bound})
        return get_type_hints(holder, vars(module) if module else {}, include_extras=True)["bound"]
    if constraints := getattr(variable, "__constraints__", ()):
        return Union[tuple(constraints)]  # noqa: UP007  made at run time
    raise UnfitError(
        f"the type variable {variable} stands for no type",
        allowed="a contract that gives it one, as `class Names(Store[str], Protocol)` does",
    )

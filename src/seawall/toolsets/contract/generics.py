"""What the type variables of a generic contract stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

from seawall.toolsets.functions.signature import Annotation

__all__ = ["Bindings", "bindings_of", "substituted"]

Bindings = Mapping[object, Annotation]
"""The type for each type variable."""


def bindings_of(contract: type) -> Bindings:
    """The types that the contract and its bases give to type variables: `class Names(Store[str], Protocol)`."""
    found: dict[object, Annotation] = {}
    for owner in contract.__mro__:
        for base in getattr(owner, "__orig_bases__", ()):
            origin = get_origin(base)
            for variable, given in zip(getattr(origin, "__parameters__", ()), get_args(base), strict=False):
                if variable is not given:
                    found.setdefault(variable, found.get(given, given))
    return found


def substituted(annotation: Annotation, bindings: Bindings) -> Annotation:
    """The annotation with a type in the place of each variable.

    Raises:
        TypeError: a variable stands for nothing, so that nobody knows what may be given for it.
    """
    if isinstance(annotation, TypeVar):
        return _type_of(annotation, bindings)
    variables = getattr(annotation, "__parameters__", ())
    if not variables or isinstance(annotation, type):
        return annotation
    given: Any = tuple(_type_of(each, bindings) for each in variables)
    return annotation[given]


def _type_of(variable: object, bindings: Bindings) -> Annotation:
    bound = bindings.get(variable, getattr(variable, "__bound__", None))
    if bound is None or isinstance(bound, TypeVar):
        raise TypeError(
            f"the type variable {variable} stands for no type; let a contract give it one, "
            "as in `class Names(Store[str], Protocol)`"
        )
    return bound

"""Whether an implementation has the methods of its contract, and whether they can be called as it says."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, get_type_hints

from seawall.errors import Problem
from seawall.toolsets.contract.implementation import Implementation
from seawall.toolsets.contract.methods import plain_function
from seawall.toolsets.functions.injection import bare, injectable
from seawall.toolsets.functions.signature import UNSET, Parameter
from seawall.toolsets.functions.source import Function, Place, Sources, problem
from seawall.toolsets.functions.survey import Found

__all__ = ["misfits"]

_VARIADIC = inspect.Parameter.VAR_KEYWORD
_NUMBERS = {(int, float), (int, complex), (float, complex)}
"""Pairs of which the first may stand for the second (PEP 484)."""


def misfits(
    methods: Sequence[tuple[str, Found]], product: object, implementation: Implementation, sources: Sources
) -> Iterator[Problem]:
    """Every method that is missing or does not fit, with the place where it stands.

    Args:
        methods: those of the contract, by their names there.
        product: a class that will be made, or an object.
        implementation: what the blueprint names, for places and names.
        sources: files that were read.
    """
    for name, found in methods:
        key = f"{implementation.name}.{name}"
        value = _attribute(product, name)
        function = plain_function(value)
        if (
            value is None
            or (function is None and not callable(value))
            or _only_promised(function, found, sources)
        ):
            yield _missing(name, found, implementation, key)
        elif function is not None:
            place = sources.of(function).function(function)
            unbound = isinstance(product, type) or inspect.getattr_static(product, name, None) is not None
            own = list(inspect.signature(function).parameters.values())
            skipped = (
                0 if isinstance(value, staticmethod) or not _takes_self(product, name, unbound=unbound) else 1
            )
            yield from _different(found, function, own[skipped:], place, key)


def _attribute(product: object, name: str) -> Any:  # noqa: ANN401  any
    value = inspect.getattr_static(product, name, None)
    if value is None and not isinstance(product, type):
        return getattr(product, name, None)  # an object that makes its methods when they are asked for
    return value


def _takes_self(product: object, name: str, *, unbound: bool) -> bool:
    """Whether the first parameter is the object: not so for a function that was put into an object."""
    return unbound and (isinstance(product, type) or name not in getattr(product, "__dict__", {}))


def _only_promised(function: Function | None, found: Found, sources: Sources) -> bool:
    """Whether the implementation has the contract's own method, which does nothing."""
    return function is found.function and sources.of(found.function).is_stub(found.function)


def _missing(name: str, found: Found, implementation: Implementation, key: str) -> Problem:
    contract = f"{found.place.source.rpartition('/')[2]}:{found.place.line}"
    return problem(
        implementation.place,
        key=key,
        message=f"{implementation.name} has no method {name!r}, which the contract has ({contract})",
        allowed="every method of the contract",
    )


def _different(
    found: Found, function: Function, own: Sequence[inspect.Parameter], place: Place, key: str
) -> Iterator[Problem]:
    by_name = {each.name: each for each in own}
    takes_all = any(each.kind is _VARIADIC for each in own)
    hints = _hints(function)
    wanted = {each.name: each for each in found.signature.parameters}
    given = [*wanted, *(name for name, _kind, _place in found.signature.injected)]
    for name in given:
        taken = by_name.get(name)
        if taken is None and not takes_all:
            message = f"it does not take {name!r}, which the contract gives it"
            yield problem(
                place,
                key=f"{key}.{name}",
                message=message,
                allowed="the contract's parameters, by their names",
            )
        elif taken is not None and taken.kind is inspect.Parameter.POSITIONAL_ONLY:
            message = f"it takes {name!r} by position alone, and is called with names"
            yield problem(
                place, key=f"{key}.{name}", message=message, allowed="parameters that can be given by name"
            )
        elif name in wanted and (clash := _clash(wanted[name], hints.get(name, UNSET))):
            yield problem(
                place, key=f"{key}.{name}", message=clash, allowed="the contract's type, or a wider one"
            )
    for each in own:
        if each.name not in given and _must_be_given(each) and injectable(hints.get(each.name)) is None:
            message = f"it asks for {each.name!r}, which the contract does not have"
            yield problem(
                place, key=f"{key}.{each.name}", message=message, allowed="a default, or no such parameter"
            )
    result, own_result = found.signature.result, hints.get("return", UNSET)
    if _parted(own_result, result):
        message = f"it gives {_name(own_result)}, and the contract promises {_name(result)}"
        yield problem(
            place, key=f"{key}.return", message=message, allowed="the contract's type, or a narrower one"
        )


def _clash(parameter: Parameter, own: object) -> str | None:
    if not _parted(parameter.annotation, own):
        return None
    return (
        f"it takes {parameter.name!r} as {_name(own)}, and the contract gives {_name(parameter.annotation)}"
    )


def _parted(given: object, taken: object) -> bool:
    """Whether what is given cannot be what is taken, as far as two plain classes tell."""
    first, second = bare(given), bare(taken)
    classes = (
        isinstance(first, type) and isinstance(second, type) and first is not UNSET and second is not UNSET
    )
    if not classes or getattr(first, "__args__", None) or getattr(second, "__args__", None):
        return False
    try:
        return not (issubclass(first, second) or (first, second) in _NUMBERS)
    except TypeError:  # a protocol that cannot be asked
        return False


def _hints(function: Function) -> dict[str, Any]:
    try:
        return get_type_hints(inspect.unwrap(function), include_extras=True)
    except Exception:  # noqa: BLE001  boundary: an implementation's annotations are its own affair
        return {}


def _must_be_given(parameter: inspect.Parameter) -> bool:
    variadic = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return parameter.default is UNSET and parameter.kind not in variadic


def _name(annotation: object) -> str:
    plain = bare(annotation)
    return str(getattr(plain, "__name__", plain))

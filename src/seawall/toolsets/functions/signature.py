"""What a function takes: arguments of its caller, and what the server fills in."""

from __future__ import annotations

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final, TypeAlias, get_args, get_origin, get_type_hints

from seawall.errors import Problem
from seawall.toolsets.functions.injection import Injectable, bare, injectable
from seawall.toolsets.functions.source import Function, Place, SourceFile, problem

__all__ = ["PLAIN", "UNSET", "Annotation", "Form", "Parameter", "Signature", "UnfitError", "read_signature"]

Annotation: TypeAlias = Any
"""A type, a special form, or whatever else may stand in an annotation."""

UNSET: Final = inspect.Parameter.empty
"""Stands for an annotation or a default that is not there."""

_TYPES: Final = "a type, such as str, int, list[str], a dataclass or a pydantic model"
_ITERATORS: Final = frozenset({Iterator, Iterable, Generator, AsyncIterator, AsyncIterable, AsyncGenerator})
_VARIADIC: Final[Mapping[object, str]] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


class UnfitError(Exception):
    """An annotation that can be read and not be used.

    Attributes:
        reason: why not, one clause.
        allowed: what can.
    """

    def __init__(self, reason: str, *, allowed: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument that callers give.

    Attributes:
        name: in the function.
        annotation: resolved, with its `Annotated` metadata.
        default: a value, a pydantic `Field(…)`, or UNSET when it must be given.
        place: where it stands.
    """

    name: str
    annotation: Annotation
    default: object
    place: Place


@dataclass(frozen=True, slots=True)
class Form:
    """What is expected of a function.

    Attributes:
        bound: its first parameter is the object that it belongs to.
        pages: it may give an iterator, whose items become pages.
        resolve: what an annotation stands for, such as the type that a type variable is bound to.
    """

    bound: bool = False
    pages: bool = False
    resolve: Callable[[Annotation], Annotation] = field(default=lambda annotation: annotation)


PLAIN: Final = Form()
"""A function of a module, which answers once."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives.

    Attributes:
        parameters: given by the caller.
        injected: filled in by the server: name, type and place.
        result: the return annotation, resolved, or UNSET.
        result_place: where that stands.
        asynchronous: it is an `async def`.
        item: the annotation of one item when it gives an iterator, or UNSET.
    """

    parameters: tuple[Parameter, ...]
    injected: tuple[tuple[str, Injectable, Place], ...]
    result: Annotation
    result_place: Place
    asynchronous: bool
    item: Annotation = UNSET

    @property
    def data(self) -> Annotation:
        """What goes out as data: the result, or one item of it."""
        return self.result if self.item is UNSET else self.item


def read_signature(
    function: Function, source: SourceFile, key: str, form: Form = PLAIN
) -> tuple[Signature, tuple[Problem, ...]]:
    """The signature, and everything that keeps it from being one of an operation.

    What cannot be read is missing in it, so that the rest can still be judged.
    """
    reader = _Reader(function, source, key, form)
    written = list(inspect.signature(function).parameters.values())
    parameters = [reader.parameter(each) for each in (written[1:] if form.bound else written)]
    result = reader.result() if form.pages or not reader.refuse_generator() else UNSET
    signature = Signature(
        parameters=tuple(item for item in parameters if isinstance(item, Parameter)),
        injected=tuple(item for item in parameters if isinstance(item, tuple)),
        result=result,
        result_place=source.result(function),
        asynchronous=inspect.iscoroutinefunction(function),
        item=_item(result) if form.pages else UNSET,
    )
    return signature, tuple(reader.problems)


class _Reader:
    def __init__(self, function: Function, source: SourceFile, key: str, form: Form) -> None:
        self._form = form
        self._function = function
        self._source = source
        self._key = key
        self._plain = inspect.unwrap(function)
        self.problems: list[Problem] = []

    def parameter(self, parameter: inspect.Parameter) -> Parameter | tuple[str, Injectable, Place] | None:
        place = self._source.parameter(self._function, parameter.name)
        key = f"{self._key}.{parameter.name}"
        if wrong := _wrong_form(parameter):
            message, allowed = wrong
            self.problems.append(problem(place, key=key, message=message, allowed=allowed))
            return None
        if parameter.annotation is UNSET:
            message = f"the parameter {parameter.name!r} has no annotation"
            self.problems.append(problem(place, key=key, message=message, allowed=_TYPES))
            return None
        annotation = self._resolved(parameter.name, parameter.annotation, place, key)
        if annotation is UNSET:
            return None
        if wanted := injectable(annotation):
            return parameter.name, wanted, place
        return Parameter(parameter.name, annotation, parameter.default, place)

    def result(self) -> Annotation:
        written = inspect.signature(self._function).return_annotation
        if written is UNSET:
            return UNSET
        return self._resolved("return", written, self._source.result(self._function), f"{self._key}.return")

    def refuse_generator(self) -> bool:
        if not (inspect.isgeneratorfunction(self._plain) or inspect.isasyncgenfunction(self._plain)):
            return False
        place = self._source.function(self._function)
        message = f"{place.found!r} is a generator, and a tool answers once"
        allowed = "a function that returns its result, such as a list"
        self.problems.append(problem(place, key=self._key, message=message, allowed=allowed))
        return True

    def _resolved(self, name: str, written: Annotation, place: Place, key: str) -> Annotation:
        """The annotation as a type, also when it was written as a text (PEP 563)."""
        holder = SimpleNamespace(__annotations__={name: written})
        try:
            hints = get_type_hints(holder, self._plain.__globals__, include_extras=True)
            return self._form.resolve(hints[name])
        except UnfitError as unfit:
            message = f"the annotation {_written(written)} cannot be used: {unfit.reason}"
            self.problems.append(problem(place, key=key, message=message, allowed=unfit.allowed))
            return UNSET
        except Exception as error:  # noqa: BLE001  boundary: whatever the author's annotation does when it is evaluated
            reason = " ".join(str(error).split())
            self.problems.append(
                problem(
                    place,
                    key=key,
                    message=f"the annotation {_written(written)} cannot be resolved: {reason}",
                    allowed="names that the module has at run time, not only under TYPE_CHECKING",
                )
            )
            return UNSET


def _item(result: Annotation) -> Annotation:
    """The annotation of an item when the result is an iterator; Any where it does not say which items."""
    plain = bare(result)
    if (get_origin(plain) or plain) not in _ITERATORS:
        return UNSET
    return next(iter(get_args(plain)), Any)


def _wrong_form(parameter: inspect.Parameter) -> tuple[str, str] | None:
    stars = _VARIADIC.get(parameter.kind)
    if stars:
        return f"{stars}{parameter.name} takes whatever comes", "parameters that are named one by one"
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        return (
            f"the parameter {parameter.name!r} can only be given by position, and callers give names",
            "a parameter that can be given by name",
        )
    return None


def _written(annotation: Annotation) -> str:
    text = annotation if isinstance(annotation, str) else getattr(bare(annotation), "__name__", annotation)
    return repr(str(text).strip("'\""))

"""Settings of a module of tools: a class of its own, filled from the blueprint."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from seawall.errors import Problem, StartError
from seawall.security.secrets import resolve
from seawall.toolsets.functions.source import Place, problem

__all__ = ["Secret", "Settings", "fill"]


class Settings(BaseModel):
    """Base of a module's settings; a function that has a parameter of the subclass gets the values.

    They come from `settings = { … }` of the toolset and are frozen. Unknown names are refused, and an error never
    repeats a value. Texts are converted (`"10"` to an int), since `${NAME}` always gives a text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)


def _revealed(value: object) -> object:
    """Read a secret from where the reference says that it is."""
    if not isinstance(value, str):
        return value
    try:
        return resolve(value)
    except StartError as error:
        raise ValueError(str(error)) from None


Secret: TypeAlias = Annotated[SecretStr, BeforeValidator(_revealed)]
"""A setting that is a secret: the blueprint has `env:NAME` or `file:/path`, the function gets a `SecretStr`."""


def fill(model: type[Settings], values: Mapping[str, object]) -> Settings | tuple[Problem, ...]:
    """The settings, or every problem of the values; a problem's key begins with `settings`."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        return tuple(_problems(error.errors(include_url=False, include_input=False), model))


def _problems(errors: list[ErrorDetails], model: type[Settings]) -> Iterator[Problem]:
    owner = f"{model.__module__}.{model.__qualname__}"
    known = list(model.model_fields)
    for error in errors:
        where = ".".join(("settings", *(str(part) for part in error["loc"])))
        suggestion, found = None, ""
        if error["type"] == "extra_forbidden":
            name = found = str(error["loc"][-1])
            message, allowed = f"{owner} has no setting {name!r}", f"one of: {', '.join(known) or 'none'}"
            close = difflib.get_close_matches(name, known, n=1)
            suggestion = close[0] if close else None
        elif error["type"] == "missing":
            message, allowed = f"{where} is missing, for which {owner} asks", "a value"
        else:
            reason = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            message, allowed = f"{where} does not fit {owner}", reason[:1].lower() + reason[1:].rstrip(".")
        yield problem(
            Place("", found=found), key=where, message=message, allowed=allowed, suggestion=suggestion
        )

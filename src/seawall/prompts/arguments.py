"""Arguments of a prompt: texts of a client become values, or are refused with every reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import re2  # type: ignore[import-untyped]

from seawall.errors import InvalidArgumentsError
from seawall.prompts.model import Argument, Prompt, Value
from seawall.toolsets.cleaning import clean_text

__all__ = ["unfit", "values_of"]

_WORDS: Final[Mapping[str, bool]] = {"true": True, "false": False}
_LONGEST_NUMBER: Final = 40


def values_of(prompt: Prompt, given: Mapping[str, object]) -> dict[str, Value | None]:
    """The value of each argument, cleaned of characters that nobody sees; None for one that has none.

    Raises:
        InvalidArgumentsError: names every argument that is missing, unknown or not valid.
    """
    faults = [f"there is no argument {name[:60]!r}" for name in given if name not in prompt.by_name]
    values: dict[str, Value | None] = {}
    for argument in prompt.arguments:
        text = given.get(argument.name)
        if text is None:
            if argument.required:
                faults.append(f"{argument.name} is missing")
            values[argument.name] = argument.default
            continue
        value, reason = _value(argument, text)
        if reason:
            faults.append(f"{argument.name} {reason}")
        values[argument.name] = value
    if faults:
        raise InvalidArgumentsError(
            tool=f"the prompt {prompt.name}", faults=faults, hint="Correct them, and ask again."
        )
    return values


def unfit(argument: Argument, value: Value, *, chosen: bool = False) -> str | None:
    """Why a value is none of the argument, as the end of a sentence; None when it is one.

    Args:
        argument: for which.
        value: of its own type, not a text of a client.
        chosen: whether the value is one of the choices.
    """
    if reason := _of_type(argument, value) or _within(argument, value):
        return reason
    if argument.choices and not chosen and value not in argument.choices:
        return f"is none of {', '.join(map(_written, argument.choices[:20]))}"
    return None


def _value(argument: Argument, text: object) -> tuple[Value | None, str | None]:
    if not isinstance(text, str):
        return None, "is no text"
    if len(text) > 2 * argument.max_length and len(text) > _LONGEST_NUMBER:
        return None, f"has more than {argument.max_length} characters"
    value = _read(argument, clean_text(text))
    if value is None:
        return None, {"integer": "is no whole number", "number": "is no number"}.get(
            argument.type, "is neither true nor false"
        )
    return value, unfit(argument, value)


def _read(argument: Argument, text: str) -> Value | None:
    if argument.type in {"string", "path"}:
        return text
    word = text.strip()
    if argument.type == "boolean":
        return _WORDS.get(word.lower())
    if len(word) > _LONGEST_NUMBER or "_" in word:
        return None
    try:
        return int(word) if argument.type == "integer" else float(word)
    except ValueError:
        return None


def _of_type(argument: Argument, value: Value) -> str | None:
    wanted: dict[str, tuple[type, ...]] = {
        "integer": (int,),
        "number": (int, float),
        "boolean": (bool,),
    }
    if type(value) not in wanted.get(argument.type, (str,)):
        return f"is no {argument.type}"
    if isinstance(value, int | float) and (not math.isfinite(value) or abs(value) >= 2**63):
        return "is too large"
    return None


def _within(argument: Argument, value: Value) -> str | None:
    if isinstance(value, str):
        if not argument.min_length <= len(value) <= argument.max_length:
            return f"has not {argument.min_length} to {argument.max_length} characters"
        if argument.pattern and not _compiled(argument.pattern).fullmatch(value):
            return f"does not match {argument.pattern}"
        return None
    if argument.minimum is not None and value < argument.minimum:
        return f"is less than {argument.minimum}"
    if argument.maximum is not None and value > argument.maximum:
        return f"is more than {argument.maximum}"
    return None


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:  # noqa: ANN401  re2 has no types
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(pattern, options=options)

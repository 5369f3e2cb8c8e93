"""What is wrong with a value that does not fit its JSON Schema, in words that a model can act on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import jsonschema_rs

__all__ = ["SHOWN_CHOICES", "SHOWN_VALUE", "explained", "shown"]

SHOWN_VALUE: Final = 80
"""Characters of a value that a message repeats."""

SHOWN_CHOICES: Final = 12
"""Allowed values that a message names."""

_SHOWN_OF_A_FORM: Final = 2  # faults of the form that was probably meant
_NAMES: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def explained(error: jsonschema_rs.ValidationError) -> str:
    """One sentence: where, what was found, what is allowed."""
    keyword, value = error.kind.name, error.kind.value
    where = _path(error.instance_path)
    if keyword == "required":
        return f"{shown(value)} is missing{f' in {where}' if error.instance_path else ''}"
    if keyword in {"additionalProperties", "unevaluatedProperties"}:
        return f"{where} has no place for {', '.join(shown(name) for name in value[:SHOWN_CHOICES])}"
    if keyword == "propertyNames":  # whose value is what is wrong with the name
        return f"{where} has a name that is not allowed there: {shown(getattr(value, 'instance', ''))}"
    if keyword in {"anyOf", "oneOf"}:
        return _none_of(error, where)
    return f"{where} is {shown(error.instance)}, but {_rule(keyword, value)}"


def _rule(keyword: str, value: object) -> str:
    if keyword == "not":
        return f"must not fit {_shortened(json.dumps(value))}"
    if keyword == "type":
        return f"must be {_types(value)}"
    if keyword == "enum":
        return f"must be one of {_choices(value)}"
    return _RULES.get(keyword, f"does not fit the schema ({keyword})").format(shown(value))


def _none_of(error: jsonschema_rs.ValidationError, where: str) -> str:
    """Of several allowed forms, the one that was meant: whose type and marks fit, and that lacks least."""
    forms: list[list[jsonschema_rs.ValidationError]] = list(error.kind.value)
    fitting = sum(not form for form in forms)
    if fitting:
        return f"{where} fits {fitting} of the allowed forms, but must fit exactly one"
    depth = len(error.instance_path)
    near = [form for form in forms if not any(_is_type(each, depth) for each in form)]
    if not near:
        types = [name for form in forms for name in _listed(form[0].kind.value)]
        return f"{where} is {shown(error.instance)}, but must be {_types(types)}"
    unmarked = [form for form in near if not any(map(_is_mark, form))]
    if not unmarked and (told := _told_apart(near)):
        return told
    nearest = min(unmarked or near, key=len)
    said = "; ".join(dict.fromkeys(map(explained, nearest[:_SHOWN_OF_A_FORM])))
    return said if len(unmarked or near) == 1 else f"{said} (by the nearest of {len(forms)} allowed forms)"


def _is_type(error: jsonschema_rs.ValidationError, depth: int) -> bool:
    return error.kind.name == "type" and len(error.instance_path) == depth


def _is_mark(error: jsonschema_rs.ValidationError) -> bool:
    """Whether a value differs that tells forms apart."""
    return error.kind.name in {"const", "enum"}


def _told_apart(forms: list[list[jsonschema_rs.ValidationError]]) -> str:
    """That one member must have one of the values which tell the forms apart; empty when it is not one member."""
    marks = [next(each for each in form if _is_mark(each)) for form in forms]
    if len({tuple(each.instance_path) for each in marks}) > 1:
        return ""
    choices: list[object] = []
    for each in marks:
        value = each.kind.value
        choices += value if each.kind.name == "enum" and isinstance(value, (list, tuple)) else [value]
    first = marks[0]
    return f"{_path(first.instance_path)} is {shown(first.instance)}, but must be one of {_choices(choices)}"


def _types(value: object) -> str:
    return " or ".join(dict.fromkeys(_NAMES.get(name, name) for name in _listed(value)))


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]


def _choices(value: object) -> str:
    options = value if isinstance(value, (list, tuple)) else [value]
    listed = ", ".join(shown(option) for option in options[:SHOWN_CHOICES])
    return f"{listed}, …" if len(options) > SHOWN_CHOICES else listed


_RULES: Final = {
    "const": "must be {}",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "multipleOf": "must be a multiple of {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} items",
    "maxItems": "must have at most {} items",
    "minProperties": "must have at least {} members",
    "maxProperties": "must have at most {} members",
    "uniqueItems": "must not have equal items",
    "pattern": "must match the pattern {}",
    "falseSchema": "must not be there",
    "unevaluatedItems": "has more items than there may be",
    "contains": "must have an item of the kind that it has to contain",
}


def _path(parts: Sequence[str | int]) -> str:
    """Where in the arguments: `lines[3].text`; the arguments themselves when empty."""
    if not parts:
        return "the whole"
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return _shortened(path)


def shown(value: object) -> str:
    """A value as JSON, harmless to a terminal, and short."""
    if isinstance(value, str):  # before it is escaped: the text may be megabytes long
        value = value[: SHOWN_VALUE + 1]
    elif isinstance(value, (list, dict)):
        return f"a list of {len(value)}" if isinstance(value, list) else f"an object of {len(value)}"
    return _shortened(json.dumps(value))


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_VALUE else f"{text[:SHOWN_VALUE]}…"

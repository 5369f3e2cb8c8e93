"""A tool's input schema, compiled once: says what is wrong with arguments in words that a model can act on."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from itertools import islice

import jsonschema_rs

from seawall.types import JsonObject

__all__ = ["ArgumentSchema"]

_SHOWN_VALUE = 80  # characters of a value that a message repeats
_SHOWN_CHOICES = 12  # allowed values that a message names
_SHOWN_FAULTS = 5  # faults that one answer names; a flood of them helps nobody
_CONSIDERED_FAULTS = 50  # faults that are put into words at all

_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class ArgumentSchema:
    """JSON Schema 2020-12 of a tool's arguments, compiled.

    Patterns run on an engine with linear time; only a schema with a pattern which that engine does not know
    (look-around, back-references) gets one that backtracks, and stops at a limit. References to other documents
    are never fetched. `format` is an annotation, as the specification has it.
    """

    __slots__ = ("_properties", "_validator")

    def __init__(self, schema: JsonObject) -> None:
        """Compile the schema.

        Raises:
            ValueError: it is no valid JSON Schema.
        """
        self._validator = _compiled(schema)
        properties = schema.get("properties")
        self._properties = tuple(properties) if isinstance(properties, dict) else ()

    def faults(self, arguments: JsonObject) -> Sequence[str]:
        """What is wrong with the arguments, one sentence each, at most five; empty when they fit."""
        try:
            if self._validator.is_valid(arguments):
                return ()
            errors = list(islice(self._validator.iter_errors(arguments), _CONSIDERED_FAULTS))
        except ValueError as error:  # only possible in process: a value that JSON does not have
            return (f"the arguments are not JSON ({error})",)
        said = list(dict.fromkeys(self._sentences(errors)))
        rest = len(said) - _SHOWN_FAULTS
        return (*said[:_SHOWN_FAULTS], "and more") if rest > 0 else tuple(said)

    def fits(self, value: JsonObject) -> bool:
        """Whether the value fits, for callers that need no words."""
        return self._validator.is_valid(value)

    def _sentences(self, errors: Iterable[jsonschema_rs.ValidationError]) -> Iterable[str]:
        for error in errors:
            if error.kind.name == "additionalProperties" and not error.instance_path:
                yield from (self._unknown(str(name)) for name in error.kind.value[:_CONSIDERED_FAULTS])
            else:
                yield _explained(error)

    def _unknown(self, name: str) -> str:
        close = difflib.get_close_matches(name[:_SHOWN_VALUE], self._properties, n=1)
        if close:
            return f"{_shown(name)} is no argument of this tool; did you mean {_shown(close[0])}?"
        known = ", ".join(self._properties[:_SHOWN_CHOICES]) or "none"
        return f"{_shown(name)} is no argument of this tool; there are: {known}"


def _compiled(schema: JsonObject) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True
        )
    except ValueError:
        return jsonschema_rs.Draft202012Validator(
            schema, pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=10_000), offline=True
        )


def _explained(error: jsonschema_rs.ValidationError) -> str:
    """One sentence: where, what was found, what is allowed."""
    keyword, value = error.kind.name, error.kind.value
    where = _path(error.instance_path)
    if keyword == "required":
        return f"{_shown(value)} is missing{f' in {where}' if error.instance_path else ''}"
    if keyword == "additionalProperties":
        return f"{where} has no place for {', '.join(_shown(name) for name in value[:_SHOWN_CHOICES])}"
    if keyword == "propertyNames":  # whose value is what is wrong with the name
        return f"{where} has a name that is not allowed there: {_shown(getattr(value, 'instance', ''))}"
    if keyword == "anyOf":
        return _none_of(error, where)
    return f"{where} is {_shown(error.instance)}, but {_rule(keyword, value)}"


def _rule(keyword: str, value: object) -> str:
    if keyword == "type":
        return f"must be {_types(value)}"
    if keyword == "enum":
        return f"must be one of {_choices(value)}"
    return _RULES.get(keyword, f"does not fit the schema ({keyword})").format(_shown(value))


def _none_of(error: jsonschema_rs.ValidationError, where: str) -> str:
    """Of several allowed forms, the one that was meant is the one whose type fits."""
    firsts = [branch[0] for branch in error.kind.value if branch]
    for first in firsts:
        if first.kind.name != "type" or len(first.instance_path) > len(error.instance_path):
            return _explained(first)
    types = [name for first in firsts for name in _listed(first.kind.value)]
    return f"{where} is {_shown(error.instance)}, but must be {_types(types)}"


def _types(value: object) -> str:
    return " or ".join(dict.fromkeys(_NAMES.get(name, name) for name in _listed(value)))


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]


def _choices(value: object) -> str:
    options = value if isinstance(value, (list, tuple)) else [value]
    shown = ", ".join(_shown(option) for option in options[:_SHOWN_CHOICES])
    return f"{shown}, …" if len(options) > _SHOWN_CHOICES else shown


_RULES = {
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
    "oneOf": "must fit exactly one of the allowed forms",
}


def _path(parts: Sequence[str | int]) -> str:
    """Where in the arguments: `lines[3].text`; the arguments themselves when empty."""
    if not parts:
        return "the whole"
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return _shortened(path)


def _shown(value: object) -> str:
    """A value as JSON, harmless to a terminal, and short."""
    if isinstance(value, str):  # before it is escaped: the text may be megabytes long
        value = value[: _SHOWN_VALUE + 1]
    elif isinstance(value, (list, dict)):
        return f"a list of {len(value)}" if isinstance(value, list) else f"an object of {len(value)}"
    return _shortened(json.dumps(value))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_VALUE else f"{text[:_SHOWN_VALUE]}…"

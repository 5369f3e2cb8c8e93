"""A tool's input schema, compiled once: says what is wrong with arguments in words that a model can act on."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

import jsonschema_rs

from seawall.types import JsonObject, JsonValue

__all__ = ["ArgumentSchema"]

_SHOWN_VALUE = 80  # characters of a value that a message repeats
_SHOWN_CHOICES = 12  # allowed values that a message names
_SHOWN_FAULTS = 5  # faults that one answer names; a flood of them helps nobody
_CONSIDERED_FAULTS = 50  # faults that are put into words at all

_MOST_SQUARES = (16 * 1024) ** 2  # of the lengths of texts that meet slow patterns: a third of a second
_EVERY = ""  # stands for every argument
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
    (look-around, back-references) gets one that backtracks, and stops at a limit. Where that one begins anew at each
    character, its time grows with the square of the text: so texts that such a pattern may meet are refused when they
    are long. References to other documents are never fetched. `format` is an annotation, as the specification has it.
    """

    __slots__ = ("_properties", "_slow", "_validator")

    def __init__(self, schema: JsonObject) -> None:
        """Compile the schema.

        Raises:
            ValueError: it is no valid JSON Schema.
        """
        self._validator, backtracks = _compiled(schema)
        self._slow = _slow_properties(schema) if backtracks else frozenset()
        properties = schema.get("properties")
        self._properties = tuple(properties) if isinstance(properties, dict) else ()

    def faults(self, arguments: JsonObject) -> Sequence[str]:
        """What is wrong with the arguments, one sentence each, at most five; empty when they fit."""
        if self._slow and (long := self._too_long(arguments)) is not None:
            return (f"{_shown(long)} has more text than can be compared with the patterns of its schema",)
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
        if self._slow and self._too_long(value) is not None:
            return False
        return self._validator.is_valid(value)

    def _too_long(self, arguments: JsonObject) -> str | None:
        """The argument with which the texts that may meet a slow pattern become too long; None when none does."""
        cost = 0
        for name, value in arguments.items():
            if _EVERY in self._slow or name in self._slow:
                cost += len(str(name)) ** 2 + sum(len(text) ** 2 for text in _texts(value))
                if cost > _MOST_SQUARES:
                    return name
        return None

    def _sentences(self, errors: Iterable[jsonschema_rs.ValidationError]) -> Iterable[str]:
        for error in errors:
            if error.kind.name == "additionalProperties" and not error.instance_path:
                yield from (self._unknown(str(name)) for name in error.kind.value[:_CONSIDERED_FAULTS])
            else:
                yield _explained(error)

    def _unknown(self, name: str) -> str:
        close = difflib.get_close_matches(name[:_SHOWN_VALUE], self._properties, n=1)
        if close:
            return f"{_shown(name)} is no argument of this tool (did you mean {_shown(close[0])}?)"
        known = ", ".join(self._properties[:_SHOWN_CHOICES]) or "none"
        return f"{_shown(name)} is no argument of this tool; there are: {known}"


def _compiled(schema: JsonObject) -> tuple[jsonschema_rs.Draft202012Validator, bool]:
    """The validator, and whether it backtracks."""
    try:
        return _linear(schema), False
    except ValueError:
        backtracking = jsonschema_rs.FancyRegexOptions(backtrack_limit=10_000)
        return jsonschema_rs.Draft202012Validator(schema, pattern_options=backtracking, offline=True), True


def _linear(schema: JsonObject) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True
    )


def _slow_properties(schema: JsonObject) -> frozenset[str]:
    """The arguments whose texts may meet a pattern that backtracks: those that hold one, or a reference to one."""
    properties = schema.get("properties")
    inside = properties if isinstance(properties, dict) else {}
    definitions = schema.get("$defs")
    referred = _backtracks(definitions, referred=False)
    outside = {key: value for key, value in schema.items() if key not in {"properties", "$defs"}}
    if _backtracks(outside, referred=referred):
        return frozenset([_EVERY])
    return frozenset(name for name, value in inside.items() if _backtracks(value, referred=referred))


def _backtracks(value: JsonValue, *, referred: bool) -> bool:
    """Whether a schema holds a slow pattern; `referred`: whether a reference may lead to one."""
    values = [value]
    while values:
        one = values.pop()
        if isinstance(one, list):
            values.extend(one)
        elif isinstance(one, dict):
            if referred and "$ref" in one:
                return True
            patterns = one.get("patternProperties")
            keys = [one.get("pattern"), *(patterns if isinstance(patterns, dict) else ())]
            if any(isinstance(each, str) and not _is_linear(each) for each in keys):
                return True
            values.extend(one.values())
    return False


@lru_cache(maxsize=4096)
def _is_linear(pattern: str) -> bool:
    try:
        _linear({"pattern": pattern})
    except ValueError:
        return False
    return True


def _texts(value: JsonValue) -> Iterator[str]:
    """Every text in the value, keys included."""
    values = [value]
    while values:
        one = values.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, list):
            values.extend(one)
        elif isinstance(one, dict):
            yield from map(str, one)  # in process, keys may be anything
            values.extend(one.values())


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

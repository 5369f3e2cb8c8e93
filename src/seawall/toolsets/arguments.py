"""A tool's input schema, compiled once: says what is wrong with arguments in words that a model can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

import jsonschema_rs

from seawall.toolsets.fault_words import SHOWN_CHOICES, SHOWN_VALUE, explained, shown
from seawall.types import JsonObject, JsonValue

__all__ = ["ArgumentSchema"]

_SHOWN_FAULTS = 5  # faults that one answer names; a flood of them helps nobody
_CONSIDERED_FAULTS = 50  # faults that are put into words at all
_MOST_EXPLAINED = (
    5000  # values among which faults are looked for: all are found at once, each in some 30 microseconds
)

_MOST_SQUARES = (16 * 1024) ** 2  # of the lengths of texts that meet slow patterns: a third of a second
_EVERY = ""  # stands for every argument


class ArgumentSchema:
    """JSON Schema 2020-12 of a tool's arguments, compiled.

    Patterns run on an engine with linear time; only a schema with a pattern which that engine does not know
    (look-around, back-references) gets one that backtracks, and stops at a limit. Where that one begins anew at each
    character, its time grows with the square of the text: so texts that such a pattern may meet are refused when they
    are long. References to other documents are never fetched. `format` is an annotation, as the specification has it.
    """

    __slots__ = ("_is_open", "_properties", "_slow", "_validator")

    def __init__(self, schema: JsonObject) -> None:
        """Compile the schema.

        Raises:
            ValueError: it is no valid JSON Schema.
        """
        self._validator, backtracks = _compiled(schema)
        self._slow = _slow_properties(schema) if backtracks else frozenset()
        properties = schema.get("properties")
        self._properties = tuple(properties) if isinstance(properties, dict) else ()
        self._is_open = schema.get("additionalProperties") is not False

    def faults(self, arguments: JsonObject) -> Sequence[str]:
        """What is wrong with the arguments, one sentence each, at most five; empty when they fit."""
        if self._slow and (long := self._too_long(arguments)) is not None:
            return (f"{shown(long)} has more text than can be compared with the patterns of its schema",)
        try:
            if self._validator.is_valid(arguments):
                return ()
            if (count := self._count(arguments)) > _MOST_EXPLAINED:
                return (
                    f"the arguments do not fit, and have {count} values: too many to say which; send fewer",
                )
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

    def _count(self, arguments: JsonObject) -> int:
        """How many values the schema looks at: names that a closed one does not know are one fault together."""
        return sum(
            _count(value) for name, value in arguments.items() if self._is_open or name in self._properties
        )

    def _sentences(self, errors: Sequence[jsonschema_rs.ValidationError]) -> Iterable[str]:
        typed = {tuple(each.instance_path) for each in errors if each.kind.name == "type"}
        for error in errors:
            if error.kind.name in {"anyOf", "oneOf"} and tuple(error.instance_path) in typed:
                continue  # what is of another type has nothing of those forms
            if error.kind.name == "additionalProperties" and not error.instance_path:
                yield from (self._unknown(str(name)) for name in error.kind.value[:_CONSIDERED_FAULTS])
            else:
                yield explained(error)

    def _unknown(self, name: str) -> str:
        close = difflib.get_close_matches(name[:SHOWN_VALUE], self._properties, n=1)
        if close:
            return f"{shown(name)} is no argument of this tool (did you mean {shown(close[0])}?)"
        known = ", ".join(self._properties[:SHOWN_CHOICES]) or "none"
        return f"{shown(name)} is no argument of this tool; there are: {known}"


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


def _count(value: JsonValue) -> int:
    """How many values it has, those in each other included."""
    count, values = 0, [value]
    while values:
        one = values.pop()
        count += 1
        if isinstance(one, (list, dict)):
            values.extend(one if isinstance(one, list) else one.values())
    return count


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

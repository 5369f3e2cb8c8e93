"""Arguments made from a tool's JSON Schema: some that fit it, and some that do not.

Made with hypothesis, the same ones in every run. No library is used for the schemas: the one there is
(hypothesis-jsonschema 0.23.1) fails with current releases of hypothesis.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final, TypeAlias, cast

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException, HypothesisWarning
from hypothesis.strategies import SearchStrategy

from seawall.toolsets.arguments import ArgumentSchema
from seawall.types import JsonObject, JsonValue

__all__ = ["Wrong", "fitting", "wrong"]

_Schema: TypeAlias = Mapping[str, Any]

_DEPTH: Final = 4  # levels below which what is optional is left out, so that recursive schemas end
_MOST_ITEMS: Final = 4
_MOST_CHARACTERS: Final = 60
_TOO_LONG: Final = 100_000  # characters; a text beyond a larger limit is not made
_TYPES: Final = ("string", "integer", "number", "boolean", "array", "object", "null")
_OF_ANOTHER_TYPE: Final[tuple[JsonValue, ...]] = ({"unexpected": [1]}, [[]], "text", 12345, 0.5, True, None)
_PLAIN: Final = st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cn"))
_RANGE: Final = 1000  # between the smallest and the largest number that are made
_MEANT: Final = {
    r"[\p{L}": "[A-Za-z",
    r"\p{L}": "[A-Za-z]",
    r"\p{N}": r"\d",
    r"\p{Lu}": "[A-Z]",
    r"\z": r"\Z",
    r"\/": "/",
}
_FORMATS: Final[Mapping[str, SearchStrategy[str]]] = {
    "date-time": st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
    "date": st.dates().map(str),
    "uuid": st.uuids().map(str),
    "email": st.emails(),
    "uri": st.from_regex(r"\Ahttps://[a-z]{1,8}\.example/[a-z]{0,8}\Z"),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Arguments that do not fit.

    Attributes:
        what: what is wrong with them, for a person.
        arguments: the arguments.
    """

    what: str
    arguments: JsonObject = field(repr=False)


def fitting(schema: JsonObject, count: int, *, levels: int = _DEPTH) -> list[JsonObject]:
    """Up to `count` different arguments that fit the schema; fewer when there are not so many, or none is found.

    Below so many `levels`, what is optional is left out.

    None is found too where a schema asks for what cannot be made here: a pattern that Python does not know, a value
    that contains itself without an end, or one that there cannot be.
    """
    required = schema.get("required", [])
    fewest = {
        name: rule
        for name, rule in cast("_Schema", schema.get("properties", {})).items()
        if name in cast("list[str]", required)
    }
    for tried in (schema, {**schema, "properties": fewest}):
        try:
            return _fitting(schema, tried, count, _DEPTH - levels)
        except (HypothesisException, RecursionError, ValueError, re.error):
            continue
    return []


def _fitting(schema: JsonObject, made_of: JsonObject, count: int, depth: int) -> list[JsonObject]:
    fits = ArgumentSchema(schema).fits
    found: dict[str, JsonObject] = {}
    strategy = _value(made_of, _Place(schema, depth)).filter(
        lambda each: isinstance(each, dict) and fits(each)
    )

    @settings(
        max_examples=count * 3,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(value: JsonValue) -> None:
        found.setdefault(json.dumps(value, sort_keys=True), cast("JsonObject", value))

    with (
        warnings.catch_warnings()
    ):  # strategies of large schemas are as large when they are printed, and nobody does
        warnings.simplefilter("ignore", HypothesisWarning)
        collect()
    return list(found.values())[:count]


def wrong(schema: JsonObject, base: JsonObject) -> Iterator[Wrong]:
    """Arguments that break the schema, each in one way, made from `base`, which fits.

    A schema that is none has no arguments that fit: whoever lists the tool is told why.
    """
    try:
        fits = ArgumentSchema(schema).fits
    except ValueError:
        return
    for each in _broken(schema, base):
        if not fits(each.arguments):
            yield each


def _broken(schema: _Schema, base: JsonObject) -> Iterator[Wrong]:
    yield Wrong("an argument that there is not", {**base, "no_such_argument": 1})
    for name in schema.get("required", ()):
        yield Wrong(f"{name} is missing", {key: value for key, value in base.items() if key != name})
    for name, rule in schema.get("properties", {}).items():
        resolved = _Place(schema).resolved(rule)
        for value in (*_OF_ANOTHER_TYPE, *_beyond(resolved)):
            shown = json.dumps(value)
            yield Wrong(f"{name} is {shown[:40]}", {**base, name: value})


def _beyond(rule: _Schema) -> Iterator[JsonValue]:
    """Values just outside of the limits that the rule states."""
    if "minimum" in rule:
        yield rule["minimum"] - 1
    if "maximum" in rule:
        yield rule["maximum"] + 1
    if rule.get("minLength"):
        yield ""
    if rule.get("maxLength", _TOO_LONG) < _TOO_LONG:
        yield "a" * (rule["maxLength"] + 1)
    if "enum" in rule or "pattern" in rule:
        yield "\x00 none of these"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a schema we are: the whole of it, for references, and how deep."""

    root: _Schema
    depth: int = 0

    def below(self) -> _Place:
        return _Place(self.root, self.depth + 1)

    def resolved(self, rule: object) -> _Schema:
        """The rule, with a reference into this schema followed and `allOf` merged."""
        if not isinstance(rule, Mapping):
            return {}
        seen = 0
        while "$ref" in rule and seen < 32:  # noqa: PLR2004  a chain of references that is longer goes in a circle
            target: Any = self.root
            for part in str(rule["$ref"]).removeprefix("#").strip("/").split("/"):
                target = target.get(part, {}) if isinstance(target, Mapping) and part else target
            rule = {**target, **{key: value for key, value in rule.items() if key != "$ref"}}
            seen += 1
        merged: dict[str, Any] = {key: value for key, value in rule.items() if key != "allOf"}
        for part in rule.get("allOf", ()):
            for key, value in self.resolved(part).items():
                merged[key] = _both(key, merged[key], value) if key in merged else value
        return merged


def _both(word: str, one: Any, other: Any) -> Any:  # noqa: ANN401  of any schema
    """What two parts of `allOf` say with one word, as far as what is made of it should know."""
    if word == "required":
        return list(dict.fromkeys((*one, *other)))
    if word == "enum":
        return [value for value in one if value in other] or other
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return other
    if word != "properties":
        return {**one, **other}
    return {
        **one,
        **{name: {"allOf": [one[name], each]} if name in one else each for name, each in other.items()},
    }


def _value(rule: object, place: _Place) -> SearchStrategy[Any]:
    rule = place.resolved(rule)
    if "const" in rule:
        return st.just(rule["const"])
    if "enum" in rule:
        return st.sampled_from(list(rule["enum"]))
    for word in ("anyOf", "oneOf"):
        if word in rule:
            rest = {key: value for key, value in rule.items() if key not in {word, "default", "examples"}}
            least = (
                {"minItems": 1} if word == "oneOf" else {}
            )  # an empty list would fit every list among them
            return st.one_of(
                [_value({**rest, **least, **place.resolved(each)}, place) for each in rule[word]]
            )
    named = rule.get("type", _guessed(rule))
    kinds = [named] if isinstance(named, str) else list(named)
    made = [_of_type(kind, rule, place) for kind in kinds if kind in _TYPES]
    known = [*rule.get("examples", ()), *([rule["default"]] if "default" in rule else [])]
    return st.one_of([*made, *([st.sampled_from(known)] if known else [])])


def _guessed(rule: _Schema) -> str:
    return "object" if "properties" in rule else "array" if "items" in rule else "string"


def _of_type(kind: str, rule: _Schema, place: _Place) -> SearchStrategy[Any]:
    made: SearchStrategy[Any]
    match kind:
        case "string":
            made = _text(rule)
        case "integer":
            made = _integer(rule)
        case "number":
            low, high = _bounds(rule)
            made = st.floats(float(low), float(high), allow_nan=False, allow_infinity=False)
        case "array":
            made = _array(rule, place)
        case "object":
            made = _object(rule, place)
        case _:
            made = st.booleans() if kind == "boolean" else st.none()
    return made


def _integer(rule: _Schema) -> SearchStrategy[int]:
    step = int(rule.get("multipleOf", 1)) or 1
    low, high = _bounds(rule)
    return st.integers(-(-int(low) // step), int(high) // step).map(lambda number: number * step)


def _bounds(rule: _Schema) -> tuple[float, float]:
    """The smallest and largest number to be made: what the rule states, or what is near to it."""
    low = rule.get("minimum", rule.get("exclusiveMinimum"))
    high = rule.get("maximum", rule.get("exclusiveMaximum"))
    if low is None:
        low = min(0, high) if high is not None else 0
    return low, low + _RANGE if high is None else min(high, low + _RANGE)


def _text(rule: _Schema) -> SearchStrategy[str]:
    shortest, longest = rule.get("minLength", 0), rule.get("maxLength")
    if "pattern" in rule:
        found = st.from_regex(re.compile(_as_python(str(rule["pattern"])), re.ASCII), alphabet=_PLAIN)
        return found.filter(lambda text: shortest <= len(text) and (longest is None or len(text) <= longest))
    if rule.get("format") in _FORMATS:
        return _FORMATS[rule["format"]]
    if shortest > _MOST_CHARACTERS:  # drawn character by character, a long one takes minutes
        return st.text(_PLAIN, max_size=_MOST_CHARACTERS).map(lambda text: text.ljust(shortest, "a"))
    high = max(shortest, _MOST_CHARACTERS)
    return st.text(_PLAIN, min_size=shortest, max_size=high if longest is None else min(longest, high))


def _can_be_made(rule: object, place: _Place) -> bool:
    """Whether texts of the rule's pattern, if it has one, can be made."""
    try:
        with warnings.catch_warnings():  # what another dialect means otherwise
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(_as_python(str(place.resolved(rule).get("pattern", ""))))
    except re.error:
        return False
    return True


def _as_python(pattern: str) -> str:
    r"""The pattern with words of ECMAScript in those of Python; what is made is tried against the schema all the same.

    To be read with `re.ASCII`: `\d` of ECMAScript is none of the other six hundred digits.
    """
    for word, meant in _MEANT.items():
        pattern = pattern.replace(word, meant)
    if re.search(r"(?<!\\)(?:\\\\)*\$\Z", pattern):
        pattern = f"{pattern[:-1]}\\Z"  # where Python's `$` takes a line end
    return re.sub(r"\(\?<(?![=!])", "(?P<", pattern)


def _array(rule: _Schema, place: _Place) -> SearchStrategy[list[Any]]:
    least = int(rule.get("minItems", 0))
    most = max(least, min(int(rule.get("maxItems", _MOST_ITEMS)), _MOST_ITEMS))
    if place.depth >= _DEPTH:
        most = least
    items = st.deferred(lambda: _value(rule.get("items", {"type": "string"}), place.below()))
    if "prefixItems" in rule:
        first = st.tuples(*(_value(each, place.below()) for each in rule["prefixItems"]))
        rest = max(0, least - len(rule["prefixItems"]))
        return st.tuples(first, items).map(lambda drawn: [*drawn[0], *([drawn[1]] * rest)])
    if least > _MOST_CHARACTERS and not rule.get("uniqueItems"):
        return items.map(lambda each: [each] * least)
    if rule.get("uniqueItems"):
        return st.lists(
            items, min_size=least, max_size=most, unique_by=lambda each: json.dumps(each, sort_keys=True)
        )
    return st.lists(items, min_size=least, max_size=most)


def _object(rule: _Schema, place: _Place) -> SearchStrategy[dict[str, Any]]:
    properties: Mapping[str, Any] = rule.get("properties", {})
    required = list(rule.get("required", ()))
    more = rule.get("additionalProperties")
    if more is not False:  # names that only `required` knows, and as many more as there must be
        missing = int(rule.get("minProperties", 0)) - len({*properties, *required})
        required += [f"more_{number}" for number in range(min(missing, _MOST_CHARACTERS))]
        rule_of_more = more if isinstance(more, Mapping) else {"type": "string"}
        properties = {**dict.fromkeys(required, rule_of_more), **properties}
    required = [name for name in required if name in properties]
    others = (name for name in properties if name not in required and _can_be_made(properties[name], place))
    optional = () if place.depth >= _DEPTH else tuple(others)
    strategies = _strategies(properties, (*required, *optional), place)
    return st.fixed_dictionaries(
        {name: strategies[name] for name in required}, optional={name: strategies[name] for name in optional}
    )


def _strategies(
    properties: Mapping[str, Any], names: Iterable[str], place: _Place
) -> dict[str, SearchStrategy[Any]]:
    """One strategy a property, each made when it is first drawn: a recursive schema has no end."""

    def deferred(name: str) -> SearchStrategy[Any]:
        return st.deferred(lambda: _value(properties[name], place.below()))

    return {name: deferred(name) for name in names}

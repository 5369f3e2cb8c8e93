"""Arguments that a tool's input schema allows, made from the schema alone and checked against it.

Nothing is executed and nothing is random: the same schema gives the same examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from seawall.reference.patterns import matching
from seawall.reference.schemas import Schema, resolved
from seawall.toolsets.arguments import ArgumentSchema
from seawall.types import JsonObject

__all__ = ["examples"]

_DEEPEST: Final = 6
_OPTIONAL: Final = 3  # optional arguments that the second example has
_LONGEST: Final = 4096  # characters of a text that is made only because the schema wants it so long
_MADE: Final = 4  # values that are tried for one argument

_FORMATS: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT15M",
    "email": "person@example.com",
    "hostname": "host.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uri-reference": "/path",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
}


class _Nothing(Exception):  # noqa: N818  a signal within this module
    """No value can be made for a schema."""


def examples(schema: JsonObject, declared: Iterable[JsonObject] = ()) -> tuple[JsonObject, ...]:
    """Calls that are worth showing: those declared, else one with what is needed and one with some more.

    Args:
        schema: of the arguments.
        declared: by the tool's author; one that the schema does not allow is left out.

    Returns:
        None twice; none at all when no arguments can be made that the schema allows.
    """
    try:
        check = ArgumentSchema(schema)
    except ValueError:  # the tool's own; the guard refuses its calls
        return ()
    own = [example for example in (*declared, *_inside(schema)) if _fits(check, example)]
    made = own or [example for example in _made(schema) if _fits(check, example)]
    return tuple(example for number, example in enumerate(made) if example not in made[:number])


def _fits(check: ArgumentSchema, example: object) -> bool:
    return isinstance(example, dict) and check.fits(example)


def _inside(schema: Schema) -> Sequence[Any]:
    given = schema.get("examples", ())
    return given if isinstance(given, list) else ()


def _made(schema: Schema) -> Iterator[JsonObject]:
    properties = schema.get("properties")
    named: Mapping[str, Any] = properties if isinstance(properties, Mapping) else {}
    needed = [name for name in schema.get("required", ()) if name in named]
    try:
        smallest = {name: _value(named[name], schema, _DEEPEST) for name in needed}
    except _Nothing:
        return
    yield smallest
    fuller = dict(smallest)
    for name in named:
        if len(fuller) - len(smallest) == _OPTIONAL:
            break
        if name not in fuller:
            try:
                fuller[name] = _value(named[name], schema, _DEEPEST)
            except _Nothing:
                continue
    yield fuller


def _value(given: object, root: Schema, deeper: int) -> Any:  # noqa: ANN401  JSON
    """A value that the schema allows.

    Raises:
        _Nothing: none was found.
    """
    node = resolved(given, root)
    for value in _candidates(node, root, deeper):
        if _allowed(node, root, value):
            return value
    raise _Nothing


def _allowed(node: Schema, root: Schema, value: object) -> bool:
    alone = {"$defs": root.get("$defs", {}), "definitions": root.get("definitions", {}), **node}
    try:
        return ArgumentSchema({"type": "object", "properties": {"value": _rooted(alone)}}).fits(
            {"value": value}  # type: ignore[dict-item]
        )
    except ValueError:  # references that lead out of the part
        return True


def _rooted(node: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON
    """The part as a document of its own, so that its references find their definitions."""
    return {"$id": "urn:part", **node}


def _candidates(node: Schema, root: Schema, deeper: int) -> Iterator[Any]:
    yield from node.get("examples", ())[:_MADE] if isinstance(node.get("examples"), list) else ()
    for keyword in ("const", "default", "example"):
        if node.get(keyword) is not None:
            yield node[keyword]
    yield from node.get("enum", ())[:_MADE]
    if deeper == 0:
        return
    branches = [resolved(each, root) for word in ("anyOf", "oneOf", "allOf") for each in node.get(word, ())]
    for branch in sorted(branches, key=lambda each: each.get("type") == "null"):
        yield from _candidates(branch, root, deeper - 1)
    kinds = node.get("type", () if branches else "string")
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        yield from _of_type(kind, node, root, deeper)


def _of_type(kind: str, node: Schema, root: Schema, deeper: int) -> Iterator[Any]:
    match kind:
        case "string":
            yield from _texts(node)
        case "integer":
            yield from (int(number) for number in _numbers(node))
        case "number":
            yield from _numbers(node)
        case "boolean":
            yield from (True, False)
        case "array":
            yield from _lists(node, root, deeper)
        case "object":
            yield from _objects(node, root, deeper)
        case "null":
            yield None


def _texts(node: Schema) -> Iterator[str]:
    if node.get("format") in _FORMATS:
        yield _FORMATS[node["format"]]
    if isinstance(node.get("pattern"), str):
        yield from matching(node["pattern"])
    least, most = node.get("minLength", 0), node.get("maxLength", _LONGEST)
    if least <= _LONGEST:
        yield ("text" if least <= len("text") <= most else "x" * max(least, 1))[: int(most)]


def _numbers(node: Schema) -> Iterator[float]:
    step = node.get("multipleOf", 1)
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum", node.get("exclusiveMaximum"))
    for start in (1, low, high, 0):
        if start is not None:
            yield from (start, -(-start // step) * step, start + step, start - step)
    if low is not None and high is not None:
        yield (low + high) / 2


def _lists(node: Schema, root: Schema, deeper: int) -> Iterator[list[Any]]:
    count = max(int(node.get("minItems", 0)), 1)
    if count > _DEEPEST:
        return
    if "prefixItems" in node:
        yield [_value(each, root, deeper - 1) for each in node["prefixItems"]]
    elif "items" in node and node.get("maxItems") != 0:
        try:
            yield [_value(node["items"], root, deeper - 1)] * count
        except _Nothing:
            yield []
    else:
        yield []


def _objects(node: Schema, root: Schema, deeper: int) -> Iterator[dict[str, Any]]:
    named = node.get("properties", {})
    needed = [name for name in node.get("required", ()) if name in named]
    yield {name: _value(named[name], root, deeper - 1) for name in needed}

"""JSON Schemas in words: the arguments of a tool and the members of its result."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from seawall.reference.values import Field
from seawall.toolsets.arguments import ArgumentSchema
from seawall.types import JsonObject

__all__ = ["Schema", "fields", "resolved", "takes_more", "usable"]

Schema: TypeAlias = Mapping[str, Any]
"""One node of a JSON Schema (2020-12)."""

_DEEPEST: Final = 4  # levels of members that are listed
_MOST: Final = 200  # members that are listed; a schema of thousands helps nobody
_CHOICES: Final = 30  # allowed values that are named
_HOPS: Final = 20  # references that lead to references

_NAMES: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "object",
    "null": "null",
}
_RANGES: Final = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", "character"),
    ("minItems", "maxItems", "item"),
    ("minProperties", "maxProperties", "member"),
)
_LARGEST: Final = 2**53 - 1  # the largest integer that every JSON reader keeps exact: as good as no limit
_BOUNDS: Final = (
    ("exclusiveMinimum", "more than {}"),
    ("exclusiveMaximum", "less than {}"),
    ("multipleOf", "a multiple of {}"),
    ("pattern", "matches {}"),
    ("format", "format {}"),
)


def fields(schema: Schema) -> tuple[Field, ...]:
    """The members of an object schema, inner ones after the one that holds them; at most some hundreds."""
    found: dict[str, Field] = {}
    for each in _members(_merged(schema, schema), schema, "", 0):
        found.setdefault(each.name, each)
        if len(found) == _MOST:
            break
    return tuple(found.values())


def usable(schema: JsonObject) -> JsonObject:
    """The schema; an empty one in the place of what is no valid schema, of which nothing can be said."""
    try:
        ArgumentSchema(schema)
    except ValueError:
        return {}
    return schema


def takes_more(schema: Schema) -> bool:
    """Whether an object may have members that are not described."""
    return schema.get("additionalProperties", True) is not False


def resolved(schema: object, root: Schema) -> Schema:
    """The schema to which a local reference leads; what stands beside the reference goes before."""
    node: Schema = schema if isinstance(schema, Mapping) else {}
    for _ in range(_HOPS):
        reference = node.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return node
        node = {**_at(root, reference), **{key: value for key, value in node.items() if key != "$ref"}}
    return {}


def _at(root: Schema, reference: str) -> Schema:
    place: Any = root
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        place = place.get(name) if isinstance(place, Mapping) else None
    return place if isinstance(place, Mapping) else {}


def _merged(node: Schema, root: Schema) -> Schema:
    """The schema with the parts of its `allOf` put into it."""
    whole: dict[str, Any] = {key: value for key, value in node.items() if key != "allOf"}
    for part in node.get("allOf", ()):
        inner = _merged(resolved(part, root), root) if part is not node else {}
        whole["properties"] = {**inner.get("properties", {}), **whole.get("properties", {})}
        whole["required"] = [*inner.get("required", ()), *whole.get("required", ())]
        whole = {**inner, **whole}
    return whole


def _forms(node: Schema, root: Schema) -> list[Schema]:
    """The schema itself, or each of its alternatives with what holds for all of them."""
    branches = [*node.get("anyOf", ()), *node.get("oneOf", ())]
    if not branches:
        return [node]
    common = {key: value for key, value in node.items() if key not in {"anyOf", "oneOf", "default"}}
    return [{**common, **_merged(resolved(branch, root), root)} for branch in branches]


def _members(node: Schema, root: Schema, prefix: str, depth: int) -> Iterator[Field]:
    if depth == _DEEPEST:
        return
    for form in _forms(node, root):
        required = form.get("required", ())
        for name, given in _table(form.get("properties")).items():
            inner = _merged(resolved(given, root), root)
            place = f"{prefix}{name}"
            yield _field(place, inner, root, required=name in required)
            yield from _below(inner, root, place, depth + 1)


def _below(node: Schema, root: Schema, place: str, depth: int) -> Iterator[Field]:
    yield from _members(node, root, f"{place}.", depth)
    if depth < _DEEPEST:
        for form in _forms(node, root):
            if "items" in form:
                yield from _below(_merged(resolved(form["items"], root), root), root, f"{place}[]", depth + 1)


def _table(value: object) -> Schema:
    return value if isinstance(value, Mapping) else {}


def _field(place: str, node: Schema, root: Schema, *, required: bool) -> Field:
    return Field(
        name=place,
        type=_type(node, root, _DEEPEST),
        required=required,
        has_default="default" in node,
        default=node.get("default"),
        limits=tuple(dict.fromkeys(_limits(node, root, _DEEPEST))),
        description=str(node.get("description", "")),
    )


def _type(node: Schema, root: Schema, deeper: int) -> str:
    """In words; a schema that holds itself is not followed for ever."""
    forms = _forms(node, root)
    if forms[0] is not node:
        return " or ".join(dict.fromkeys(_type(form, root, deeper - 1) for form in forms if deeper))
    if "const" in node or "enum" in node:
        return "one of a few values" if len(node.get("enum", ())) > 1 else "one value"
    given = node.get("type")
    names = [given] if isinstance(given, str) else list(given or ())
    return " or ".join(_named(name, node, root, deeper) for name in names) or "anything"


def _named(name: str, node: Schema, root: Schema, deeper: int) -> str:
    if name == "array" and deeper and "items" in node:
        return f"list of {_type(_merged(resolved(node['items'], root), root), root, deeper - 1)}"
    return _NAMES.get(name, str(name))


def _limits(node: Schema, root: Schema, deeper: int) -> Iterator[str]:
    for form in _forms(node, root):
        if "const" in form:
            yield _json(form["const"])
        if "enum" in form:
            shown = [_json(value) for value in form["enum"][:_CHOICES]]
            yield ", ".join([*shown, "…"] if len(form["enum"]) > _CHOICES else shown)
        yield from (
            _range(form.get(low), form.get(high), of)
            for low, high, of in _RANGES
            if {low, high} & form.keys()
        )
        yield from (words.format(_bound(form[name])) for name, words in _BOUNDS if name in form)
        if form.get("uniqueItems") is True:
            yield "no two equal"
        if "items" in form and deeper:
            inner = _merged(resolved(form["items"], root), root)
            yield from (f"each {limit}" for limit in _limits(inner, root, deeper - 1))


def _range(low: float | None, high: float | None, of: str) -> str:
    """`1 to 64`, `at least 1 item`, `at most 40 characters`."""
    if low is not None and (high is None or high >= _LARGEST):
        return f"at least {low} {of if low == 1 or not of else f'{of}s'}".rstrip()
    many = of if high == 1 or not of else f"{of}s"
    return (f"at most {high} {many}" if low is None else f"{low} to {high} {many}").rstrip()


def _bound(value: object) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)

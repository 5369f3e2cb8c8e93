"""JSON Schema 2020-12 of Python types, as short as it can be said."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import SchemaError, core_schema

from seawall.types import JsonObject

__all__ = ["ArgumentsSchema", "ResultSchema", "Unsupported", "inlined", "unsupported"]

_SUPPORTED: Final = (
    "str, int, float, bool, None, Literal, Enum, dates and times, UUID, Decimal, lists and dicts of such, "
    "dataclasses, TypedDicts and pydantic models"
)
_BASE64: Final = "`model_config = ConfigDict(ser_json_bytes='base64', val_json_bytes='base64')` in the model"
_REFERENCE: Final = "#/$defs/"
_MEMBERS: Final = frozenset({"properties", "patternProperties"})  # their keys are names, not keywords
_TYPES_OF: Final[Mapping[frozenset[str], frozenset[str]]] = {
    frozenset({"minLength", "maxLength", "pattern"}): frozenset({"string"}),
    frozenset({"minItems", "maxItems"}): frozenset({"array"}),
    frozenset({"minProperties", "maxProperties"}): frozenset({"object"}),
    frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}): frozenset(
        {"integer", "number"}
    ),
    # Pydantic writes a constraint that it cannot apply in its own words, and fails at the first call.
    frozenset({"gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length"}): frozenset(),
}
"""The types on which each group of constraints may stand."""


class _Plain(GenerateJsonSchema):
    """Without the titles that only repeat names, and without warnings: what cannot be said is left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  pydantic's own signature
        super().__init__(*args, **kwargs)
        self.ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401  pydantic's own signature
        """Never: a title that is made of the name costs tokens and says nothing."""
        del schema
        return False


class _Closed(_Plain):
    """Objects are closed unless their author says otherwise (`extra`)."""

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """An enumeration: each value once, also under two names; flags may be combined."""
        found = super().enum_schema(schema)
        if issubclass(schema["cls"], enum.Flag) and found.get("type") == "integer":
            most = reduce(or_, (member.value for member in schema["members"]), 0)
            rest = {key: value for key, value in found.items() if key != "enum"}
            return {**rest, "minimum": 0, "maximum": most}
        values = {json.dumps(each, sort_keys=True): each for each in found["enum"]}
        return {**found, "enum": list(values.values())}

    def is_subclass_schema(self, schema: core_schema.IsSubclassSchema) -> JsonSchemaValue:
        """A class as a value, which nobody can send."""
        return self.handle_invalid_for_json_schema(schema, f"a subclass of {schema['cls']!r}")

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A pydantic model."""
        return _closed(super().model_schema(schema), schema["cls"].model_config)

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """A dataclass."""
        return _closed(super().dataclass_schema(schema), getattr(schema["cls"], "__pydantic_config__", {}))

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """A TypedDict."""
        return _closed(
            super().typed_dict_schema(schema), getattr(schema.get("cls"), "__pydantic_config__", {})
        )


class ResultSchema(_Closed):
    """The schema of what a function returns."""


class ArgumentsSchema(_Closed):
    """The schema of what callers give."""

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """An enumeration, of which each value can be told from JSON: a tuple cannot."""
        plain = (str, int, float, bool, type(None))
        if not all(isinstance(member.value, plain) for member in schema["members"]):
            return self.handle_invalid_for_json_schema(
                schema, f"{schema['cls']!r}, whose values are no plain ones"
            )
        return super().enum_schema(schema)

    def dataclass_args_schema(self, schema: core_schema.DataclassArgsSchema) -> JsonSchemaValue:
        """A dataclass, without the fields that it fills in by itself (`init=False`)."""
        given = [each for each in schema["fields"] if each.get("init") is not False]
        return super().dataclass_args_schema({**schema, "fields": given})

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401  pydantic's own signature
        """A default, as a caller could give it."""
        encoded = super().encode_default(dft)
        if isinstance(encoded, dict) and dataclasses.is_dataclass(dft):
            filled = {each.name for each in dataclasses.fields(dft) if not each.init}
            return {name: value for name, value in encoded.items() if name not in filled}
        return encoded


def _closed(schema: JsonSchemaValue, config: Mapping[str, Any]) -> JsonSchemaValue:
    if config.get("extra") is None and schema.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    return schema


def inlined(schema: JsonSchemaValue) -> JsonObject:
    """The schema with every definition put where it is used, but for those that hold themselves.

    Some clients do not follow references, and most tools need none.
    """
    definitions: dict[str, Any] = schema.get("$defs", {})
    recursive = {name for name in definitions if name in _reached(definitions[name], definitions)}
    root = {key: value for key, value in schema.items() if key != "$defs"}
    if "$ref" in root:  # MCP wants an object at the root, so a recursive one is written out once
        root = {**definitions[root["$ref"].removeprefix(_REFERENCE)], **_without(root, "$ref")}
    result = _put(_without(root, "title"), definitions, recursive)
    used = [name for name in definitions if name in recursive and name in _reached(result, definitions)]
    if used:
        kept = {name: _put(_without(definitions[name], "title"), definitions, recursive) for name in used}
        result["$defs"] = kept
    typed: JsonObject = result
    return typed


def _put(node: Any, definitions: Mapping[str, Any], recursive: set[str]) -> Any:  # noqa: ANN401  JSON
    if isinstance(node, list):
        return [_put(item, definitions, recursive) for item in node]
    if not isinstance(node, dict):
        return node
    name = _name(node)
    if name is not None and name not in recursive:
        definition = _without(definitions[name], "title")
        return _put({**definition, **_without(node, "$ref")}, definitions, recursive)
    names = node.get("propertyNames")
    if isinstance(names, dict) and "enum" in (kept := _put(names, definitions, recursive)):
        # The keys of an object are texts, also those that stand for a number.
        texts = [each if isinstance(each, str) else json.dumps(each) for each in kept["enum"]]
        node = {**node, "propertyNames": {**kept, "type": "string", "enum": texts}}
    node = _without(node, "discriminator")  # OpenAPI's word; its mapping leads to definitions that are gone
    return {
        key: {member: _put(item, definitions, recursive) for member, item in value.items()}
        if key in _MEMBERS
        else _put(value, definitions, recursive)
        for key, value in node.items()
    }


def _reached(node: object, definitions: Mapping[str, Any]) -> set[str]:
    """The definitions that a node leads to, over any number of steps."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            name = _name(current)
            if name is not None and name not in found:
                found.add(name)
                waiting.append(definitions[name])
            waiting += current.values()
        elif isinstance(current, list):
            waiting += current
    return found


def _name(node: Mapping[str, Any]) -> str | None:
    reference = node.get("$ref")
    return reference.removeprefix(_REFERENCE) if isinstance(reference, str) else None


def _without(node: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != key}


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Why a type cannot be used, one clause, and what can."""

    reason: str
    allowed: str


def unsupported(make: Callable[[], JsonSchemaValue]) -> Unsupported | None:
    """Why the type cannot be used of which `make` makes the schema; None when it can."""
    try:
        schema = make()
    except Exception as error:  # noqa: BLE001  boundary: whatever an author's type does when a schema is made of it
        return _judged(error)
    if _has_raw_bytes(schema):
        return Unsupported(
            "bytes of a pydantic model would go out as UTF-8, which not all bytes are", _BASE64
        )
    reason = _misplaced(schema)
    return None if reason is None else Unsupported(reason, "constraints that belong to the type")


def _judged(error: Exception) -> Unsupported:
    text = str(error)
    if "typing_extensions.TypedDict" in text:
        reason = "on this version of Python pydantic cannot read typing.TypedDict"
        return Unsupported(reason, "typing_extensions.TypedDict")
    if getattr(error, "code", None) in {"schema-for-unknown-type", "invalid-for-json-schema"}:
        return Unsupported("JSON cannot carry it", _SUPPORTED)
    if isinstance(error, SchemaError):
        reason = " ".join(text.rpartition("\n")[2].split()).removeprefix("error: ")
        return Unsupported(reason, "constraints that pydantic can check")
    return Unsupported(
        " ".join(text.partition("\n")[0].split()), "a type of which pydantic can make a schema"
    )


def _has_raw_bytes(node: object) -> bool:
    if isinstance(node, list):
        return any(_has_raw_bytes(item) for item in node)
    if not isinstance(node, dict):
        return False
    is_raw = node.get("type") == "string" and node.get("format") == "binary"
    return is_raw or any(_has_raw_bytes(value) for value in node.values())


def _misplaced(node: object) -> str | None:
    """The first constraint that does not apply to the type on which it stands."""
    if isinstance(node, list):
        return next((found for item in node if (found := _misplaced(item))), None)
    if not isinstance(node, dict):
        return None
    kind = node.get("type")
    for keyword in node if isinstance(kind, str) else ():
        if any(keyword in group and kind not in types for group, types in _TYPES_OF.items()):
            return f"the constraint {keyword!r} does not apply to {kind}"
    below = [list(value.values()) if key in _MEMBERS else value for key, value in node.items()]
    return next((found for value in below if (found := _misplaced(value))), None)

"""What values of scalars look like in JSON, as JSON Schema: those of the specification, usual names, and declared ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphql import GraphQLScalarType

from seawall.toolsets.graphql.declaration import ScalarForm
from seawall.types import JsonObject, JsonValue

__all__ = ["scalar_schema"]

_BUILT_IN: Final[Mapping[str, JsonObject]] = {
    "Int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "Float": {"type": "number"},
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "ID": {"type": "string"},
}

_FORMS: Final[Mapping[ScalarForm, JsonObject]] = {
    "any": {},
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "object": {"type": "object"},
    "date": {"type": "string", "format": "date"},
    "date-time": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "duration": {"type": "string", "format": "duration"},
    "uuid": {"type": "string", "format": "uuid"},
    "uri": {"type": "string", "format": "uri"},
    "email": {"type": "string", "format": "email"},
    "base64": {"type": "string", "contentEncoding": "base64"},
    "decimal": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
}

_USUAL: Final[Mapping[str, ScalarForm]] = {
    "any": "any",
    "base64": "base64",
    "base64string": "base64",
    "bigdecimal": "decimal",
    "byte": "base64",
    "date": "date",
    "datetime": "date-time",
    "datetimeiso": "date-time",
    "decimal": "decimal",
    "duration": "duration",
    "email": "email",
    "emailaddress": "email",
    "gittimestamp": "date-time",
    "html": "string",
    "instant": "date-time",
    "isodatetime": "date-time",
    "iso8601date": "date",
    "iso8601datetime": "date-time",
    "json": "any",
    "jsonobject": "object",
    "localdate": "date",
    "localtime": "time",
    "nonemptystring": "string",
    "nonnegativeint": "integer",
    "object": "object",
    "offsetdatetime": "date-time",
    "positiveint": "integer",
    "precisedatetime": "date-time",
    "time": "time",
    "unsignedint": "integer",
    "uri": "uri",
    "url": "uri",
    "uuid": "uuid",
}
"""By small name without underscores. A number too large for JSON's readers is not here: see `_LARGE`."""

_LARGE: Final = frozenset({"bigint", "long", "int64", "uint64", "bigserial"})
"""Services take these as numbers or as texts of digits, and readers of JSON lose digits of the former."""

_SPECIFIED: Final[Mapping[str, ScalarForm]] = {
    "rfc4122": "uuid",
    "rfc9562": "uuid",
    "rfc3339": "date-time",
    "rfc3986": "uri",
    "date-time": "date-time",
    "local-date": "date",
}
"""What a `specifiedBy` URL ends with."""


def scalar_schema(scalar: GraphQLScalarType, declared: Mapping[str, ScalarForm]) -> JsonObject:
    """The JSON Schema of the scalar's values; anything, where nobody says more, with the scalar's own description."""
    if scalar.name in declared:
        return dict(_FORMS[declared[scalar.name]])
    if scalar.name in _BUILT_IN:
        return dict(_BUILT_IN[scalar.name])
    plain = scalar.name.replace("_", "").lower()
    if plain in _LARGE:
        either: list[JsonValue] = [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]
        return {"anyOf": either}
    if plain in _USUAL:
        return dict(_FORMS[_USUAL[plain]])
    ending = (scalar.specified_by_url or "").rstrip("/").rpartition("/")[2].removesuffix(".html").lower()
    if ending in _SPECIFIED:
        return dict(_FORMS[_SPECIFIED[ending]])
    said = " ".join((scalar.description or "").split())[:200]
    return {"description": f"{scalar.name}: {said}" if said else scalar.name}

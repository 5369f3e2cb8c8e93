"""The well-known types: messages that have a form of their own in JSON (ProtoJSON)."""

from __future__ import annotations

from typing import Final

from seawall.types import JsonObject

__all__ = ["BYTES", "FLOAT", "INT32", "INT64", "UINT32", "UINT64", "well_known"]

_PREFIX: Final = "google.protobuf."
INT32: Final[JsonObject] = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
"""A number of 32 bits."""
UINT32: Final[JsonObject] = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
"""The same without a sign."""
INT64: Final[JsonObject] = {"type": "string", "pattern": "^-?[0-9]{1,19}$"}
"""A number of 64 bits, as text, since JSON's numbers lose digits."""
UINT64: Final[JsonObject] = {"type": "string", "pattern": "^[0-9]{1,20}$"}
"""The same without a sign."""
BYTES: Final[JsonObject] = {
    "type": "string",
    "contentEncoding": "base64",
    "pattern": "^[A-Za-z0-9+/_-]*={0,2}$",
}
"""Bytes, as base64."""
FLOAT: Final[JsonObject] = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
"""A number that JSON may have no word for."""


def well_known(name: str) -> JsonObject | None:
    """The schema of the well-known type with that full name; None when it is an ordinary message."""
    if not name.startswith(_PREFIX):
        return None
    short = name.removeprefix(_PREFIX)
    if short == "Value":
        return {}
    found = _FORMS.get(short) or _WRAPPED.get(short)
    if found is None:
        return None
    return dict(found) if short in _FORMS else {"anyOf": [dict(found), {"type": "null"}]}


_FORMS: Final[dict[str, JsonObject]] = {
    "Any": {
        "type": "object",
        "properties": {
            "@type": {"type": "string", "description": "type.googleapis.com/ and the message's name"}
        },
        "required": ["@type"],
    },
    "Duration": {
        "type": "string",
        "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$",
        "description": "Seconds, such as 1.5s.",
    },
    "Empty": {"type": "object", "properties": {}, "additionalProperties": False},
    "FieldMask": {"type": "string", "description": "Names of fields, with commas between: user.name,title."},
    "ListValue": {"type": "array"},
    "Struct": {"type": "object"},
    "Timestamp": {
        "type": "string",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$",
        "description": "RFC 3339, such as 2026-01-31T12:00:00Z.",
    },
}
_WRAPPED: Final[dict[str, JsonObject]] = {
    "BoolValue": {"type": "boolean"},
    "BytesValue": BYTES,
    "DoubleValue": FLOAT,
    "FloatValue": FLOAT,
    "Int32Value": INT32,
    "Int64Value": INT64,
    "StringValue": {"type": "string"},
    "UInt32Value": UINT32,
    "UInt64Value": UINT64,
}

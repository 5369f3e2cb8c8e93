"""JSON Schema of messages, by the rules of ProtoJSON: names in lowerCamelCase, 64 bits and bytes as text, one of a oneof."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from seawall.toolsets.grpc.model import Api
from seawall.toolsets.grpc.wellknown import BYTES, FLOAT, INT32, INT64, UINT32, UINT64, well_known
from seawall.types import JsonObject, JsonValue

__all__ = [
    "VALUE",
    "answer_schema",
    "argument_name",
    "argument_schema",
    "has_members",
    "is_required",
    "offered",
]

VALUE: Final = "value"
"""The one argument of a method whose request is no message with fields in JSON, such as a StringValue."""

_F: Final = FieldDescriptor
_MOST_FIELDS: Final = 2000  # of one schema; a message beyond that is an object of which nothing more is said
_LONGEST: Final = 400  # characters of a description
_REQUIRED: Final = 2  # google.api.FieldBehavior
_OUTPUT_ONLY: Final = 3
_ACCEPTED: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # names of arguments that every host takes


def argument_schema(api: Api, message: Descriptor) -> JsonObject:
    """The schema of what a method takes: an object, in the form in which it stands in a list of tools.

    At its root no combination of schemas stands, since hosts refuse those: what a oneof asks is said in words there, and
    checked when the message is made.
    """
    return _Writer(api, asked=True).root(message)


def answer_schema(api: Api, message: Descriptor) -> JsonObject:
    """The schema of what a method answers."""
    return _Writer(api, asked=False).root(message)


def has_members(message: Descriptor) -> bool:
    """Whether the message's fields are the members of its JSON."""
    known = well_known(message.full_name)
    return known is None or message.full_name == "google.protobuf.Empty"


def offered(api: Api, message: Descriptor) -> Iterator[FieldDescriptor]:
    """The fields that a caller may set."""
    return (
        each for each in message.fields if _OUTPUT_ONLY not in api.behaviours.get(each.full_name, frozenset())
    )


def argument_name(field: FieldDescriptor) -> str:
    """The name of a field in arguments: that of its JSON, or its own, which protobuf reads too, where hosts refuse that."""
    return field.json_name if _ACCEPTED.fullmatch(field.json_name) else field.name


def is_required(api: Api, field: FieldDescriptor) -> bool:
    """Whether a caller has to set it: `required` of proto2, or by `google.api.field_behavior`."""
    return bool(field.is_required) or _REQUIRED in api.behaviours.get(field.full_name, frozenset())


class _Writer:
    """Writes one schema, with a definition for each message below its root."""

    def __init__(self, api: Api, *, asked: bool) -> None:
        self._api = api
        self._asked = asked
        self._definitions: dict[str, JsonValue] = {}
        self._open: list[Descriptor] = []
        self._fields = 0

    def root(self, message: Descriptor) -> JsonObject:
        if has_members(message):
            schema = self._message(message, root=True)
        else:
            whole = self._singular_message(message)
            described = {"description": f"All of it ({message.full_name}).", **whole}
            schema = _object({VALUE: described}, [VALUE])
        while self._open:
            below = self._open.pop()
            self._definitions[below.full_name] = self._message(below, root=False)
        return {**schema, "$defs": self._definitions} if self._definitions else schema

    def _message(self, message: Descriptor, *, root: bool) -> JsonObject:
        fields = list(offered(self._api, message) if self._asked else message.fields)
        self._fields += len(fields)
        if self._fields > _MOST_FIELDS:
            return {"type": "object", "description": f"{message.full_name}; too large to be described here."}
        schema = _object(
            {self._name(each): self._field(each, said=root) for each in fields},
            [self._name(each) for each in fields if self._asked and is_required(self._api, each)],
        )
        choices = self._choices(fields)
        if choices and not root:
            schema["allOf"] = [_at_most_one(names) for names in choices.values()]
        if not root and (text := self._api.comments.get(message.full_name)):
            schema["description"] = text[:_LONGEST]
        return schema

    def _name(self, field: FieldDescriptor) -> str:
        return argument_name(field) if self._asked else field.json_name

    def _choices(self, fields: list[FieldDescriptor]) -> dict[str, list[str]]:
        """The names of the fields of each oneof with more than one of them."""
        found: dict[str, list[str]] = {}
        for each in fields:
            if each.containing_oneof is not None:
                found.setdefault(each.containing_oneof.name, []).append(self._name(each))
        return {name: fields for name, fields in found.items() if len(fields) > 1}

    def _field(self, field: FieldDescriptor, *, said: bool) -> JsonObject:
        schema = self._map(field) if _is_map(field) else self._one(field)
        if field.is_repeated and not _is_map(field):
            schema = {"type": "array", "items": schema}
        words = [
            self._api.comments.get(field.full_name, "")[:_LONGEST] or (_plain(field.name) if said else "")
        ]
        choice = field.containing_oneof
        if said and choice is not None and len(choice.fields) > 1:
            words.append(f"At most one of {', '.join(map(self._name, choice.fields))}.")
        text = " ".join(filter(None, [*words, _text(schema.get("description"))]))
        return {**schema, "description": text} if text else schema

    def _map(self, field: FieldDescriptor) -> JsonObject:
        key, value = (_message_of(field).fields_by_name[name] for name in ("key", "value"))
        schema: JsonObject = {"type": "object", "additionalProperties": self._one(value)}
        if key.type == _F.TYPE_BOOL:
            schema["propertyNames"] = {"enum": ["true", "false"]}
        elif key.type != _F.TYPE_STRING:
            schema["propertyNames"] = {"pattern": "^-?[0-9]{1,20}$"}
        return schema

    def _one(self, field: FieldDescriptor) -> JsonObject:
        if field.type in (_F.TYPE_MESSAGE, _F.TYPE_GROUP):
            return self._singular_message(_message_of(field))
        if field.type == _F.TYPE_ENUM:
            return _enum(_enum_of(field), asked=self._asked)
        return dict(_SCALARS[field.type])

    def _singular_message(self, message: Descriptor) -> JsonObject:
        known = well_known(message.full_name)
        if known is not None:
            return known
        if message.full_name not in self._definitions:
            self._definitions[message.full_name] = {}
            self._open.append(message)
        return {"$ref": f"#/$defs/{message.full_name}"}


def _object(properties: dict[str, JsonObject], required: list[str]) -> JsonObject:
    schema: JsonObject = {"type": "object", "properties": {**properties}, "additionalProperties": False}
    if required:
        schema["required"] = [*required]
    return schema


def _plain(name: str) -> str:
    """Words for a field about which nobody has written any."""
    return f"{name.replace('_', ' ').strip().capitalize()}."


def _at_most_one(names: list[str]) -> JsonObject:
    each: list[JsonValue] = [{"required": [name]} for name in names]
    return {"oneOf": [*each, {"not": {"anyOf": [*each]}}]}


def _is_map(field: FieldDescriptor) -> bool:
    return bool(
        field.type == _F.TYPE_MESSAGE and field.is_repeated and _message_of(field).GetOptions().map_entry
    )


def _message_of(field: FieldDescriptor) -> Descriptor:
    """What a field of a message type holds."""
    return cast("Descriptor", field.message_type)


def _enum_of(field: FieldDescriptor) -> EnumDescriptor:
    """What a field of an enum type holds."""
    return cast("EnumDescriptor", field.enum_type)


def _enum(enum: EnumDescriptor, *, asked: bool) -> JsonObject:
    if enum.full_name == "google.protobuf.NullValue":
        return {"type": "null"}
    names: list[JsonValue] = [each.name for each in enum.values]
    return {"enum": names} if asked else {"anyOf": [{"enum": names}, {"type": "integer"}]}


_SCALARS: Final[dict[int, JsonObject]] = {
    **dict.fromkeys((_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32), INT32),
    **dict.fromkeys((_F.TYPE_UINT32, _F.TYPE_FIXED32), UINT32),
    **dict.fromkeys((_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64), INT64),
    **dict.fromkeys((_F.TYPE_UINT64, _F.TYPE_FIXED64), UINT64),
    **dict.fromkeys((_F.TYPE_FLOAT, _F.TYPE_DOUBLE), FLOAT),
    _F.TYPE_BYTES: BYTES,
    _F.TYPE_BOOL: {"type": "boolean"},
    _F.TYPE_STRING: {"type": "string"},
}


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""

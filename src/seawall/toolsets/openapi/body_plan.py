"""Which of the forms of a request body is sent, and what the arguments for it look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seawall.toolsets.openapi.media import Form, MediaType, form_of, parsed
from seawall.toolsets.openapi.model import Content, Encoding, RequestBody
from seawall.toolsets.openapi.writable import target, writable
from seawall.types import JsonObject, JsonValue

__all__ = ["BASE64", "BodyPlan", "is_kind", "outlined", "plan", "whole_schema"]

BASE64: Final = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
"""Base64 in the standard alphabet, padded (RFC 4648, 4)."""

_FORMS: Final[tuple[Form, ...]] = ("json", "lines", "form", "multipart", "text", "binary", "xml")
"""From the one that is sent rather than all others to the one that is sent last."""

_SPREAD: Final = frozenset[Form](["json", "form", "multipart"])
"""Those in which the members of an object stand each for itself."""

_PATCHES: Final = {"json-patch": 2, "merge-patch": 1}
_COMPOSED: Final = frozenset(
    [
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "const",
        "enum",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
        "dependentSchemas",
        "dependentRequired",
        "unevaluatedProperties",
    ]
)
"""Words that say something of an object as a whole, which is lost when its members become arguments."""

_NO_FILE: Final = frozenset(["$ref", "allOf", "anyOf", "oneOf", "properties", "items", "enum", "const"])
_TEXT: Final[JsonObject] = {"type": "string"}
_FILE: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "description": "Its content, when that is text."},
        "base64": {"type": "string", "description": "Its content as base64, otherwise.", "pattern": BASE64},
        "name": {
            "type": "string",
            "description": "File name.",
            "pattern": '^[^\\x00-\\x1f\\x7f/\\\\"]{1,255}$',
        },
        "media_type": {
            "type": "string",
            "pattern": "^[A-Za-z0-9.+_-]+/[A-Za-z0-9.+_-]+(; ?charset=[A-Za-z0-9_-]+)?$",
        },
    },
    "oneOf": [{"required": ["text"]}, {"required": ["base64"]}],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """How the body of an operation is made.

    Attributes:
        content: the form that is sent, of those that the description allows.
        form: how it is written.
        media: its media type.
        required: whether a request without a body is refused.
        members: by the name of a member of the body, its schema as an argument; None when the body is one argument.
        demanded: those of the members that a body must have.
        files: members that are files of a multipart body.
        places: of a multipart body whose parts have no names, whether each of the first ones is a file.
        rest: whether all after those are.
    """

    content: Content
    form: Form
    media: MediaType
    required: bool
    members: Mapping[str, JsonObject] | None
    demanded: tuple[str, ...]
    files: frozenset[str]
    places: tuple[bool, ...] = ()
    rest: bool = False

    def has_file_at(self, place: int) -> bool:
        """Whether the part at that place is a file."""
        return self.places[place] if place < len(self.places) else self.rest


def plan(body: RequestBody, definitions: Mapping[str, JsonObject]) -> BodyPlan | None:
    """What is sent of the forms that the description allows; None when it names none.

    JSON goes before a form, that before multipart, text, binary data and XML; `application/json` before the other
    kinds of JSON, and among patches a merge patch (RFC 7396) before a JSON patch. Of equals, the first.

    The members of an object become arguments of their own, unless the schema says more of the object than its
    members (`oneOf`, `additionalProperties`, `minProperties`, …).
    """
    if not body.contents:
        return None
    content = min(body.contents, key=lambda each: _rank(each, definitions))
    media = parsed(content.media_type)
    form = _form(content, definitions)
    whole = writable(target(content.schema, definitions), definitions)
    files = frozenset(_files(whole, content, definitions)) if form == "multipart" else frozenset[str]()
    members = None
    demanded = frozenset(_listed(whole.get("required")))
    if form in _SPREAD and _is_plain_object(whole):
        members = {
            name: _as_argument(
                schema if form == "json" or name not in demanded else _with_an_item(schema, name, content),
                file=name in files,
            )
            for name, schema in _members(whole).items()
        }
    listed = form == "multipart" and whole.get("type") == "array"
    return BodyPlan(
        places=_file_places(whole, content, definitions) if listed else (),
        rest=listed and _is_file_part(whole.get("items"), content.items, definitions),
        content=content,
        form=form,
        media=media,
        required=body.required,
        members=members,
        demanded=tuple(name for name in _listed(whole.get("required")) if members and name in members),
        files=files,
    )


def outlined(
    body: RequestBody, definitions: Mapping[str, JsonObject]
) -> tuple[tuple[str, ...], frozenset[str]] | None:
    """The members that `plan` makes arguments, and those that a body must have, without a look below them.

    None where the body is one argument.
    """
    content = min(body.contents, key=lambda each: _rank(each, definitions))
    whole = target(content.schema, definitions)
    names = [
        name
        for name, schema in _members(whole).items()
        if target(schema, definitions).get("readOnly") is not True
    ]
    if _form(content, definitions) not in _SPREAD or not names or not _is_plain_object(whole):
        return None
    return tuple(names), frozenset(names).intersection(_listed(whole.get("required")))


def whole_schema(planned: BodyPlan, definitions: Mapping[str, JsonObject]) -> JsonObject:
    """The schema of a body that is one argument."""
    schema = planned.content.schema
    match planned.form:
        case "binary":
            return _data(planned)
        case "xml":
            return {"type": "string", "description": f"XML ({planned.content.media_type})."}
        case "text":
            return schema if target(schema, definitions).get("type") == "string" else _TEXT
        case "lines" if target(schema, definitions).get("type") not in {"array", "string"}:
            return {"type": "array", "items": writable(schema, definitions)}  # what each line is
        case _ if planned.files:
            return _with_files(planned, definitions)
        case _:
            whole = _with_file_places(planned, writable(schema, definitions), definitions)
            return {**_demanded(planned.form, target(schema, definitions)), **whole}


def _with_files(planned: BodyPlan, definitions: Mapping[str, JsonObject]) -> JsonObject:
    whole = writable(target(planned.content.schema, definitions), definitions)
    members = {name: _as_argument(each, file=name in planned.files) for name, each in _members(whole).items()}
    return {**whole, "properties": dict(members)}


def _with_file_places(
    planned: BodyPlan, whole: JsonObject, definitions: Mapping[str, JsonObject]
) -> JsonObject:
    """The schema of a list with its files as objects; any other one as it is."""
    if not planned.rest and not any(planned.places):
        return whole
    made = dict(writable(target(whole, definitions), definitions))
    prefix = made.get("prefixItems")
    if isinstance(prefix, list):
        made["prefixItems"] = [
            _as_argument(each, file=planned.has_file_at(place)) if isinstance(each, dict) else each
            for place, each in enumerate(prefix)
        ]
    items = made.get("items", {})
    if isinstance(items, dict) and planned.rest:
        made["items"] = _as_argument(items, file=True)
    return made


def _demanded(form: Form, schema: JsonObject) -> JsonObject:
    """What the form demands of a body whatever its schema says."""
    if form in {"form", "multipart"} and not {"type", *_NO_FILE}.intersection(schema):
        return {"type": "object"}
    if form == "multipart" and schema.get("type") == "array":
        return {"minItems": 1}  # a body of no part is none (RFC 2046, 5.1.1)
    return {}


def _data(planned: BodyPlan) -> JsonObject:
    """Bytes as base64; of a kind of data, together with what of it they are."""
    if not is_kind(planned.media):
        about = f"Base64 of {planned.content.media_type}."
        return {"type": "string", "pattern": BASE64, "description": about}
    text: JsonObject = {"type": "string", "pattern": BASE64, "description": "Its content as base64."}
    named: JsonObject = {"type": "string", "pattern": f"^{planned.media.main}/[A-Za-z0-9.+_-]+$"}
    return {
        "type": "object",
        "properties": {"base64": text, "media_type": named},
        "required": ["base64", "media_type"],
        "additionalProperties": False,
        "description": f"Data of {planned.content.media_type}.",
    }


def is_kind(media: MediaType) -> bool:
    """Whether it stands for one kind of data, such as `image/*`: which of that kind is sent, only the caller knows."""
    return media.is_pattern and media.main not in {"*", "application", "multipart", "text"}


def _rank(content: Content, definitions: Mapping[str, JsonObject]) -> tuple[int, int]:
    media = parsed(content.media_type)
    form = _form(content, definitions)
    if form != "json":
        return _FORMS.index(form), 0
    if media.name == "application/json":
        return 0, 0
    return 0, next(
        (rank for word, rank in _PATCHES.items() if word in media.subtype), 3 if "+" in media.subtype else 1
    )


def _form(content: Content, definitions: Mapping[str, JsonObject]) -> Form:
    media = parsed(content.media_type)
    if form_of(media) == "form" and target(content.schema, definitions).get("type") == "string":
        return "text"  # the caller writes the form
    if not media.is_pattern or media.main not in {"*", "application"}:
        return form_of(media)
    kind = target(content.schema, definitions).get("type")
    return "binary" if kind in {None, "string"} else "json"


def _is_plain_object(schema: JsonObject) -> bool:
    return (
        schema.get("type", "object") == "object"
        and bool(_members(schema))
        and not _COMPOSED.intersection(schema)
        and schema.get("additionalProperties", False) is False
        and set(_listed(schema.get("required"))) <= set(_members(schema))
    )


def _files(whole: JsonObject, content: Content, definitions: Mapping[str, JsonObject]) -> list[str]:
    named = {name: encoding.content_type for name, encoding in content.encoding.items()}
    return [
        name
        for name, schema in _members(whole).items()
        if _is_file(target(schema, definitions), named.get(name), definitions)
    ]


def _file_places(
    whole: JsonObject, content: Content, definitions: Mapping[str, JsonObject]
) -> tuple[bool, ...]:
    prefix = whole.get("prefixItems")
    return tuple(
        _is_file_part(each, content.at(place), definitions)
        for place, each in enumerate(prefix if isinstance(prefix, list) else ())
    )


def _is_file_part(
    schema: JsonValue | None, encoding: Encoding | None, definitions: Mapping[str, JsonObject]
) -> bool:
    declared = None if encoding is None else encoding.content_type
    if not isinstance(schema, dict) or (not schema and declared is None):
        return False
    return _is_file(target(schema, definitions), declared, definitions)


def _is_file(schema: JsonObject, media_type: str | None, definitions: Mapping[str, JsonObject]) -> bool:
    kinds = schema.get("type")
    items = schema.get("items")
    if kinds == "array" and isinstance(items, dict):
        return _is_file(target(items, definitions), media_type, definitions)
    if "string" not in _listed(kinds):
        # "If type is absent: application/octet-stream" (OpenAPI 3.1.1, 4.8.15.1.1)
        binary = media_type is None or form_of(parsed(media_type)) == "binary"
        return kinds is None and not _NO_FILE.intersection(schema) and binary
    if schema.get("format") == "binary":
        return True
    if "contentEncoding" in schema or "enum" in schema:
        return False
    declared = media_type or schema.get("contentMediaType")
    return isinstance(declared, str) and form_of(parsed(declared.partition(",")[0])) == "binary"


def _as_argument(schema: JsonObject, *, file: bool) -> JsonObject:
    if not file:
        return schema
    said: JsonObject = {word: schema[word] for word in ("description", "deprecated") if word in schema}
    if schema.get("type") == "array":
        bounds: JsonObject = {word: schema[word] for word in ("minItems", "maxItems") if word in schema}
        return {"type": "array", "items": dict(_FILE), **bounds, **said}
    return {**_FILE, **said}


def _with_an_item(schema: JsonObject, name: str, content: Content) -> JsonObject:
    """A list that a form must have: each item is a pair or a part, so that an empty list would be missing."""
    encoding = content.encoding.get(name)
    as_text = encoding is not None and encoding.content_type is not None
    return schema if as_text or schema.get("type") != "array" else {"minItems": 1, **schema}


def _members(schema: JsonObject) -> dict[str, JsonObject]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {name: value if isinstance(value, dict) else {} for name, value in properties.items()}


def _listed(value: JsonValue | None) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return [] if value is None else [str(value)]

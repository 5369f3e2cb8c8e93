"""A request body as bytes, in the form that was planned for it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from seawall.toolsets.openapi import multipart
from seawall.toolsets.openapi.body_plan import BodyPlan, is_kind
from seawall.toolsets.openapi.media import form_of, parsed
from seawall.toolsets.openapi.model import Encoding
from seawall.toolsets.openapi.multipart import Part
from seawall.toolsets.openapi.refusal import UnsendableError, check_own
from seawall.toolsets.openapi.serialise import Writing, as_text, json_text, pairs
from seawall.types import JsonObject, JsonValue
from seawall.upstream import percent

__all__ = ["Body", "write"]

_PLAIN: Final = Encoding()
_FIRST_BYTES: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
}
"""Says which of a pattern such as `image/*` is sent."""

_UNKNOWN: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Body:
    """A body and what its `Content-Type` says."""

    data: bytes
    content_type: str


def write(planned: BodyPlan, value: JsonValue) -> Body:
    """The value as the body of a request. It fits the schema.

    JSON and YAML are written as compact JSON in UTF-8; a form and a multipart body need an object, whose members are
    written as the `encoding` of the description says; text and XML are sent in UTF-8, binary data is decoded.

    Raises:
        UnsendableError: a form needs an object; base64 is broken; a file name cannot be written.
    """
    match planned.form:
        case "json":
            return Body(json_text(value).encode(), _json_type(planned))
        case "lines":
            return Body(_lines(value, planned), planned.content.media_type)
        case "form":
            text = "&".join(f"{name}={text}" for name, text in _form(_object(value), planned))
            return Body(text.encode(), planned.media.name)
        case "multipart":
            parts = _items(value, planned) if isinstance(value, list) else _parts(_object(value), planned)
            return Body(*multipart.written(parts, planned.media.name))
        case "binary":
            return _data(planned, value)
        case _:
            return _text(planned, as_text(value))


def _data(planned: BodyPlan, value: JsonValue) -> Body:
    if is_kind(planned.media) and isinstance(value, dict):
        return Body(_decoded("body.base64", value.get("base64")), str(value.get("media_type")))
    data = _decoded("body", value)
    return Body(data, _named(planned.content.media_type, data))


def _text(planned: BodyPlan, text: str) -> Body:
    media = planned.media
    if form_of(media) == "form":
        return Body(_encoded(text), media.name)
    if "charset" in media.parameters:
        try:
            return Body(text.encode(media.parameters["charset"]), planned.content.media_type)
        except (LookupError, UnicodeError):
            raise UnsendableError(
                f"body has characters that {media.parameters['charset']!r} has not"
            ) from None
    name = "text/plain" if media.is_pattern else planned.content.media_type
    # XML says UTF-8 by itself (XML 1.0, 4.3.3), and other types of application/ define no charset.
    return Body(text.encode(), f"{name}; charset=utf-8" if name.startswith("text/") else name)


def _json_type(planned: BodyPlan) -> str:
    """The content type; of a pattern such as `application/*+json`, one that it covers."""
    if not planned.media.is_pattern:
        return planned.content.media_type
    return planned.media.name.replace("*", "x") if "*+" in planned.media.subtype else "application/json"


def _lines(value: JsonValue, planned: BodyPlan) -> bytes:
    """One value a line, or with the mark of RFC 7464 before each; a text is sent as it is."""
    if isinstance(value, str):
        return value.encode()
    before = "\x1e" if planned.media.subtype.endswith("json-seq") else ""
    return "".join(f"{before}{json_text(each)}\n" for each in _listed(value)).encode()


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]


def _encoded(text: str) -> bytes:
    """A form that its caller wrote, since the description says that it is a text."""
    if not text.isascii() or " " in text:
        raise UnsendableError("body must be percent-encoded: it is sent as a form")
    return text.encode()


def _items(values: list[JsonValue], planned: BodyPlan) -> Iterator[Part]:
    """The parts of a body that have a place instead of a name (OpenAPI 3.2, 4.14.5)."""
    for place, value in enumerate(values):
        declared = (planned.content.at(place).content_type or "").partition(",")[0].strip()
        if planned.has_file_at(place):
            yield _file("", value, declared)
        else:
            part = _value("", value, declared)
            yield part if part.content_type else replace(part, content_type="text/plain; charset=utf-8")


def _form(members: JsonObject, planned: BodyPlan) -> Iterator[tuple[str, str]]:
    for name, value in members.items():
        encoding = planned.content.encoding.get(name, _PLAIN)
        styled = encoding.style is not None or encoding.explode is not None or encoding.allow_reserved
        style = encoding.style or "form"
        explode = style in {"form", "deepObject"} if encoding.explode is None else encoding.explode
        writing = Writing.in_form(style, explode=explode, reserved=encoding.allow_reserved)
        # Without a style, the form of a member goes by its type: an object is JSON (OpenAPI 3.1.1, 4.8.15.1.1).
        as_json = not styled and (isinstance(value, dict) or _is_json(encoding))
        made = pairs(name, json_text(value) if as_json else value, writing)
        check_own(name, name, (percent.meant(key, form=True) for key, _ in made), planned.members or ())
        yield from made


def _is_json(encoding: Encoding) -> bool:
    return encoding.content_type is not None and form_of(parsed(encoding.content_type)) == "json"


def _parts(members: JsonObject, planned: BodyPlan) -> Iterator[Part]:
    for name, value in members.items():
        encoding = planned.content.encoding.get(name, _PLAIN)
        declared = (encoding.content_type or "").partition(",")[0].strip()
        if name in planned.files:
            for each in value if isinstance(value, list) else [value]:
                if each is not None:
                    yield _file(name, each, declared)
        elif encoding.style == "deepObject":
            raw = Writing("deepObject", explode=True, name=str, encode=str, encode_item=str)
            made = pairs(name, value, raw)
            check_own(name, name, (key for key, _ in made), planned.members or ())
            yield from (Part(key, text.encode()) for key, text in made)
        elif isinstance(value, list) and not (_is_json(encoding) and not declared.startswith("text/")):
            yield from (_value(name, each, declared) for each in value if each is not None)
        elif value is not None:
            yield _value(name, value, declared)


def _value(name: str, value: JsonValue, declared: str) -> Part:
    """One part: objects and lists as JSON, all else as text (OpenAPI 3.1.1, 4.8.15.1.1)."""
    if isinstance(value, dict | list):
        return Part(name, json_text(value).encode(), declared or "application/json")
    if form_of(parsed(declared)) == "json" and declared:
        return Part(name, json_text(value).encode(), declared)
    return Part(name, as_text(value).encode(), "" if "*" in declared else declared)


def _file(name: str, value: JsonValue, declared: str) -> Part:
    if not isinstance(value, dict):
        raise UnsendableError(f"{name} must be an object with text or base64")
    text, media_type = value.get("text"), value.get("media_type")
    data = text.encode() if isinstance(text, str) else _decoded(f"{name}.base64", value.get("base64"))
    fallback = "text/plain; charset=utf-8" if isinstance(text, str) else _UNKNOWN
    concrete = _named(declared, data) if declared else fallback
    return Part(
        name,
        data,
        media_type if isinstance(media_type, str) else concrete,
        filename=str(value.get("name") or name) or None,
    )


def _named(content_type: str, data: bytes) -> str:
    """The content type, or for a pattern the one that the first bytes show."""
    if "*" not in content_type:
        return content_type
    return next((name for start, name in _FIRST_BYTES.items() if data.startswith(start)), _UNKNOWN)


def _decoded(name: str, value: JsonValue) -> bytes:
    if not isinstance(value, str):
        raise UnsendableError(f"{name} must be base64")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise UnsendableError(f"{name} is not valid base64") from None


def _object(value: JsonValue) -> JsonObject:
    if not isinstance(value, dict):
        raise UnsendableError("body must be an object: it is sent as a form")
    return value

"""What requests carry and what answers bring: the contents of bodies."""

from __future__ import annotations

import re
from typing import Final, cast, get_args

from seawall.toolsets.cleaning import clean_prose, is_clean_name
from seawall.toolsets.openapi.model import Content, Encoding, RequestBody, Response, Style
from seawall.toolsets.openapi.reading.context import Context
from seawall.toolsets.openapi.reading.definitions import Side
from seawall.toolsets.openapi.reading.faults import Unservable, pointer, shown
from seawall.types import JsonObject, JsonValue

__all__ = ["read_body", "read_responses"]

_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  RFC 9110, 5.6.2
_MEDIA_TYPE: Final = re.compile(rf"{_TOKEN}/{_TOKEN}(?:\s*;.*)?")
_SHORT_FORMS: Final = {
    "": "application/json",
    "json": "application/json",
    "xml": "application/xml",
    "text": "text/plain",
    "*": "*/*",
}
_STATUS: Final = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")
_STYLES: Final = frozenset(get_args(Style))
_MAX_CONTENTS: Final = 50  # forms of one body


def read_body(value: JsonValue, where: str, context: Context) -> RequestBody | None:
    """The body of a request, or None when it has none.

    Raises:
        Unservable: it is required and cannot be read.
    """
    if value is None:
        return None
    raw = context.needed(value, "its body")
    required = context.flag(raw, "required", where)
    contents = _contents(raw.get("content"), where, "input", context)
    if not contents:
        if required and raw.get("content"):
            raise Unservable("its body is required, and has no content that can be sent")
        context.faults.add(where, "the body has no content; it was left out")
        return None
    return RequestBody(contents, required, clean_prose(raw.get("description")))


def read_responses(value: JsonValue, where: str, context: Context) -> tuple[Response, ...]:
    """The answers that are foreseen; what is wrong with one is a fault, as calls do not depend on them."""
    if value is None and context.dialect in {"3.1", "3.2"}:
        return ()  # no longer required there
    if not isinstance(value, dict):
        context.faults.add(where, "`responses` is no object; nothing is known of the answers")
        return ()
    responses: list[Response] = []
    for name, item in value.items():
        status = name.upper() if name.lower() != "default" else "default"
        if status.startswith("X-"):
            continue
        if not _STATUS.fullmatch(status):
            context.faults.add(where, f"{shown(name)} is no status; the response was left out")
            continue
        place = pointer(where, name)
        raw = context.optional(item, place, "a response")
        if raw is not None:
            contents = _contents(raw.get("content"), place, "output", context)
            responses.append(Response(status, clean_prose(raw.get("description")), contents))
    return tuple(responses)


def _contents(value: JsonValue, where: str, side: Side, context: Context) -> tuple[Content, ...]:
    if not isinstance(value, dict):
        if value is not None:
            context.faults.add(where, f"`content` is no object but {shown(value)}; it was left out")
        return ()
    contents = []
    for name, item in list(value.items())[:_MAX_CONTENTS]:
        place = pointer(where, "content", name)
        media_type = _SHORT_FORMS.get(name.lower(), name)
        if media_type != name:
            context.faults.add(place, f"{shown(name)} is no media type; it was read as {media_type}")
        if not _MEDIA_TYPE.fullmatch(media_type) or not is_clean_name(media_type):
            context.faults.add(place, f"{shown(name)} is no media type; the content was left out")
            continue
        raw = context.optional(item if item is not None else {}, place, "a content")
        if raw is not None:
            prefix, items = raw.get("prefixEncoding"), raw.get("itemEncoding")
            contents.append(
                Content(
                    media_type,
                    _schema(raw, place, side, context),
                    _encodings(raw, place, context),
                    tuple(
                        _encoding(each, pointer(place, "prefixEncoding", number), context)
                        for number, each in enumerate(prefix if isinstance(prefix, list) else ())
                    ),
                    None if items is None else _encoding(items, pointer(place, "itemEncoding"), context),
                )
            )
    return tuple(contents)


def _schema(raw: JsonObject, where: str, side: Side, context: Context) -> JsonObject:
    if raw.get("schema") is not None:
        return context.schemas.read(raw["schema"], f"{where}/schema", side)
    if "itemSchema" in raw:  # a sequence of such items (OpenAPI 3.2, 4.14)
        return {
            "type": "array",
            "items": context.schemas.read(raw["itemSchema"], f"{where}/itemSchema", side),
        }
    return {}


def _encodings(raw: JsonObject, where: str, context: Context) -> dict[str, Encoding]:
    value = raw.get("encoding")
    if not isinstance(value, dict):
        return {}
    encodings = {}
    for name, item in value.items():
        place = pointer(where, "encoding", name)
        if is_clean_name(name):
            encodings[name] = _encoding(item, place, context)
        else:
            context.faults.add(place, "an encoding is of no property; it was left out")
    return encodings


def _encoding(item: JsonValue, where: str, context: Context) -> Encoding:
    if not isinstance(item, dict):
        context.faults.add(where, "an encoding is no object; it was left out")
        return Encoding()
    style, content_type = item.get("style"), item.get("contentType")
    usable = isinstance(content_type, str) and is_clean_name(content_type)
    return Encoding(
        content_type=cast("str", content_type) if usable else None,
        style=cast("Style", style) if isinstance(style, str) and style in _STYLES else None,
        explode=context.flag(item, "explode", where) if "explode" in item else None,
        allow_reserved=context.flag(item, "allowReserved", where),
    )

"""The argument `next`: where the last answer ended, as a word that a model hands back and cannot aim elsewhere.

It holds values of query parameters and a number of items, never a URL: whatever a model makes of it, the request goes
to the same operation, and no parameter is set that the operator fixed or that neither the description nor common
usage knows.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from seawall.toolsets.openapi.media import form_of, parsed
from seawall.toolsets.openapi.model import ApiOperation
from seawall.toolsets.openapi.writable import target
from seawall.types import JsonObject, JsonValue

__all__ = ["COMMON_NAMES", "START", "Continuation", "continuation", "may_continue", "word_for"]

COMMON_NAMES: Final = frozenset(
    [
        "after",
        "before",
        "continuation",
        "continuation_token",
        "continuationtoken",
        "continue",
        "cursor",
        "from",
        "marker",
        "max_id",
        "next",
        "next_cursor",
        "next_page",
        "next_page_token",
        "next_token",
        "nextcursor",
        "nextpagetoken",
        "nexttoken",
        "offset",
        "page",
        "page_cursor",
        "page_number",
        "page_token",
        "pageafter",
        "pagenumber",
        "pagetoken",
        "scroll_id",
        "since",
        "since_id",
        "skip",
        "start",
        "start_cursor",
        "starting_after",
        "startat",
        "startcursor",
        "startindex",
        "page[after]",
        "page[cursor]",
        "page[number]",
        "page[offset]",
        "$skip",
        "$skiptoken",
    ]
)
"""Query parameters that say where a page begins, in small letters; a service may use one that it does not describe."""

_MOST_VALUES: Final = 16
_MOST_ITEMS: Final = 10**9


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where to go on.

    Attributes:
        query: values of query parameters, by their name in the API, instead of those of the arguments.
        skip: items of the answer's list that the caller has already.
    """

    query: Mapping[str, str] = field(default_factory=dict)
    skip: int = 0


START: Final = Continuation()
"""From the beginning."""


def word_for(continuation: Continuation) -> str:
    """The continuation as one word; `continuation` reads it."""
    data = {"q": dict(continuation.query), "s": continuation.skip}
    text = json.dumps({key: value for key, value in data.items() if value}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def continuation(word: str, *, allowed: Collection[str], denied: Collection[str] = ()) -> Continuation:
    """What the word says.

    Args:
        word: as a caller handed it over.
        allowed: names of query parameters that it may set, beside the common ones.
        denied: names that it may not set, also of the common ones.

    Raises:
        ValueError: the word is none of ours.
    """
    try:
        data = json.loads(base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise ValueError("it is not what an answer had as `next`") from None
    if not isinstance(data, dict) or not data.keys() <= {"q", "s"}:
        raise ValueError("it is not what an answer had as `next`")
    query, skip = data.get("q", {}), data.get("s", 0)
    if type(skip) is not int or not 0 <= skip <= _MOST_ITEMS or not isinstance(query, dict):
        raise ValueError("it is not what an answer had as `next`")
    if len(query) > _MOST_VALUES or not all(isinstance(value, str) for value in query.values()):
        raise ValueError("it is not what an answer had as `next`")
    if any(name in denied or (name not in allowed and name.lower() not in COMMON_NAMES) for name in query):
        raise ValueError("it sets parameters that say nothing about pages")
    return Continuation(cast("dict[str, str]", query), skip)


def may_continue(operation: ApiOperation, definitions: Mapping[str, JsonObject]) -> bool:
    """Whether an answer may have a `next`: what is only read has pages, or is a list that may be cut."""
    if operation.method != "GET":
        return False
    query = (each.name.lower() for each in operation.parameters if each.place == "query")
    if any(name in COMMON_NAMES for name in query):
        return True
    good = [each for each in operation.responses if each.status.startswith("2")]
    contents = [content for each in good for content in each.contents]
    return any(
        form_of(parsed(content.media_type)) == "json" and _has_list(content.schema, definitions)
        for content in contents
    )


def _has_list(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> bool:
    found = target(schema, definitions)
    if _is_list(found):
        return True
    parts = found.get("allOf")
    members: list[JsonValue] = []
    for each in (found, *(parts if isinstance(parts, list) else ())):
        properties = target(each, definitions).get("properties") if isinstance(each, dict) else None
        members.extend(properties.values() if isinstance(properties, dict) else ())
    return any(_is_list(target(each, definitions)) for each in members if isinstance(each, dict))


def _is_list(schema: JsonObject) -> bool:
    kind = schema.get("type")
    return kind == "array" or (isinstance(kind, list) and "array" in kind)

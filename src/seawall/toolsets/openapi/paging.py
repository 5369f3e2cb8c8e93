"""The argument `next`: where the last answer ended, as one word that a model hands back.

It holds two things: the position that the client of the service made (`seawall.upstream.paging` says why a forged one
leads nowhere), and how many items of the answer's list the caller has, when the list had to be cut.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from seawall.toolsets.openapi.media import form_of, parsed
from seawall.toolsets.openapi.model import ApiOperation
from seawall.toolsets.openapi.writable import target
from seawall.types import JsonObject, JsonValue
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse

__all__ = ["START", "Continuation", "Pager", "continuation", "may_continue", "word_for"]

_COMMON_NAMES: Final = frozenset(
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
"""Query parameters that say where a page begins, in small letters."""

_MOST_ITEMS: Final = 10**9
_NOT_OURS: Final = "it is not what an answer had as `next`"


class Pager(Protocol):
    """How the service of one operation says where its next page is, and how that page is asked for."""

    def after(self, request: UpstreamRequest, response: UpstreamResponse, body: JsonValue) -> str | None:
        """The position after this answer; None when there is no more.

        Args:
            request: what the arguments beside `next` become.
            response: the answer to it, or to a later page.
            body: the answer's body, if it is JSON.
        """

    def resume(self, position: str, request: UpstreamRequest) -> UpstreamRequest:
        """The request of the page at that position.

        Raises:
            ValueError: the position is none that this operation gave for these arguments.
        """


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where to go on.

    Attributes:
        position: of the page, as the pager made it; None for the first one.
        skip: items of the page's list that the caller has already.
    """

    position: str | None = None
    skip: int = 0


START: Final = Continuation()
"""From the beginning."""


def word_for(continuation: Continuation) -> str:
    """The continuation as one word; `continuation` reads it."""
    data = {"p": continuation.position, "s": continuation.skip}
    text = json.dumps({key: value for key, value in data.items() if value}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def continuation(word: str) -> Continuation:
    """What the word says.

    Raises:
        ValueError: the word is none of ours.
    """
    try:
        data = json.loads(base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise ValueError(_NOT_OURS) from None
    if not isinstance(data, dict) or not data.keys() <= {"p", "s"}:
        raise ValueError(_NOT_OURS)
    position, skip = data.get("p"), data.get("s", 0)
    if type(skip) is not int or not 0 <= skip <= _MOST_ITEMS or not isinstance(position, str | None):
        raise ValueError(_NOT_OURS)
    return Continuation(position, skip)


def may_continue(operation: ApiOperation, definitions: Mapping[str, JsonObject]) -> bool:
    """Whether an answer may have a `next`: what is only read has pages, or is a list that may be cut."""
    if operation.method != "GET":
        return False
    query = (each.name.lower() for each in operation.parameters if each.place == "query")
    if any(name in _COMMON_NAMES for name in query):
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

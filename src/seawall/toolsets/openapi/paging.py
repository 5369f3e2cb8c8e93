"""Which operations have pages, and how a page is asked for.

The position in the argument `next` is what the client of the service made (`seawall.upstream.paging` says why a forged
one leads nowhere).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from seawall.toolsets.openapi.media import form_of, parsed
from seawall.toolsets.openapi.model import ApiOperation, Content
from seawall.toolsets.openapi.writable import target
from seawall.types import JsonObject, JsonValue
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse

__all__ = ["Pager", "may_continue"]

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


def may_continue(operation: ApiOperation, definitions: Mapping[str, JsonObject]) -> bool:
    """Whether an answer may have a `next`: what is only read has pages, or is a list or a text that may be cut."""
    if operation.method != "GET":
        return False
    query = (each.name.lower() for each in operation.parameters if each.place == "query")
    if any(name in _COMMON_NAMES for name in query):
        return True
    good = [each for each in operation.responses if each.status.startswith("2")]
    contents = [content for each in good for content in each.contents]
    return any(_may_be_cut(content, definitions) for content in contents)


def _may_be_cut(content: Content, definitions: Mapping[str, JsonObject]) -> bool:
    form = form_of(parsed(content.media_type))
    return form in {"lines", "text", "xml"} or (form == "json" and _has_list(content.schema, definitions))


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

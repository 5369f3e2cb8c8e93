"""How an operation has its pages, as far as its description shows: nothing of it needs to be configured.

A `Link` header counts first, where an answer has one. Then comes what the description shows: a cursor in the body and a
query parameter that takes it, a URL of the next page in the body, or a query parameter that counts pages or items.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import Final

from seawall.toolsets.openapi.media import form_of, parsed
from seawall.toolsets.openapi.model import ApiOperation
from seawall.toolsets.openapi.writable import target
from seawall.types import JsonObject, JsonValue
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse
from seawall.upstream.paging import (
    MAXIMUM_LENGTH,
    CursorPaging,
    LinkPaging,
    NotOursError,
    OffsetPaging,
    PagePaging,
    Pages,
    Paging,
)

__all__ = ["DescribedPager", "pagings"]

_TAKES_CURSOR: Final = (
    "cursor",
    "page_token",
    "pagetoken",
    "next_token",
    "nexttoken",
    "continuation_token",
    "continuationtoken",
    "continue",
    "next_cursor",
    "nextcursor",
    "page_cursor",
    "start_cursor",
    "startcursor",
    "starting_after",
    "after",
    "page[cursor]",
    "page[after]",
    "marker",
    "scroll_id",
)
_HAS_CURSOR: Final = (
    "next_cursor",
    "nextcursor",
    "next_page_token",
    "nextpagetoken",
    "next_token",
    "nexttoken",
    "continuation_token",
    "continuationtoken",
    "nextcontinuationtoken",
    "continue",
    "end_cursor",
    "endcursor",
    "last_id",
    "next_marker",
    "nextmarker",
    "scroll_id",
    "after",
)
_HAS_URL: Final = (
    "next",
    "next_url",
    "next_page_url",
    "next_page_uri",
    "next_link",
    "nextlink",
    "nextpageurl",
    "nexturl",
    "@odata.nextlink",
    "next_href",
)
_MOST_MEMBERS: Final = 1000  # of one depth that are looked at: a schema that holds itself has any number
_HAS_MORE: Final = ("has_more", "hasMore", "has_next", "hasNext")
_COUNTS_PAGES: Final = ("page", "page_number", "pagenumber", "page[number]")
_COUNTS_ITEMS: Final = ("offset", "skip", "startat", "startindex", "$skip", "page[offset]")


class DescribedPager:
    """The pages of one operation."""

    def __init__(self, pages: Callable[[], Pages], ways: tuple[Paging, ...]) -> None:
        """Set it up.

        Args:
            pages: gives what makes positions; the client of the service has another one after each start.
            ways: in which this service may say where the next page is.
        """
        self._pages = pages
        self._ways = ways

    def after(self, request: UpstreamRequest, response: UpstreamResponse, body: JsonValue) -> str | None:
        """The position after this answer, by the first way that knows one; None after the last page."""
        if isinstance(body, dict) and any(body.get(name) is False for name in _HAS_MORE):
            return None
        found = (self._pages().after(way, request, response, body) for way in self._ways)
        return next((each for each in found if each is not None and len(each) <= MAXIMUM_LENGTH), None)

    def resume(self, position: str, request: UpstreamRequest) -> UpstreamRequest:
        """The request of the page at that position.

        Raises:
            NotOursError: the position is none that this operation gave for these arguments.
        """
        for way in self._ways:
            try:
                return self._pages().resume(position, way, request)
            except NotOursError:
                continue
        raise NotOursError


def pagings(
    operation: ApiOperation,
    definitions: Mapping[str, JsonObject],
    *,
    below: str = "",
    withheld: Collection[str] = (),
    fixed: Collection[str] = (),
) -> tuple[Paging, ...]:
    """In which ways the operation may have pages, in the order in which they are tried.

    Args:
        operation: as described.
        definitions: what `#/$defs/NAME` in its schemas refers to.
        below: the path below which all of the API lies.
        withheld: query parameters that the blueprint hides or fixes: a position, which is a value of one, never is of
            these.
        fixed: those of them that it fixes: a link has to have them, too.
    """
    kept = tuple(sorted(fixed))
    ways: list[Paging] = [LinkPaging(below=below, kept=kept)]
    query = {
        each.name.lower(): each.name
        for each in operation.parameters
        if each.place == "query" and each.name not in withheld
    }
    members = dict(_members(operation, definitions))
    cursor = _first(_TAKES_CURSOR, query)
    pointer = _pointer(_HAS_CURSOR, members)
    url = _pointer(_HAS_URL, {at: schema for at, schema in members.items() if _is_text(schema)})
    pages, items = _first(_COUNTS_PAGES, query), _first(_COUNTS_ITEMS, query)
    listed = next((at for at, schema in members.items() if _is_list(schema)), None)
    if cursor is not None and pointer is not None:
        ways.append(CursorPaging(cursor, pointer))
    elif url is not None:
        ways.append(LinkPaging(url, kept=kept))
    elif pages is not None and listed is not None and _is_whole(operation, pages):
        ways.append(PagePaging(pages, listed))
    elif items is not None and listed is not None:
        ways.append(OffsetPaging(items, listed))
    return tuple(ways)


def _members(
    operation: ApiOperation, definitions: Mapping[str, JsonObject]
) -> Iterator[tuple[str, JsonObject]]:
    """What a good answer has: the whole of it, its members, then theirs, each with its JSON pointer."""
    good = (each for each in operation.responses if each.status.startswith("2"))
    contents = [
        each for response in good for each in response.contents if form_of(parsed(each.media_type)) == "json"
    ]
    level = [("", target(contents[0].schema, definitions))] if contents else []
    for _ in range(4):  # `_links.next.href` is the deepest that is common
        yield from level
        below = (
            (f"{at}/{name.replace('~', '~0').replace('/', '~1')}", target(inner, definitions))
            for at, schema in level
            for part in _parts(schema, definitions)
            for name, inner in _properties(part)
        )
        level = list(islice(below, _MOST_MEMBERS))


def _parts(schema: JsonObject, definitions: Mapping[str, JsonObject]) -> Iterator[JsonObject]:
    yield schema
    combined = schema.get("allOf")
    for each in combined if isinstance(combined, list) else ():
        if isinstance(each, dict):
            yield target(each, definitions)


def _properties(schema: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        if isinstance(inner, dict):
            yield name, inner


def _first(names: tuple[str, ...], query: Mapping[str, str]) -> str | None:
    return next((query[name] for name in names if name in query), None)


def _pointer(names: tuple[str, ...], members: Mapping[str, JsonObject]) -> str | None:
    """The pointer to the member with the first of the names; of several, the one nearest to the top."""
    for name in names:
        for at in members:
            if at.rpartition("/")[2].lower() == name:
                return at
    return next((at for at in members if names is _HAS_URL and at.lower().endswith("/next/href")), None)


def _is_text(schema: JsonObject) -> bool:
    kind = schema.get("type")
    return kind == "string" or (isinstance(kind, list) and "string" in kind)


def _is_list(schema: JsonObject) -> bool:
    kind = schema.get("type")
    return kind == "array" or (isinstance(kind, list) and "array" in kind)


def _is_whole(operation: ApiOperation, name: str) -> bool:
    """Whether the parameter is a whole number: a `page` that is a text is a cursor of some kind."""
    return any(each.name == name and each.schema.get("type") == "integer" for each in operation.parameters)

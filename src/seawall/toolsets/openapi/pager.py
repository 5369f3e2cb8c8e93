"""How an operation has its pages, as far as its description shows: nothing of it needs to be configured.

A `Link` header counts first, where an answer has one. Then comes what the description shows: a cursor in the body and a
query parameter that takes it, a URL of the next page in the body, or a query parameter that counts pages or items.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
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
    links,
    page_of,
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
_HAS_MORE: Final = frozenset({"has_more", "hasmore", "has_next", "hasnext", "has_next_page", "hasnextpage"})
_IS_LAST: Final = frozenset({"is_last", "islast", "is_last_page", "islastpage", "last_page", "last"})
_TOTAL: Final = frozenset({"total_pages", "totalpages", "last_page", "lastpage"})
_HERE: Final = frozenset({"page", "page_number", "pagenumber", "current_page", "currentpage"})
_ABOUT: Final = frozenset({"meta", "_meta", "pagination", "paging", "page", "page_info", "pageinfo", "pages"})
"""Members of an answer that tell of its pages."""

_OTHERS: Final = frozenset({"first", "prev", "previous", "last"})
_FROM: Final = r"\b(?:{0})[ -](?:based|indexed)|\bstart(?:s|ing)? (?:at|from|with) (?:{0})\b"
_FROM_ZERO: Final = re.compile(_FROM.format("zero|0"), re.IGNORECASE)
_FROM_ONE: Final = re.compile(_FROM.format("one|1"), re.IGNORECASE)
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
        about = _about(body)
        if any(
            (value is False and name in _HAS_MORE) or (value is True and name in _IS_LAST)
            for name, value in about
        ):
            return None
        ways = (
            _counting(way, about) if isinstance(way, PagePaging | OffsetPaging) else way for way in self._ways
        )
        found = (
            self._pages().after(way, request, response, body)
            for way in ways
            if not _is_last(way, response, about)
        )
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


def _about(body: JsonValue) -> list[tuple[str, JsonValue]]:
    """What the answer tells of its pages, by small names: at its top, and in the members that are for that."""
    if not isinstance(body, dict):
        return []
    inner = [each for name, each in body.items() if name.lower() in _ABOUT and isinstance(each, dict)]
    return [(name.lower(), value) for each in (body, *inner) for name, value in each.items()]


def _counting(way: PagePaging | OffsetPaging, about: list[tuple[str, JsonValue]]) -> Paging:
    """The same, where an answer that was asked for without a number says which one it has."""
    told = {name for name, _ in about}
    names = {way.parameter.lower()} if isinstance(way, OffsetPaging) else _HERE
    if isinstance(way, PagePaging) and told & {"totalpages", "totalelements"}:
        names = names | {"number"}
    here = next((value for name, value in about if name in names and type(value) is int), None)
    return way if here is None else replace(way, first=here)


def _is_last(way: Paging, response: UpstreamResponse, about: list[tuple[str, JsonValue]]) -> bool:
    """Whether pages that are only counted end here, as the service says in another way."""
    if not isinstance(way, PagePaging | OffsetPaging):
        return False
    relations: set[str] = set().union(*(each for _, each in links(response)))
    if relations & _OTHERS and "next" not in relations:
        return True
    if isinstance(way, OffsetPaging):
        return False
    total = next((value for name, value in about if name in _TOTAL and type(value) is int), None)
    return total is not None and page_of(way, response) >= total > 0


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
        ways.append(PagePaging(pages, listed, first=_first_number(operation, pages, usual=1)))
    elif items is not None and listed is not None:
        ways.append(OffsetPaging(items, listed, first=_first_number(operation, items, usual=0)))
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


def _first_number(operation: ApiOperation, name: str, *, usual: int) -> int:
    """The number of the first page or item, as the parameter's default or bound says, or its description."""
    parameter = next(each for each in operation.parameters if each.name == name and each.place == "query")
    for word in ("default", "minimum"):
        value = parameter.schema.get(word)
        if type(value) is int and value in (0, 1):
            return value
    words = f"{parameter.description} {parameter.schema.get('description', '')}"
    return 0 if _FROM_ZERO.search(words) else 1 if _FROM_ONE.search(words) else usual


def _is_whole(operation: ApiOperation, name: str) -> bool:
    """Whether the parameter is a whole number: a `page` that is a text is a cursor of some kind."""
    return any(each.name == name and each.schema.get("type") == "integer" for each in operation.parameters)

"""The pages of an operation, as its description shows them, with the client that makes the positions."""

from __future__ import annotations

import json

import pytest

from seawall.toolsets.openapi.pager import DescribedPager, pagings
from seawall.toolsets.openapi.paging import Pager
from seawall.types import JsonObject, JsonValue
from seawall.upstream.messages import UpstreamResponse
from seawall.upstream.paging import (
    CursorPaging,
    LinkPaging,
    NotOursError,
    OffsetPaging,
    PagePaging,
    Pages,
    Paging,
)
from support.apis import answers, operation, parameter, real, requested
from support.descriptions import SPECS

TEXT: JsonObject = {"type": "string"}
WHOLE: JsonObject = {"type": "integer"}
LIST: JsonObject = {"type": "array"}


def members(**schemas: JsonValue) -> JsonObject:
    return {"type": "object", "properties": dict(schemas)}


@pytest.mark.parametrize(
    ("name", "schema", "response", "way"),
    [
        ("cursor", TEXT, members(next_cursor=TEXT), CursorPaging("cursor", "/next_cursor")),
        ("pageToken", TEXT, members(nextPageToken=TEXT, a=LIST), CursorPaging("pageToken", "/nextPageToken")),
        (
            "cursor",
            TEXT,
            members(meta=members(next_cursor=TEXT)),
            CursorPaging("cursor", "/meta/next_cursor"),
        ),
        ("page", WHOLE, members(next=TEXT, items=LIST), LinkPaging("/next")),
        ("page", WHOLE, members(_links=members(next=members(href=TEXT))), LinkPaging("/_links/next/href")),
        ("page", WHOLE, LIST, PagePaging("page", "")),
        ("page[number]", WHOLE, members(data=LIST), PagePaging("page[number]", "/data")),
        ("offset", WHOLE, members(**{"a/b": LIST}), OffsetPaging("offset", "/a~1b")),
        ("page", TEXT, LIST, None),
        ("q", TEXT, members(next_cursor=TEXT), None),
    ],
)
def test_the_way_is_found(name: str, schema: JsonObject, response: JsonObject, way: Paging | None) -> None:
    one = operation("GET", "/t", parameter(name, schema=schema), responses=(answers(response),))
    assert pagings(one, {}) == ((LinkPaging(),) if way is None else (LinkPaging(), way))


@pytest.mark.parametrize("name", SPECS)
def test_real_lists_have_their_cursors(name: str) -> None:
    """Whichever are on this machine: those of petstore have none."""
    api = real(name)
    found = {each.key: pagings(each, api.definitions)[1:] for each in api.operations if each.method == "GET"}
    lists = {"openai-3.1.json": ("GET /assistants", (CursorPaging("after", "/last_id"),))}
    key, ways = lists.get(name, (next(iter(found), ""), ()))
    assert found.get(key, ()) == ways


def pager(*ways: Paging) -> Pager:
    pages = Pages(b"k" * 32, clean=lambda url: url)
    return DescribedPager(lambda: pages, ways)


ONE = operation("GET", "/t", parameter("cursor"), parameter("q"))
REQUEST = requested(ONE, {"q": "a"})


def response(body: JsonValue, **headers: str) -> UpstreamResponse:
    return UpstreamResponse(200, headers, json.dumps(body).encode(), True, REQUEST.url)


def test_a_link_header_counts_first_and_each_way_goes_on_by_itself() -> None:
    both = pager(LinkPaging(), CursorPaging("cursor", "/next"))
    body: JsonValue = {"next": "c"}
    by_link = both.after(REQUEST, response(body, link=f'<{REQUEST.url}&page=2>; rel="next"'), body)
    by_cursor = both.after(REQUEST, response(body), body)
    assert by_link is not None
    assert by_cursor is not None
    assert both.resume(by_link, REQUEST).url == f"{REQUEST.url}&page=2"
    assert both.resume(by_cursor, REQUEST).url == f"{REQUEST.url}&cursor=c"


@pytest.mark.parametrize("body", [{"next": None}, {}, [], {"next": "c", "has_more": False}])
def test_after_the_last_page_there_is_no_more(body: JsonValue) -> None:
    assert pager(LinkPaging(), CursorPaging("cursor", "/next")).after(REQUEST, response(body), body) is None


def test_a_position_of_another_call_is_refused() -> None:
    way = pager(CursorPaging("cursor", "/next"))
    position = way.after(REQUEST, response({"next": "c"}), {"next": "c"})
    assert position is not None
    with pytest.raises(NotOursError):
        way.resume(position, requested(ONE, {"q": "b"}))

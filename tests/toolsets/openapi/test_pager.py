"""The pages of an operation, as its description shows them, with the client that makes the positions."""

from __future__ import annotations

import json
import time

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


LINKED = requested(
    operation("GET", "/t/{id}", parameter("id", "path"), parameter("q")), {"id": "a/b", "q": "a"}
)


@pytest.mark.parametrize(
    ("way", "url", "leads"),
    [
        (LinkPaging("/next"), "?page=2", True),
        (LinkPaging("/next"), "/v1/t/a%2fb?page=2", True),
        (LinkPaging("/next"), "/v1/t/a/b?page=2", False),
        (LinkPaging("/next"), "/v1/admin/users", False),
        (LinkPaging("/next"), "/v1/t/", False),
        (LinkPaging(below="/v1"), "/v1/repositories/7/t?page=2", True),
        (LinkPaging(below="/v1"), "/admin/users", False),
        (LinkPaging(below="/v1"), "/v10/t", False),
        (LinkPaging(below="/v1"), "/v1%2f..%2fadmin", False),
        (LinkPaging(), "/anything", True),
        (LinkPaging(below="/v1", kept=("q",)), "?q=a&page=2", True),
        (LinkPaging(below="/v1", kept=("q",)), "?page=2", False),
        (LinkPaging(below="/v1", kept=("q",)), "?q=b&page=2", False),
        (LinkPaging(below="/v1", kept=("q",)), "?q=a&q=b", False),
        (LinkPaging("/next", kept=("q",)), "?q=b&page=2", False),
    ],
)
def test_a_link_leads_to_pages_of_the_answer_and_to_nothing_else(
    way: LinkPaging, url: str, leads: bool
) -> None:
    body: JsonValue = {"next": url}
    headers = {"link": f'<{url}>; rel="next"'} if way.pointer is None else {}
    got = UpstreamResponse(200, headers, b"", True, LINKED.url)
    assert (pager(way).after(LINKED, got, body) is not None) == leads


@pytest.mark.parametrize("name", ["cursor", "page", "offset"])
def test_a_position_is_never_of_a_parameter_that_the_blueprint_hides_or_fixes(name: str) -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"items": {"type": "array"}, "next_cursor": {"type": "string"}},
    }
    one = operation("GET", "/t", parameter(name, schema={"type": "integer"}), responses=(answers(schema),))
    assert len(pagings(one, {})) == 2
    assert pagings(one, {}, withheld=(name,)) == (LinkPaging(),)


def test_a_schema_that_holds_itself_many_times_is_not_walked_through() -> None:
    node: JsonObject = {
        "type": "object",
        "properties": {f"n{number}": {"$ref": "#/$defs/N"} for number in range(200)},
    }
    one = operation("GET", "/t", parameter("cursor"), responses=(answers({"$ref": "#/$defs/N"}),))
    began = time.process_time()
    assert pagings(one, {"N": node}) == (LinkPaging(),)
    assert time.process_time() - began < 5, "a hang guard"


def counted(
    body: JsonValue, *, asked: str = "", schema: JsonObject | None = None, **headers: str
) -> str | None:
    """The query of the page after this answer, for an API that counts its pages."""
    one = operation(
        "GET",
        "/t",
        parameter(
            "page",
            schema={"type": "integer", **(schema or {})},
            description="Page (zero-based)" * bool(schema == {}),
        ),
        responses=(answers(members(items=LIST)),),
    )
    request = requested(one, {})
    way = pager(*pagings(one, {}))
    url = f"{request.url}?page={asked}" if asked else request.url
    position = way.after(request, UpstreamResponse(200, headers, b"", True, url), body)
    return None if position is None else way.resume(position, request).url.partition("?")[2]


@pytest.mark.parametrize(
    ("schema", "more", "following"),
    [
        (None, {}, "page=2"),
        ({"default": 0}, {}, "page=1"),
        ({"minimum": 0}, {}, "page=1"),
        ({"minimum": 1}, {}, "page=2"),
        ({}, {}, "page=1"),  # its description says so
        (None, {"page": 0}, "page=1"),
        (None, {"meta": {"current_page": 1}}, "page=2"),
        (None, {"number": 0, "totalPages": 4}, "page=1"),
        (None, {"number": 20}, "page=2"),
    ],
)
def test_pages_are_counted_from_where_the_service_counts(
    schema: JsonObject | None, more: JsonObject, following: str
) -> None:
    """A service that counts from zero gives its first page for no number, and the second one is not passed over."""
    assert counted({"items": [1], **more}, schema=schema) == following


@pytest.mark.parametrize(
    "more",
    [
        {"total_pages": 3},
        {"totalPages": 3},
        {"meta": {"last_page": 3}},
        {"last": True},
        {"isLast": True},
        {"pagination": {"hasNext": False}},
        {"page_info": {"has_next_page": False}},
        {"items": []},
    ],
)
def test_counting_ends_where_the_service_says_so(more: JsonObject) -> None:
    assert counted({"items": [1], **more}, asked="3") is None


def test_counting_ends_with_the_links() -> None:
    """A service that links its pages links the next one, unless there is none."""
    for link in ('</t?page=2>; rel="prev"', '</t?page=1>; rel=first, </t?page=3>; rel="last"'):
        assert counted({"items": [1]}, asked="3", link=link) is None
    assert counted({"items": [1]}, asked="3", link='</help>; rel="help"') == "page=4"
    assert counted({"items": [1], "total_pages": 9, "meta": {"has_more": True}}, asked="3") == "page=4"


@pytest.mark.parametrize(
    ("schema", "words", "body", "following"),
    [
        ({}, "", {}, "2"),
        ({"default": 1}, "", {}, "3"),
        ({"minimum": 1}, "", {}, "3"),
        ({}, "The 1-based index of the first result.", {}, "3"),
        ({}, "", {"startIndex": 1}, "3"),
        ({"default": 0}, "", {}, "2"),
    ],
)
def test_items_are_counted_from_where_the_service_counts(
    schema: JsonObject, words: str, body: JsonObject, following: str
) -> None:
    start = parameter("startIndex", schema={"type": "integer", **schema}, description=words)
    one = operation("GET", "/t", start, responses=(answers(members(items=LIST)),))
    request = requested(one, {})
    way = pager(*pagings(one, {}))
    position = way.after(
        request, UpstreamResponse(200, {}, b"", True, request.url), {"items": [1, 2], **body}
    )
    assert position is not None
    assert way.resume(position, request).url.endswith(f"?startIndex={following}")

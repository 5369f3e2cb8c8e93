"""One opaque `next` for every way in which services have pages, and nothing else can be made of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.upstream import (
    CursorPaging,
    LinkPaging,
    NotOursError,
    OffsetPaging,
    PagePaging,
    Pages,
    Paging,
    UpstreamRequest,
    UpstreamResponse,
)
from seawall.upstream.paging import links

API = "https://api.example/items"
REQUEST = UpstreamRequest("GET", f"{API}?q=a%20b")


def pages(key: bytes = b"k" * 32) -> Pages:
    return Pages(key, clean=lambda url: url.replace("&key=secret", ""))


def response(url: str = REQUEST.url, *, link: str = "") -> UpstreamResponse:
    return UpstreamResponse(200, {"link": link} if link else {}, b"", complete=True, url=url)


WAYS: list[tuple[Paging, Any, str, str]] = [
    (
        LinkPaging(),
        None,
        f'<{API}?q=a%20b&page=2>; rel="next", <{API}?page=9>; rel=last',
        f"{API}?q=a%20b&page=2",
    ),
    (
        LinkPaging(),
        None,
        '</other?page=2>; title="a, b"; rel="prefetch NEXT"',
        "https://api.example/other?page=2",
    ),
    (LinkPaging(), None, f"<{API}?page=2&key=secret>; rel=next", f"{API}?page=2"),
    (LinkPaging("/links/next"), {"links": {"next": "?page=2"}}, "", f"{API}?page=2"),
    (
        CursorPaging("after", "/meta/cursor"),
        {"meta": {"cursor": "a+b/=&c"}},
        "",
        f"{API}?q=a%20b&after=a%2Bb%2F%3D%26c",
    ),
    (CursorPaging("after", "/next~1it"), {"next/it": 17}, "", f"{API}?q=a%20b&after=17"),
    (PagePaging("page"), [1, 2], "", f"{API}?q=a%20b&page=2"),
    (PagePaging("page", "/items", first=0), {"items": [1]}, "", f"{API}?q=a%20b&page=1"),
    (OffsetPaging("offset", "/items"), {"items": [1, 2, 3]}, "", f"{API}?q=a%20b&offset=3"),
]


@pytest.mark.parametrize(("paging", "body", "link", "url"), WAYS)
def test_an_answer_gives_the_request_of_the_next_page(paging: Paging, body: Any, link: str, url: str) -> None:
    text = pages().after(paging, REQUEST, response(link=link), body)
    assert text is not None
    assert text.replace("-", "").replace("_", "").isalnum()
    resumed = pages().resume(text, paging, REQUEST)
    assert resumed == UpstreamRequest("GET", url)


@pytest.mark.parametrize(("paging", "body", "link", "url"), WAYS)
def test_a_later_page_leads_on_from_the_same_arguments(
    paging: Paging, body: Any, link: str, url: str
) -> None:
    text = pages().after(paging, REQUEST, response(url, link=link), body)
    assert text is not None
    resumed = pages().resume(text, paging, REQUEST)
    if isinstance(paging, PagePaging | OffsetPaging):
        assert resumed.url != url
        assert resumed.url.count(paging.parameter) == 1


@pytest.mark.parametrize(
    ("paging", "body", "link"),
    [
        (LinkPaging(), None, ""),
        (LinkPaging(), None, f"<{API}>; rel=last"),
        (LinkPaging(), None, f"<{API}>; rel=last; rel=next"),
        (LinkPaging(), None, "<https://evil.example/items?page=2>; rel=next"),
        (LinkPaging(), None, "<http://api.example/items?page=2>; rel=next"),
        (LinkPaging(), None, "<https://api.example:8443/items>; rel=next"),
        (LinkPaging(), None, "<https://user@api.example/items>; rel=next"),
        (LinkPaging(), None, "<//evil.example/>; rel=next"),
        (LinkPaging(), None, "<javascript:alert(1)>; rel=next"),
        (LinkPaging(), None, "<https://api.example/a b>; rel=next"),
        (LinkPaging(), None, "<" * 5000),
        (LinkPaging("/next"), {"next": None}, ""),
        (LinkPaging("/next"), {"next": "https://evil.example/"}, ""),
        (LinkPaging("/next"), {"next": {"href": API}}, ""),
        (CursorPaging("after", "/cursor"), {"cursor": ""}, ""),
        (CursorPaging("after", "/cursor"), {"cursor": True}, ""),
        (CursorPaging("after", "/cursor"), {"cursor": "x" * 5000}, ""),
        (CursorPaging("after", "/a/0/b"), {"a": []}, ""),
        (PagePaging("page"), [], ""),
        (PagePaging("page"), {"items": [1]}, ""),
        (OffsetPaging("offset", "/items"), {}, ""),
    ],
)
def test_there_is_no_next_where_nothing_follows_or_it_would_lead_elsewhere(
    paging: Paging, body: Any, link: str
) -> None:
    assert pages().after(paging, REQUEST, response(link=link), body) is None


def forged(*fields: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


def fields_of(text: str) -> list[str]:
    fields: list[str] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return fields


def test_a_link_that_somebody_else_wrote_is_refused() -> None:
    """Also to the same origin: other paths, and arguments that the operator has fixed, are not the caller's to choose."""
    text = pages().after(LinkPaging(), REQUEST, response(link=f"<{API}?page=2>; rel=next"))
    assert text is not None
    kind, base, _, signature = fields_of(text)
    for url in (f"{API}?page=3", "https://api.example/admin", "https://evil.example/"):
        with pytest.raises(NotOursError):
            pages().resume(forged(kind, base, url, signature), LinkPaging(), REQUEST)
    with pytest.raises(NotOursError):
        pages(b"another key").resume(text, LinkPaging(), REQUEST)


@pytest.mark.parametrize(("paging", "body", "link", "url"), WAYS)
def test_it_belongs_to_its_arguments_and_to_its_way(paging: Paging, body: Any, link: str, url: str) -> None:
    del url
    text = pages().after(paging, REQUEST, response(link=link), body)
    assert text is not None
    with pytest.raises(NotOursError):
        pages().resume(text, paging, UpstreamRequest("GET", f"{API}?q=other"))
    other = CursorPaging("after", "/x") if isinstance(paging, LinkPaging) else LinkPaging()
    with pytest.raises(NotOursError):
        pages().resume(text, other, REQUEST)


@pytest.mark.parametrize("position", ["-1", "1e9", "x", "", "٣", "9" * 40])
def test_a_forged_position_is_a_number_or_refused(position: str) -> None:
    text = pages().after(OffsetPaging("offset"), REQUEST, response(), [1])
    assert text is not None
    kind, base, _, signature = fields_of(text)
    with pytest.raises(NotOursError):
        pages().resume(forged(kind, base, position, signature), OffsetPaging("offset"), REQUEST)


def test_a_forged_cursor_is_one_value_of_one_parameter() -> None:
    text = pages().after(CursorPaging("after", ""), REQUEST, response(), "c")
    assert text is not None
    kind, base, _, signature = fields_of(text)
    evil = "x&admin=1#/../\r\nHost: evil"
    resumed = pages().resume(forged(kind, base, evil, signature), CursorPaging("after", ""), REQUEST)
    assert resumed.url == f"{API}?q=a%20b&after=x%26admin%3D1%23%2F..%2F%0D%0AHost%3A%20evil"


@given(
    st.text(max_size=200) | st.binary(max_size=100).map(lambda data: base64.urlsafe_b64encode(data).decode())
)
def test_anything_else_is_refused(text: str) -> None:
    for paging in (LinkPaging(), CursorPaging("a", "/b"), PagePaging("page")):
        with pytest.raises(NotOursError):
            pages().resume(text, paging, REQUEST)


@given(st.text(alphabet='<>;,="\\ relnxt/:ab', max_size=300))
def test_any_link_header_is_read_to_its_end(text: str) -> None:
    for url, relations in links(response(link=text)):
        assert isinstance(url, str)
        assert all(relations)

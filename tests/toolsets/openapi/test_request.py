"""One request: each argument in its place, and none that leaves it."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.errors import InvalidArgumentsError
from seawall.toolsets.continuation import Continuation, word_for
from seawall.toolsets.openapi.model import ApiOperation, Encoding
from seawall.toolsets.openapi.request import begun
from seawall.types import JsonObject, JsonValue
from support.apis import BASE, answers, body, operation, parameter, requested, shaped

BY_ID = operation("DELETE", "/pets/{id}/toys", parameter("id", "path", {}))

CLIMBING = [
    ".", "..", "../x", "a/../b", "..\\x", "a\\..", "%2e%2e", "..%2fx", "%252e%252e%252f", "..;a=b/x", "%2E.",
    "%25252525252e",
]  # fmt: skip


@pytest.mark.parametrize("value", CLIMBING)
def test_a_value_never_climbs_out_of_its_segment(value: str) -> None:
    with pytest.raises(InvalidArgumentsError, match="leads out of its place"):
        requested(BY_ID, {"id": value})


@pytest.mark.parametrize("value", ["...", "a..b", ".hidden", "v1.2", "a.", "%41", "100%", "a;b", "..a"])
def test_a_value_that_only_looks_like_it_is_sent(value: str) -> None:
    assert requested(BY_ID, {"id": value}).url.startswith(f"{BASE}/pets/")


def test_two_values_do_not_climb_together() -> None:
    one = operation("GET", "/t/{a}{b}/x", parameter("a", "path"), parameter("b", "path"))
    with pytest.raises(InvalidArgumentsError, match="leads out of its place"):
        requested(one, {"a": ".", "b": "."})


@pytest.mark.parametrize("value", ["", None, [], {}])
def test_an_empty_value_never_leads_to_another_path(value: JsonValue) -> None:
    with pytest.raises(InvalidArgumentsError, match="empty"):
        requested(BY_ID, {"id": value})


@pytest.mark.parametrize("sign", ["\r", "\n", "\x00", "a\r\nX-Evil: 1"])
@pytest.mark.parametrize("place", ["path", "query", "header", "cookie"])
@pytest.mark.parametrize(
    "wrap", [lambda text: text, lambda text: [text], lambda text: {text: "a"}, lambda text: [[text]]]
)
def test_line_ends_and_nul_are_refused_everywhere_but_in_a_body(sign: str, place: str, wrap: object) -> None:
    one = operation("GET", "/t/{p}" if place == "path" else "/t", parameter("p", place, {}))
    with pytest.raises(InvalidArgumentsError, match=r"carriage return|line feed|NUL"):
        requested(one, {"p": wrap(sign)})  # type: ignore[operator]


def test_a_body_may_have_lines() -> None:
    one = operation("POST", "/t", body=body({"type": "object", "properties": {"a": {"type": "string"}}}))
    assert requested(one, {"a": "x\r\ny\x00"}).body == b'{"a":"x\\r\\ny\\u0000"}'


@pytest.mark.parametrize("value", ["ä", "\x7f", " a", "a ", "a\tb"])
def test_a_header_has_printable_ascii_alone(value: str) -> None:
    with pytest.raises(InvalidArgumentsError, match="no header can carry"):
        requested(operation("GET", "/t", parameter("X-A", "header", {"format": "x"})), {"X-A": value})


def test_half_of_a_surrogate_pair_is_no_character() -> None:
    with pytest.raises(InvalidArgumentsError, match="surrogate"):
        requested(operation("POST", "/t", body=body({"type": "string"})), {"body": "\ud800"})


def test_the_members_of_an_exploded_object_cannot_pass_for_other_parameters() -> None:
    one = operation("GET", "/t", parameter("filter", schema={"type": "object"}), parameter("tenant"))
    assert requested(one, {"filter": {"a": 1}}, fixed={"tenant": "x"}).url.endswith("/t?a=1&tenant=x")
    with pytest.raises(InvalidArgumentsError, match="parameter of its own"):
        requested(one, {"filter": {"tenant": "y"}}, fixed={"tenant": "x"})


FREE: JsonObject = {"type": "object", "additionalProperties": {"type": "string"}}
DEEP = parameter("filter", schema=FREE, style="deepObject")


@pytest.mark.parametrize(
    ("one", "offer", "arguments"),
    [
        (operation("GET", "/t", parameter("f", schema=FREE), parameter("admin")), "hide", {"f": {"admin": "1"}}),
        (operation("GET", "/t", parameter("f", schema=FREE), parameter("admin")), "fix", {"f": {"admin[]": "1"}}),
        (operation("GET", "/t?admin=0", parameter("f", schema=FREE)), "", {"f": {"admin": "1"}}),
        (operation("GET", "/t", DEEP, parameter("filter[admin]")), "hide", {"filter": {"admin": "1"}}),
        (operation("GET", "/t", DEEP, parameter("filter[admin]")), "fix", {"filter": {"admin": "1"}}),
        (operation("GET", "/t", parameter("f", "cookie", FREE), parameter("admin", "cookie")), "hide", {"f": {"admin": "1"}}),
        (operation("GET", "/t", parameter("f", "cookie", FREE), parameter("admin", "cookie")), "fix", {"f": {"admin": "1"}}),
    ],
)  # fmt: skip
def test_the_members_of_an_object_reach_no_parameter_that_is_hidden_or_fixed(
    one: ApiOperation, offer: str, arguments: JsonObject
) -> None:
    name = "filter_admin" if any("[" in each.name for each in one.parameters) else "admin"
    offers: dict[str, dict[str, Any]] = {"hide": {"left_out": (name,)}, "fix": {"fixed": {name: "0"}}, "": {}}
    said = offers[offer]
    with pytest.raises(InvalidArgumentsError, match="parameter of its own"):
        requested(one, arguments, **said)


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("style", ["form", "deepObject"])
@pytest.mark.parametrize("said", [{"left_out": ("role",)}, {"fixed": {"role": "0"}}])
def test_the_members_of_an_object_reach_no_member_of_the_form(media_type: str, style: Any, said: Any) -> None:
    name = "role" if style == "form" else "meta[role]"
    schema: JsonObject = {"type": "object", "properties": {"meta": FREE, name: {"type": "string"}}}
    one = operation("POST", "/t", body=body(schema, media_type, encoding={"meta": Encoding(style=style)}))
    if style == "form" and media_type.startswith("multipart"):
        return  # there an object is JSON
    if style == "deepObject":
        said = {key: ("meta_role",) if key == "left_out" else {"meta_role": "0"} for key in said}
    assert requested(one, {"meta": {"a": "1"}}, **said).body
    with pytest.raises(InvalidArgumentsError, match="parameter of its own"):
        requested(one, {"meta": {"role": "1"}}, **said)


def test_the_path_of_a_description_may_have_what_a_url_encodes() -> None:
    one = operation("GET", "/a b/ü/{id}?kind=x y#create", parameter("id", "path"), parameter("q"))
    assert requested(one, {"id": "1", "q": "2"}).url == f"{BASE}/a%20b/%C3%BC/1?kind=x%20y&q=2"


def test_what_the_base_url_has_of_a_path_and_query_stays() -> None:
    url = requested(operation("GET", "/t", parameter("q")), {"q": "1"}, base="https://h:8443/a/?v=2").url
    assert url == "https://h:8443/a/t?v=2&q=1"


def test_accept_names_what_is_described_json_first() -> None:
    one = operation("GET", "/t", responses=(answers(media_type="application/xml"), answers(status="201")))
    assert requested(one, {}).headers[0] == ("Accept", "application/json, application/xml;q=0.8, */*;q=0.1")
    assert requested(operation("GET", "/t", responses=()), {}).headers == (
        ("Accept", "application/json, */*;q=0.1"),
    )


WORDS = [
    "x",
    "!!!",
    "bnVsbA",
    "W10",
    "eyJzIjoiMSJ9",
    "eyJzIjotMX0",
    "eyJ4IjoxfQ",
    "ü",
    "eyJwIjpbXX0",
    "eyJzIjp0cnVlfQ",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_next_that_is_none_of_ours_is_refused(word: str) -> None:
    with pytest.raises(InvalidArgumentsError, match="next cannot be used: it is not what an answer had"):
        begun(shaped(operation("GET", "/t", parameter("page"))), {"next": word})


def test_next_comes_back_as_it_was() -> None:
    shape = shaped(operation("GET", "/t", parameter("page")))
    went = Continuation("position ü", 7)
    assert begun(shape, {"next": word_for(went)}) == went
    assert begun(shape, {}) == begun(shape, {"next": ""}) == Continuation()

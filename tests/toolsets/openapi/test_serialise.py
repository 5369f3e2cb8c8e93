"""Every style of OpenAPI: the tables of the specification, and what is done where it leaves something open."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.errors import InvalidArgumentsError
from seawall.types import JsonValue
from support.apis import BASE, operation, parameter, requested

BLUE = "blue"
LIST: JsonValue = ["blue", "black", "brown"]
OBJECT: JsonValue = {"R": 100, "G": 200, "B": 150}


def url_of(place: str, value: JsonValue, path: str = "/t", **how: Any) -> str:
    """What stands after the base URL when the parameter `color` has that value."""
    one = operation("GET", path, parameter("color", place, {}, **how))
    return requested(one, {"color": value}).url.removeprefix(BASE)


# "Style examples" of OpenAPI 3.2, 4.12.7: the columns string, array and object.
PATHS = [
    ("simple", False, BLUE, "blue"),
    ("simple", False, LIST, "blue,black,brown"),
    ("simple", False, OBJECT, "R,100,G,200,B,150"),
    ("simple", True, OBJECT, "R=100,G=200,B=150"),
    ("label", False, BLUE, ".blue"),
    ("label", False, LIST, ".blue,black,brown"),
    ("label", True, LIST, ".blue.black.brown"),
    ("label", False, OBJECT, ".R,100,G,200,B,150"),
    ("label", True, OBJECT, ".R=100.G=200.B=150"),
    ("matrix", False, BLUE, ";color=blue"),
    ("matrix", False, LIST, ";color=blue,black,brown"),
    ("matrix", True, LIST, ";color=blue;color=black;color=brown"),
    ("matrix", False, OBJECT, ";color=R,100,G,200,B,150"),
    ("matrix", True, OBJECT, ";R=100;G=200;B=150"),
]
QUERIES = [
    ("form", False, "", "color="),
    ("form", True, BLUE, "color=blue"),
    ("form", False, LIST, "color=blue,black,brown"),
    ("form", True, LIST, "color=blue&color=black&color=brown"),
    ("form", False, OBJECT, "color=R,100,G,200,B,150"),
    ("form", True, OBJECT, "R=100&G=200&B=150"),
    ("spaceDelimited", False, LIST, "color=blue%20black%20brown"),
    ("spaceDelimited", False, OBJECT, "color=R%20100%20G%20200%20B%20150"),
    ("spaceDelimited", True, LIST, "color=blue&color=black&color=brown"),
    ("pipeDelimited", False, LIST, "color=blue%7Cblack%7Cbrown"),
    ("pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("deepObject", True, OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("deepObject", True, {"a": {"b": 1}}, "color%5Ba%5D%5Bb%5D=1"),
    ("deepObject", True, {"a": ["x", "y"]}, "color%5Ba%5D=x&color%5Ba%5D=y"),
    (
        "deepObject",
        True,
        {"a": [{"b": 1}, {"b": 2}]},
        "color%5Ba%5D%5B0%5D%5Bb%5D=1&color%5Ba%5D%5B1%5D%5Bb%5D=2",
    ),
    ("deepObject", True, ["x", "y"], "color%5B0%5D=x&color%5B1%5D=y"),
    ("deepObject", True, BLUE, "color=blue"),
]


@pytest.mark.parametrize(("style", "explode", "value", "text"), PATHS)
def test_a_path(style: str, explode: bool, value: JsonValue, text: str) -> None:
    assert url_of("path", value, "/t/{color}", style=style, explode=explode) == f"/t/{text}"


@pytest.mark.parametrize(("style", "explode", "value", "text"), QUERIES)
def test_a_query(style: str, explode: bool, value: JsonValue, text: str) -> None:
    assert url_of("query", value, style=style, explode=explode) == f"/t?{text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "color=true"),
        (1.0, "color=1"),
        (0.1, "color=0.1"),
        (10**30, f"color={10**30}"),
        ("a b&c=d#e+f/g", "color=a%20b%26c%3Dd%23e%2Bf%2Fg"),
        ("ü€😀", "color=%C3%BC%E2%82%AC%F0%9F%98%80"),
        ([1, None, {"a": 1}], "color=1&color=%7B%22a%22%3A1%7D"),
        (["a,b", ""], "color=a%2Cb&color="),
    ],
)
def test_values_of_every_type_in_a_query(value: JsonValue, text: str) -> None:
    assert url_of("query", value) == f"/t?{text}"


@pytest.mark.parametrize("value", [None, [], {}, [None]])
def test_what_has_nothing_to_say_is_not_sent(value: JsonValue) -> None:
    assert url_of("query", value) == "/t"


def test_a_comma_within_a_value_is_told_from_one_between_values() -> None:
    assert url_of("query", ["a,b", "c"], explode=False) == "/t?color=a%2Cb,c"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a/b?c:d@e", "a/b?c:d@e"),
        ("50%25", "50%25"),
        ("50%", "50%25"),
        ("a&b=c#d", "a%26b=c%23d"),
        ("a b", "a%20b"),
    ],
)
def test_reserved_characters_that_are_allowed_never_end_a_value(value: str, text: str) -> None:
    """RFC 6570's reserved expansion, without what would begin another parameter or end the query."""
    assert url_of("query", value, allow_reserved=True) == f"/t?color={text}"


def test_reserved_characters_that_are_allowed_in_a_path_never_begin_a_segment() -> None:
    assert url_of("path", "a:b/c?d#e", "/t/{color}", allow_reserved=True) == "/t/a:b%2Fc%3Fd%23e"


def test_a_parameter_with_content_travels_as_json() -> None:
    assert url_of("query", {"a": [1]}, media_type="application/json") == "/t?color=%7B%22a%22%3A%5B1%5D%7D"
    assert url_of("path", {"a": 1}, "/t/{color}", media_type="application/json") == "/t/%7B%22a%22%3A1%7D"
    assert url_of("query", "a b", media_type="text/plain") == "/t?color=a%20b"


def test_the_whole_query_is_one_parameter() -> None:
    form = "application/x-www-form-urlencoded"
    assert url_of("querystring", {"a": ["x y", "z"], "b": 1}, media_type=form) == "/t?a=x+y&a=z&b=1"
    assert url_of("querystring", {"a": 1}, media_type="application/json") == "/t?%7B%22a%22%3A1%7D"


@pytest.mark.parametrize(
    ("value", "explode", "text"),
    [
        ("blue", False, "blue"),
        (LIST, False, "blue,black,brown"),
        (OBJECT, False, "R,100,G,200,B,150"),
        (OBJECT, True, "R=100,G=200,B=150"),
        ("a%b c", False, "a%b c"),
    ],
)
def test_a_header_is_not_encoded(value: JsonValue, explode: bool, text: str) -> None:
    one = operation("GET", "/t", parameter("X-Color", "header", {}, explode=explode))
    assert ("X-Color", text) in requested(one, {"X-Color": value}).headers


@pytest.mark.parametrize(
    ("style", "value", "cookies"),
    [
        ("form", "a b;c", (("color", "a%20b%3Bc"),)),
        ("cookie", "a%20b", (("color", "a%20b"),)),
        ("cookie", ["a", "b"], (("color", "a"), ("color", "b"))),
        ("form", OBJECT, (("R", "100"), ("G", "200"), ("B", "150"))),
    ],
)
def test_cookies(style: str, value: JsonValue, cookies: tuple[tuple[str, str], ...]) -> None:
    one = operation("GET", "/t", parameter("color", "cookie", {}, style=style))
    assert requested(one, {"color": value}).cookies == cookies


def test_a_cookie_cannot_begin_another_one() -> None:
    one = operation("GET", "/t", parameter("color", "cookie", {}, style="cookie"))
    with pytest.raises(InvalidArgumentsError, match="no cookie can carry"):
        requested(one, {"color": "a; admin=1"})


@pytest.mark.parametrize(("style", "sign"), [("spaceDelimited", " "), ("pipeDelimited", "|")])
@pytest.mark.parametrize("value", [["a{}b", "c"], {"a": "b{}c"}])
def test_a_delimiter_within_a_value_is_refused_and_named(style: str, sign: str, value: Any) -> None:
    """Encoded, it is what stands between values: the service would read other values than were meant."""
    filled: JsonValue = (
        [each.format(sign) for each in value] if isinstance(value, list) else {"a": value["a"].format(sign)}
    )
    with pytest.raises(InvalidArgumentsError, match=rf"color has a value with '\{sign}' in it"):
        url_of("query", filled, style=style, explode=False)
    url_of("query", filled, style=style, explode=True)

"""What of an answer a caller gets: nothing that is kept from it, nothing lost, and never more than the limit."""

from __future__ import annotations

import pytest

from seawall.toolsets.continuation import START, Continuation, continuation
from seawall.toolsets.cutting import size_of
from seawall.toolsets.graphql.exchange import Reply
from seawall.toolsets.graphql.private import Kept
from seawall.toolsets.graphql.results import Turning, cleaned_errors, rendered
from seawall.toolsets.interface import DataResult, TextResult
from seawall.types import JsonValue

KEPT = Kept({"token"}, {"user": Kept({"email"})})


def test_what_is_kept_is_taken_out_at_its_place_alone() -> None:
    data: JsonValue = {
        "token": "a",
        "email": "of nobody",
        "user": [{"email": "b", "name": "n"}, None, {"email": None, "token": "t"}],
    }
    assert KEPT.stripped(data) == {
        "email": "of nobody",
        "user": [{"name": "n"}, None, {"token": "t"}],
    }


def test_errors_say_nothing_of_what_is_kept_and_nothing_secret() -> None:
    reply = Reply(
        {},
        (
            {"message": "b@c is no address", "path": ["user", 0, "email"]},
            {
                "message": "password=hunter2x\nat\t10.0.0.1",
                "path": ["user", 1],
                "extensions": {"code": "X", "trace": "y"},
            },
            {"message": "m", "locations": [{"line": 1}], "type": "NOT_FOUND"},
        ),
    )
    assert cleaned_errors(reply, KEPT) == (
        {"message": "a field that is kept from you has an error"},
        {"message": "password=[redacted] at [redacted]", "path": ["user", 1], "code": "X"},
        {"message": "m", "code": "NOT_FOUND"},
    )


def test_errors_are_not_more_than_twenty() -> None:
    assert len(cleaned_errors(Reply({}, tuple({"message": str(n)} for n in range(500))), Kept())) == 20


@pytest.mark.parametrize("limit", [2048, 4096, 65536])
def test_a_list_that_is_too_long_goes_on_by_next(limit: int) -> None:
    items: list[JsonValue] = [{"id": number, "text": "x" * 50} for number in range(400)]
    data: JsonValue = {"a": {"b": {"c": {"d": {"e": {"nodes": items}}}}}, "other": 1}
    seen: list[JsonValue] = []
    here = Continuation("page", 0)
    for _ in range(400):
        result = rendered(data, (), Turning("next", here, "following"), limit=limit)
        assert isinstance(result, DataResult)
        assert 2 * size_of(result.data) <= limit
        inner: JsonValue = result.data["data"]
        for key in ("a", "b", "c", "d", "e", "nodes"):
            assert isinstance(inner, dict)
            inner = inner[key]
        assert isinstance(inner, list)
        seen += inner
        here = continuation(str(result.data["next"]))
        if here.position == "following":
            break
        assert here.position == "page"
    assert seen == items


def test_a_text_that_is_too_long_is_cut_and_says_so_with_the_errors() -> None:
    result = rendered({"a": "x" * 5000}, ({"message": "m"},), Turning("next", START), limit=2048)
    assert isinstance(result, TextResult)
    assert result.text.startswith('{"a":"xxx')
    assert "too large" in result.note
    assert result.note.endswith("m")


def test_what_changed_something_offers_no_next() -> None:
    """To go on would be to do it again."""
    result = rendered({"a": [{"x": "y" * 100}] * 100}, (), Turning("", START), limit=4096)
    assert isinstance(result, DataResult)
    assert "next" not in result.data
    assert "left out" in str(result.data["note"])

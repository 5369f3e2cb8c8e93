"""A message is spared its last search only where the very text that was searched leaves, and all around it is clean."""

from __future__ import annotations

from typing import Any

import pytest
from mcp_types import TextContent

from seawall.runtime import results, searched
from seawall.runtime.request import Request, current_request
from seawall.runtime.results import ToolPayload
from seawall.runtime.searched import found_clean, searching
from seawall.runtime.written import WrittenList
from seawall.security.redact import Redactor
from seawall.toolsets.rendering import SizedResult

SECRET = "correct horse battery"  # noqa: S105  the point of these tests
TEXT = "the tide comes in\n" * 500


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Redactor:
    redactor = Redactor()
    redactor.add(SECRET)
    for module in (results, searched):
        monkeypatch.setattr(module, "KNOWN_SECRETS", redactor)
    return redactor


def result(text: str, **around: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": False} | around


def again(text: str) -> str:
    """The same text as another object."""
    return "".join([text[:1], text[1:]])


COVERED = {
    "the very text": result(TEXT),
    "with details": result(TEXT, _meta={"lines": 500}),
}
NOT_COVERED = {
    "an equal text": result(again(TEXT)),
    "another text": result(TEXT + "!"),
    "a secret beside it": result(TEXT, _meta={"key": SECRET}),
    "a secret in its block": {"content": [{"type": "text", "text": TEXT, "_meta": {"key": SECRET}}]},
    "a second block": {"content": [{"type": "text", "text": TEXT}, {"type": "text", "text": SECRET}]},
    "the text elsewhere, too": {"content": [{"type": "image", "data": TEXT}], "text": TEXT},
    "no content": {"text": TEXT},
    "what JSON cannot carry": result(TEXT, _meta={"key": "\ud800"}),
    "no object": TEXT,
}


@pytest.mark.parametrize("case", COVERED)
def test_the_very_text_that_was_searched_is_covered(case: str) -> None:
    with searching() as found:
        found_clean(TEXT)
    assert found.covers(COVERED[case])


@pytest.mark.parametrize("case", NOT_COVERED)
def test_nothing_else_is(case: str) -> None:
    with searching() as found:
        found_clean(TEXT)
    assert not found.covers(NOT_COVERED[case])


def test_nothing_is_covered_that_was_not_searched() -> None:
    found_clean(TEXT)  # by another request
    with searching() as found:
        pass
    assert not found.covers(result(TEXT))


@pytest.mark.parametrize("clean", [True, False])
def test_a_text_counts_as_searched_only_without_the_secret(known: Redactor, *, clean: bool) -> None:
    text = TEXT if clean else TEXT + SECRET
    token = current_request.set(Request("1", "local", "local"))
    try:
        with searching() as found:
            payload = ToolPayload(SizedResult.made(text, size=len(text))).without(known)
    finally:
        current_request.reset(token)
    block = payload.result.content[0]
    assert isinstance(block, TextContent)
    assert SECRET not in block.text
    assert found.covers(result(block.text))
    assert found.covers(result(text)) is clean


def test_what_another_redactor_searched_counts_for_nothing() -> None:
    """It may know other secrets than those that no message may hold."""
    token = current_request.set(Request("1", "local", "local"))
    try:
        with searching() as found:
            ToolPayload(SizedResult.made(TEXT, size=len(TEXT))).without(Redactor())
    finally:
        current_request.reset(token)
    assert not found.covers(result(TEXT))


def listed(known: Redactor, **around: Any) -> dict[str, Any]:
    """A list of tools that was searched when it was written."""
    return {"tools": WrittenList([({"name": "a"}, b'{"name":"a"}')], searched=known.state), **around}


def test_a_list_is_covered_as_it_was_searched(known: Redactor) -> None:
    assert searched.Searched().covers(listed(known))
    assert searched.Searched().covers(listed(known, ttlMs=0, nextCursor="x"))


def test_a_list_with_a_secret_around_it_is_not_covered(known: Redactor) -> None:
    assert not searched.Searched().covers(listed(known, _meta={"key": SECRET}))


def test_a_list_that_was_searched_before_the_last_secret_is_not_covered(known: Redactor) -> None:
    before = listed(known)
    known.add_passing("a token of another caller")
    assert not searched.Searched().covers(before)
    assert not searched.Searched().covers({"tools": WrittenList([({}, b"{}")])})


def test_a_list_that_was_changed_is_not_covered(known: Redactor) -> None:
    after = listed(known)
    after["tools"][0] = {"name": SECRET}
    assert not searched.Searched().covers(after)

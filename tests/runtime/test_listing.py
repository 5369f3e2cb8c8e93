"""What lists tell has no secret in it, however often it was found to have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastmcp.tools import Tool

from runtime.toy import assembled
from seawall.runtime.guard import GuardedTool
from seawall.runtime.listing import Listings
from seawall.security.redact import MARK, Redactor

SECRET = "correct horse battery"  # noqa: S105  the point of these tests


@pytest.fixture
def redactor() -> Redactor:
    found = Redactor()
    found.add("another secret altogether")
    return found


@pytest.fixture
def tool() -> Tool:
    """One of a toolset, as it is listed."""
    mcp: Any = assembled()[0].mcp
    found: list[Tool] = mcp._own.guard.listed(mcp._own.tools.listed)
    return next(each for each in found if each.name == "greet")


def told(listed: object) -> str:
    """All that a list says."""
    assert isinstance(listed, list)
    return str([each.to_mcp_tool(name=each.name).model_dump() for each in listed])


def described(text: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": {"type": "string", "description": text}}}


SAYING: dict[str, Callable[[Tool], Any]] = {
    "title": lambda tool: setattr(tool, "title", SECRET),
    "description": lambda tool: setattr(tool, "description", f"It is {SECRET}."),
    "parameters": lambda tool: setattr(tool, "parameters", described(SECRET)),
    "output_schema": lambda tool: setattr(tool, "output_schema", described(SECRET)),
    "meta": lambda tool: setattr(tool, "meta", {"x": [SECRET]}),
}


@pytest.mark.parametrize("field", SAYING)
def test_a_tool_that_says_a_secret_later_is_cleaned_then(tool: Tool, redactor: Redactor, field: str) -> None:
    redactor.add(SECRET)
    listings = Listings(redactor)
    assert listings.cleaned([tool]) == [tool]
    SAYING[field](tool)
    clean = told(listings.cleaned([tool]))
    assert SECRET not in clean
    assert MARK in clean
    assert SECRET in told([tool])


LEARNING: dict[str, Callable[[Redactor], object]] = {
    "a secret": lambda redactor: redactor.add(SECRET),
    "a token that passes": lambda redactor: redactor.add_passing(SECRET),
}


@pytest.mark.parametrize("way", LEARNING)
def test_a_secret_that_is_learned_later_is_found_then(tool: Tool, redactor: Redactor, way: str) -> None:
    tool.description = f"It is {SECRET}."
    listings = Listings(redactor)
    assert SECRET in told(listings.cleaned([tool]))
    LEARNING[way](redactor)
    assert SECRET not in told(listings.cleaned([tool]))


def test_without_any_secret_a_list_is_left_alone_until_there_is_one(tool: Tool) -> None:
    redactor = Redactor()
    listings = Listings(redactor)
    tool.description = f"It is {SECRET}."
    given = [tool]
    assert listings.cleaned(given) is given
    redactor.add(SECRET)
    assert SECRET not in told(listings.cleaned(given))


def test_a_tool_of_a_toolset_is_searched_once(tool: Tool, redactor: Redactor) -> None:
    """Its copy without secrets is the same each time, so that it need not be written anew either."""
    redactor.add(SECRET)
    tool.description = f"It is {SECRET}."
    listings = Listings(redactor)
    first, second = (listings.cleaned([tool]) for _ in range(2))
    assert first[0] is second[0]  # type: ignore[index]


def test_a_tool_of_somebody_else_is_searched_every_time(redactor: Redactor) -> None:
    """Its owner may change its schema in place."""
    redactor.add(SECRET)
    mcp: Any = assembled()[0].mcp

    def other(x: str) -> str:
        return x

    tool = mcp._own.guard._guarded(Tool.from_function(other))
    assert isinstance(tool, GuardedTool)
    listings = Listings(redactor)
    assert listings.cleaned([tool]) == [tool]
    tool.parameters["properties"]["x"]["description"] = SECRET
    assert SECRET not in told(listings.cleaned([tool]))


@pytest.mark.parametrize("answer", [None, "text with correct horse battery", b"bytes", {"a": 1}, [1, "x"]])
def test_what_is_no_list_of_components_passes(answer: object, redactor: Redactor) -> None:
    redactor.add(SECRET)
    assert Listings(redactor).cleaned(answer) == answer

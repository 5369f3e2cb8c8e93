"""What was written before leaves as if it were written now."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_core import to_json

from seawall.runtime.written import WrittenList, response_bytes

ITEMS: list[Any] = [{"name": "grün"}, {"none": None, "number": float("nan")}, [1]]


def written(items: list[Any]) -> WrittenList:
    return WrittenList((item, to_json(item, inf_nan_mode="null")) for item in items)


@pytest.mark.parametrize("items", [[], ITEMS[:1], ITEMS], ids=len)
@pytest.mark.parametrize("request_id", [7, 'a"b'])
def test_a_response_has_the_bytes_that_it_has_without(items: list[Any], request_id: int | str) -> None:
    around = {"before": [1.5], "tools": items, "after": {"ü": "\u2028"}}
    expected = to_json({"jsonrpc": "2.0", "id": request_id, "result": around}, inf_nan_mode="null")
    assert response_bytes(request_id, {**around, "tools": written(items)}) == expected
    assert response_bytes(request_id, around) == expected


def test_the_json_that_was_given_is_what_leaves() -> None:
    """It is not written anew: that is what the class is for."""
    assert b'"tools":[ 1 ]' in response_bytes(1, {"tools": WrittenList([(1, b" 1 ")])})


CHANGES: dict[str, Callable[[list[Any]], object]] = {
    "one more": lambda items: items.append({}),
    "one less": lambda items: items.pop(),
    "another": lambda items: items.__setitem__(0, {"name": "other"}),
    "another order": lambda items: items.reverse(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_list_that_somebody_changed_leaves_as_it_is_now(change: str) -> None:
    items = written(ITEMS[:2])
    CHANGES[change](items)
    sent = json.loads(response_bytes(1, {"tools": items}))["result"]["tools"]
    assert sent == json.loads(to_json(list(items), inf_nan_mode="null"))

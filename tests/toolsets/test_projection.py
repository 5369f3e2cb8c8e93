"""`fields`: what it selects, and that neither expression nor answer can make it cost more than its limits."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.toolsets.projection import Projection, ProjectionError
from seawall.types import JsonValue


def projected(expression: str, value: JsonValue) -> JsonValue:
    return Projection.of(expression).select(value)


PETS: JsonValue = {
    "items": [{"id": 1, "name": "a", "tags": ["x"]}, {"id": 2, "name": "b", "tags": []}],
    "total": 2,
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("items[].name", ["a", "b"]),
        ("items[?id > `1`].{n: name}", [{"n": "b"}]),
        ("length(items)", 2),
        ("nothing", None),
        ("items[*].tags[]", ["x"]),
        ("sort_by(items, &name)[-1].id", 2),
        ("join(', ', items[].name)", "a, b"),
        ("to_string(items[0].tags)", '["x"]'),
    ],
)
def test_it_selects_as_jmespath_does(expression: str, value: JsonValue) -> None:
    assert projected(expression, PETS) == value


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("items[", "no JMESPath"),
        ("", "no JMESPath"),
        ("(" * 900, "no JMESPath"),
        ("@" * 1001, "more than 1000"),
        ("foo(@)", "does not work"),
        ("items[::0]", "does not work"),
        ("sum(items)", "does not work"),
        ("'a' < `1`", "does not work"),
        ("&items", "nothing that JSON"),
    ],
)
def test_what_cannot_be_used_is_told(expression: str, said: str) -> None:
    with pytest.raises(ProjectionError, match=said):
        projected(expression, PETS)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[@,@]" + "|[@,@]" * 100, 1),
        ("[@,@][]" + "|[@,@][]" * 100, [1]),
        ("to_string([" * 60 + "@" + "])" * 60, '"'),
        ("join(to_string(@), @)", ["a" * 1000] * 10_000),
        ("{a: @, b: @}" + "|{a: @, b: @}" * 70, {}),
        ("map(&map(&map(&[@,@], @), @), @)", [[[1] * 200] * 200] * 200),
        ("[*][*][*].[@,@,@,@,@,@]", [[["a" * 1000] * 100] * 100] * 100),
    ],
)
def test_what_would_grow_without_end_is_stopped(expression: str, value: JsonValue) -> None:
    with pytest.raises(ProjectionError, match=r"costs too much|too deep"):
        projected(expression, value)


@given(st.text("abc[]{}()*?&|<>=!@`'\",.:0-1 $#\\", max_size=40))
def test_no_expression_raises_anything_else(expression: str) -> None:
    with suppress(ProjectionError):
        projected(expression, PETS)

"""The redactor's smaller promises; what it finds in which encoding is the hostile table's business."""

from __future__ import annotations

import pytest

from seawall.security.redact import MARK, Redactor
from seawall.types import JsonValue


def knowing(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        assert redactor.add(secret)
    return redactor


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ({"pin": 8675309123456789}, {"pin": MARK}),
        ([1.5, 8675309123456789, True, None], [1.5, MARK, True, None]),
        ({"n": 1}, {"n": 1}),
    ],
)
def test_a_secret_of_digits_is_found_as_a_number(value: JsonValue, clean: JsonValue) -> None:
    assert knowing("8675309123456789").value(value) == clean


def test_names_of_fields_stay_where_they_belong_to_a_protocol() -> None:
    redactor = knowing("data")
    assert redactor.value({"data": "data"}) == {MARK: MARK}
    assert redactor.value({"data": ["data"]}, keys=False) == {"data": [MARK]}


def test_every_line_of_a_very_long_secret_is_found_and_nothing_is_said_about_memory(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """With every encoding of two thousand lines the automaton would give up, and say so behind the log's back."""
    lines = [f"line-{number:05}-{'abcdefghij' * 4}" for number in range(2000)]
    redactor = knowing("\n".join(lines))
    text = f"before {lines[7]} and {lines[1999]} after"
    assert redactor.text(text) == f"before {MARK} and {MARK} after"
    assert redactor.text("\n".join(lines)).count("line-") == 0
    assert capfd.readouterr().err == ""

"""The redactor's smaller promises; what it finds in which encoding is the hostile table's business."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from seawall.security.redact import MARK, Redactor, without
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


JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWl0LWFsbA"
TOKENS = [JWT, "opaque-token+with/signs=="]
TOKEN_FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda token: json.dumps({"t": token}).replace("/", "\\/"),
    "percent": lambda token: quote(token, safe=""),
    "base64": lambda token: base64.b64encode(f"Bearer {token}".encode()).decode(),
    "hex": lambda token: token.encode().hex(),
}


@pytest.mark.parametrize("form", TOKEN_FORMS)
@pytest.mark.parametrize("token", TOKENS)
def test_a_token_for_a_short_time_is_found_as_well(token: str, form: str) -> None:
    redactor = Redactor()
    redactor.add_passing(token)
    assert not redactor.empty
    clean = redactor.text(f"<< {TOKEN_FORMS[form](token)} >>")
    assert MARK in clean
    assert clean.startswith("<< ")
    assert without(f"<< {TOKEN_FORMS[form](token)} >>".encode(), token) == clean.encode()
    text = f"Bearer {token[:-1]}?"
    assert redactor.text(text) is text


def test_of_tokens_those_are_remembered_that_were_used_last() -> None:
    """Tokens come and go for ever; a process that kept all of them would grow, and take longer for each answer."""
    redactor = Redactor()
    first = "token-number-first"
    for number in range(1000):
        redactor.add_passing(f"token-number-{number:04}")
        redactor.add_passing(first)
    assert redactor.text(first) == MARK
    assert redactor.text("token-number-0999") == MARK
    assert redactor.text("token-number-0100") == "token-number-0100"
    assert len(redactor._passing) <= 64


def test_a_token_that_looks_like_ordinary_text_is_not_looked_for() -> None:
    redactor = Redactor()
    redactor.add_passing("short")
    assert redactor.empty


def test_tokens_and_secrets_are_found_together() -> None:
    redactor = knowing("a-lasting-secret")
    redactor.add_passing(JWT)
    assert redactor.text(f"a-lasting-secret {JWT}") == f"{MARK} {MARK}"


def test_its_state_is_another_whenever_it_looks_for_something_else() -> None:
    redactor = Redactor()
    states = [redactor.state]
    for learn in (
        lambda: redactor.add("correct horse battery"),
        lambda: redactor.add_passing("token-of-an-hour"),
        lambda: redactor.add("four"),
    ):
        learn()
        states.append(redactor.state)
    assert len(set(states)) == 4
    redactor.add("correct horse battery")
    redactor.add_passing("token-of-an-hour")
    redactor.add("abc")
    redactor.text("correct horse battery")
    assert redactor.state is states[-1]

"""What a secret may look like on its way out, one table: every row must be found, and nothing else be touched."""

from __future__ import annotations

import base64
import html
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.security.redact import MARK, Redactor

SECRETS = [
    "correct-horse-battery",
    'pa"ss\\wörd/+ &<>~ 12',
    "密码密码密码密码",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
]


def _around(text: str, before: int) -> str:
    return base64.b64encode(b"u" * before + text.encode() + b":tail").decode()


FORMS: dict[str, Any] = {
    "plain": str,
    "json": json.dumps,
    "json, not ascii": lambda s: json.dumps(s, ensure_ascii=False),
    "json in json": lambda s: json.dumps(json.dumps(s)),
    "python": repr,
    "html": html.escape,
    "percent": lambda s: quote(s, safe=""),
    "percent, small": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
    "percent, every byte": lambda s: "".join(f"%{byte:02X}" for byte in s.encode()),
    "form": quote_plus,
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, second alignment": lambda s: _around(s, 1),
    "base64, third alignment": lambda s: _around(s, 2),
    "basic authentication": lambda s: _around(s, len("user:")),
    "base64, URL-safe": lambda s: base64.urlsafe_b64encode(b"abcd" + s.encode()).decode().rstrip("="),
    "base64 of UTF-16": lambda s: base64.b64encode(s.encode("utf-16-le")).decode(),
    "hex of UTF-16": lambda s: s.encode("utf-16-be").hex(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_every_form_is_found(secret: str, form: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    clean = redactor.text(f"<< {FORMS[form](secret)} >>")
    assert MARK in clean
    assert clean.startswith("<< ")
    assert clean.endswith(" >>")
    # Of base64 up to three characters at each end hold bits of the neighbours, too, and stay.
    assert len(clean) <= len("<<  >>") + len(MARK) + 20


@pytest.mark.parametrize("secret", SECRETS)
def test_bytes_are_searched_as_they_are(secret: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        assert redactor.data(b"\xff\xff" + secret.encode(encoding) + b"\xfe") == b"\xff\xff[redacted]\xfe"


def test_values_are_searched_in_keys_and_at_every_depth() -> None:
    redactor = Redactor()
    redactor.add(SECRETS[0])
    value: Any = {"a": [1, None, {SECRETS[0]: [f"x{SECRETS[0]}"]}]}
    assert redactor.value(value) == {"a": [1, None, {MARK: [f"x{MARK}"]}]}


def test_what_has_no_secret_is_the_very_same_object() -> None:
    redactor = Redactor()
    redactor.add(SECRETS[0])
    value: Any = {"a": ["b", {"c": 1.5}], "d": None}
    assert redactor.value(value) is value
    text = "correct-horse-batterx"
    assert redactor.text(text) is text


def test_a_longer_secret_wins_over_one_that_is_its_beginning() -> None:
    redactor = Redactor()
    redactor.add("beginning")
    redactor.add("beginning-and-end")
    assert redactor.text("the beginning-and-end.") == f"the {MARK}."


class TestShort:
    """Between four and seven characters, ordinary text holds a secret by chance."""

    @pytest.mark.parametrize("text", ["key=s3cr!", "(s3cr)", "s3cr"])
    def test_whole_words_are_found(self, text: str) -> None:
        redactor = Redactor()
        assert redactor.add("s3cr")
        assert "s3cr" not in redactor.text(text)

    def test_parts_of_words_stay(self) -> None:
        redactor = Redactor()
        redactor.add("test")
        assert redactor.text("the tests are latest") == "the tests are latest"

    @pytest.mark.parametrize("secret", ["", "abc", "   x   "])
    def test_less_is_refused(self, secret: str) -> None:
        redactor = Redactor()
        assert not redactor.add(secret)
        assert redactor.empty


def test_each_line_of_a_key_is_found_and_its_frame_stays() -> None:
    lines = [base64.b64encode(bytes(range(n, n + 48))).decode() for n in range(3)]
    pem = "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"]) + "\n"
    redactor = Redactor()
    redactor.add(pem)
    assert redactor.text(pem).strip() == MARK
    assert redactor.text(f"  {lines[1]}\r\n") == f"  {MARK}\r\n"
    assert redactor.text("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"


def test_a_long_secret_is_found_whole() -> None:
    redactor = Redactor()
    redactor.add("z9" * 20_000)
    assert redactor.text("a" + "z9" * 20_000 + "b") == f"a{MARK}b"


def test_many_secrets_and_megabytes_of_their_beginnings_are_searched_to_the_end() -> None:
    """The automaton is linear; a search that went back would not end before the guard of the test."""
    redactor = Redactor()
    for number in range(100):
        redactor.add("a" * 60 + f"{number:04d}")
    text = "a" * 5_000_000
    assert redactor.text(text) is text
    assert redactor.text(text + "0007").endswith(MARK)


@given(st.text(min_size=8, max_size=40).filter(lambda text: len(text.strip()) >= 8), st.text(max_size=60))
def test_any_secret_is_found_in_any_text(secret: str, text: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    assert secret not in redactor.text(text + secret + text) or secret in MARK


@given(st.text(max_size=200))
def test_text_without_a_secret_is_left_alone(text: str) -> None:
    redactor = Redactor()
    redactor.add("\N{WAVE DASH}never in a text\N{WAVE DASH}")
    assert redactor.text(text) is text

"""`seawall.lock`: it reads back what it says, whatever the names, and shows what is different."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import StartError
from seawall.toolsets.lock import LOCK_NAME, Locked, changes, lock_text, read_lock

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
LOCKED = st.builds(Locked, TEXT, TEXT, st.lists(TEXT, max_size=3).map(tuple))


@given(
    st.dictionaries(
        TEXT.filter(lambda name: name != "format"), st.dictionaries(TEXT, LOCKED, max_size=4), max_size=3
    )
)
def test_any_text_is_written_and_read_back(toolsets: dict[str, dict[str, Locked]]) -> None:
    """Keys come from an API's description: quotes, newlines and brackets in them end no string and open no table."""
    data = tomllib.loads(lock_text(toolsets))
    assert data.pop("format") == 1
    assert {
        name: {
            key: Locked(each["name"], each["risk"], tuple(each["arguments"])) for key, each in table.items()
        }
        for name, table in data.items()
    } == toolsets


def test_it_has_one_line_an_operation_in_the_order_of_the_keys(tmp_path: Path) -> None:
    one, other = Locked("a", "reads", ("x*",)), Locked("b", "may destroy")
    text = lock_text({"api": {"GET /b": other, "GET /a": one}})
    assert text == lock_text({"api": {"GET /a": one, "GET /b": other}})
    assert text.endswith(
        '[api]\n"GET /a" = { name = "a", risk = "reads", arguments = ["x*"] }\n'
        '"GET /b" = { name = "b", risk = "may destroy", arguments = [] }\n'.replace("[api]", '["api"]')
    )
    (tmp_path / LOCK_NAME).write_text(text, encoding="utf-8")
    assert read_lock(tmp_path) == {"api": {"GET /a": one, "GET /b": other}}


def test_without_a_file_nothing_is_locked(tmp_path: Path) -> None:
    assert read_lock(tmp_path) is None


@pytest.mark.parametrize(
    "text", ["", "format = 2\n", "format = 1\n[a]\nx = 1\n", "format = 1\na = 1\n", "<<<<<<< HEAD\n", "\xff"]
)
def test_what_is_no_lock_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / LOCK_NAME).write_bytes(text.encode("latin-1"))
    with pytest.raises(StartError, match=LOCK_NAME):
        read_lock(tmp_path)


def test_changes_read_as_a_difference() -> None:
    old = {
        "GET /a": Locked("a", "reads", ("x*",)),
        "GET /b": Locked("b", "reads"),
        "GET /c": Locked("c", "reads"),
        "GET /d": Locked("d", "reads"),
    }
    now = {
        "GET /a": Locked("a2", "may destroy", ("x", "y")),
        "GET /d": Locked("d", "reads"),
        "POST /e": Locked("e", "may destroy"),
    }
    found = changes(old, now, known=("GET /a", "GET /c", "GET /d", "POST /e"))
    assert [str(each) for each in found] == [
        "~ GET /a: named a2, was a; may destroy, was: reads; arguments +x +y -x*",
        "- GET /b: b (reads)",
        "+ POST /e: e (may destroy)",
    ]

"""One member of somebody else's JSON file changes, and every other byte stays."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.cli.jsonc import Document, JsonFault

ENTRY: dict[str, Any] = {"command": "/opt/seawall", "args": ["serve", '/srv/é/"x".toml']}


def strict(text: str) -> Document:
    return Document(text, comments=False, trailing_commas=False)


def lenient(text: str) -> Document:
    return Document(text, comments=True, trailing_commas=True)


def test_a_new_file_is_as_a_person_would_write_it() -> None:
    assert strict("").set("mcpServers", "w", {"url": "u"}) == (
        '{\n  "mcpServers": {\n    "w": {\n      "url": "u"\n    }\n  }\n}\n'
    )


CASES: dict[str, str] = {
    "empty object": "{}",
    "other members": '{"a": 1.50, "b": [1, {"x": null}]}',
    "tabs": '{\n\t"a": {\n\t\t"b": 1e400\n\t}\n}\n',
    "four spaces and CRLF": '{\r\n    "mcpServers": {\r\n        "other": {"command": "x"}\r\n    },\r\n    "z": true\r\n}\r\n',
    "an empty table": '{"mcpServers": {}, "z": 12345678901234567890}',
    "on one line": '{"mcpServers":{"other":{"command":"x","env":{"T":"s"}}}}',
    "a byte order mark": '\ufeff{"a": 1}',
    "escapes": '{"\\u0061": "\\ud83d\\ude00 \\/"}',
}
COMMENTED: dict[str, str] = {
    "before and behind": '// head\n{\n  // a\n  "a": 1, /* b */\n  "mcpServers": {\n    "other": {} // note, with "quotes"\n  }\n  // end\n}\n// tail',
    "trailing commas": '{\n  "mcpServers": {\n    "other": {}, // note\n  },\n}\n',
    "only comments": "// nothing yet\n",
    "in an empty table": '{"mcpServers": { /* none */ }}',
    "slashes in text": '{"a": "http://x /* no */ // no"}',
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_setting_and_removing_leaves_the_rest_as_it_was(text: str) -> None:
    once = strict(text).set("mcpServers", "w", ENTRY)
    plain = once.removeprefix("\ufeff")
    assert json.loads(plain)["mcpServers"]["w"] == ENTRY
    before = json.loads(text.removeprefix("\ufeff"))
    after = json.loads(plain)
    others = {name: each for name, each in after["mcpServers"].items() if name != "w"}
    assert {**after, "mcpServers": others} == {"mcpServers": {}, **before}
    back = strict(once).removed("mcpServers", "w")
    assert json.loads(back.removeprefix("\ufeff")) == {"mcpServers": {}, **before}
    assert strict(back).set("mcpServers", "w", ENTRY).split() == once.split()
    assert ("\r\n" in once) == ("\r\n" in text)
    if "\r\n" in once:
        assert once.count("\r\n") == once.count("\n")


@pytest.mark.parametrize("text", (CASES | COMMENTED).values(), ids=list(CASES | COMMENTED))
def test_no_comment_is_lost_and_no_line_of_others_changes(text: str) -> None:
    once = lenient(text).set("mcpServers", "w", ENTRY)
    assert lenient(once).get("mcpServers", "w") == ENTRY
    for comment in (
        "// head",
        "// a",
        "/* b */",
        '// note, with "quotes"',
        "// end",
        "// tail",
        "// note",
        "/* none */",
        "// nothing yet",
    ):
        assert text.count(comment) == once.count(comment)
    back = lenient(once).removed("mcpServers", "w")
    assert lenient(back).get("mcpServers", "w") is None
    assert bare(back) == bare(text)


def bare(text: str) -> str:
    """What is not layout, without commas and without the table that a change may leave empty."""
    return re.sub(r"[\s,]", "", text).replace('"mcpServers":{}', "").replace("{}", "")


def test_a_member_is_replaced_in_its_place() -> None:
    text = '{\n  "mcpServers": {\n    "a": {"x": 1},\n    "w": {"old": true},\n    "b": 2\n  }\n}\n'
    assert strict(text).set("mcpServers", "w", {"url": "u"}) == (
        '{\n  "mcpServers": {\n    "a": {"x": 1},\n    "w": {\n      "url": "u"\n    },\n    "b": 2\n  }\n}\n'
    )


@pytest.mark.parametrize("name", ["a", "b", "c"])
@pytest.mark.parametrize(
    "text",
    [
        '{"t": {"a": 1, "b": 2, "c": 3}}',
        '{\n  "t": {\n    "a": 1,\n    "b": 2,\n    "c": 3\n  }\n}',
        '{\n  "t": {\n    "a": 1, // one\n    "b": 2, // two\n    "c": 3, // three\n  }\n}',
        '{"t": {\n"a": 1\n, "b": 2\n, "c": 3\n}}',
        '{"t": {"a": 1, /* x */ "b": 2, /* y */ "c": 3 /* z */}}',
    ],
)
def test_any_of_several_members_can_go(text: str, name: str) -> None:
    left = lenient(lenient(text).removed("t", name))
    assert [each for each in "abc" if left.get("t", each) is not None] == [
        each for each in "abc" if each != name
    ]
    for comment in ("// one", "// two", "// three", "/* x */", "/* y */"):
        assert (comment in text) == (comment in left.text)


def test_a_comment_within_the_entry_is_noticed() -> None:
    assert lenient('{"t": {"w": {"a": 1 /* why */}}}').has_comment("t", "w")
    assert not lenient('{"t": {"w": {"a": "/* text */"}} /* else */}').has_comment("t", "w")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "line 1, column 2"),
        ('{\n  "a": 1\n  "b": 2\n}', "line 3, column 3"),
        ('{"a": 1,}', "line 1, column 8"),
        ("[]", "line 1, column 1"),
        ('"text"', "line 1, column 1"),
        ("{} {}", "line 1, column 4"),
        ("{'a': 1}", "line 1, column 2"),
        ('{"a": tru}', "line 1, column 7"),
        ('{"a": 01}', "line 1, column 8"),
        ('{"a": "\n"}', "line 1, column 7"),
        ('{"a": "\\x"}', "line 1, column 7"),
        ('// no\n{"a": 1}', "line 1, column 1"),
        ('{"mcpServers": []}', "line 1, column 16"),
        ('{"mcpServers": {}, "mcpServers": {}}', "line 1, column 20"),
        ('{"mcpServers": {"w": 1, "w": 2}}', "line 1, column 25"),
        ('{"a": ' + "[" * 5000, "line 1, column"),
        ("<<<<<<< HEAD\n{}", "line 1, column 1"),
    ],
)
def test_what_is_broken_is_told_with_its_place(text: str, place: str) -> None:
    with pytest.raises(JsonFault) as caught:
        strict(text).get("mcpServers", "w")
    assert place in str(caught.value)


def test_a_comment_without_an_end_is_told() -> None:
    with pytest.raises(JsonFault):
        lenient("{ /* }")


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
TABLES = st.dictionaries(st.text(max_size=3), JSON, max_size=4)


@settings(max_examples=150, deadline=None)
@given(TABLES, st.one_of(st.none(), TABLES), JSON, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_any_file_keeps_its_other_members(
    root: dict[str, Any],
    table: dict[str, Any] | None,
    value: object,
    indent: int | str | None,
    ascii_only: bool,
) -> None:
    if table is not None:
        root["servers"] = table
    else:
        root.pop("servers", None)
    text = json.dumps(root, indent=indent, ensure_ascii=ascii_only)
    once = json.loads(strict(text).set("servers", "w", value))  # type: ignore[arg-type]
    assert once == {**root, "servers": {**(table or {}), "w": value}}
    kept = {name: each for name, each in (table or {}).items() if name != "w"}
    back = json.loads(strict(json.dumps(once, indent=indent)).removed("servers", "w"))
    assert back == {**root, "servers": kept}


def test_a_number_that_is_too_long_to_read_is_no_fault() -> None:
    text = '{"a": {"b": ' + "9" * 10_000 + "}}"
    assert strict(text).get("a", "b") == float("inf")
    assert "9" * 10_000 not in strict(text).set("a", "b", {"c": 1})

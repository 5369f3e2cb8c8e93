"""Bytes to values: JSON and YAML as descriptions mean them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seawall.toolsets.openapi.reading.faults import FaultLog
from seawall.toolsets.openapi.reading.limits import ReadingLimits
from seawall.toolsets.openapi.reading.parse import UnreadableError, parse


def _parsed(data: bytes | str) -> tuple[Any, list[str]]:
    faults = FaultLog()
    raw = data.encode() if isinstance(data, str) else data
    value = parse(raw, where="", limits=ReadingLimits(nodes=100_000), faults=faults)
    return value, [f"{item.pointer} {item.message}" for item in faults.told()]


# Plain scalars that YAML 1.1 and 1.2 read differently, or that are no JSON.
_SCALARS: dict[str, Any] = {
    **{
        text: text
        for text in ("no", "NO", "off", "on", "yes", "y", "n", "2020-01-01", "12:30", "1_000", "0b1", "=")
    },
    **{text: text for text in (".nan", ".inf", "-.inf", "1e999", "0x", "0o8", "1.2.3", "~x", "9" * 500)},
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "": None,
    "0123": 123,
    "0o17": 15,
    "0x1F": 31,
    "+5": 5,
    "-3": -3,
    "1.50": 1.5,
    "1e3": 1000.0,
    ".5": 0.5,
    "5.": 5.0,
    "'no'": "no",
    '"1"': "1",
    "!!str 5": "5",
    "! 5": "5",
}


@pytest.mark.parametrize("text", _SCALARS)
def test_a_scalar_of_yaml_means_what_the_core_schema_says(text: str) -> None:
    value, faults = _parsed(f"a: {text}\n")
    assert value == {"a": _SCALARS[text]}
    assert type(value["a"]) is type(_SCALARS[text])
    assert faults == []


def test_keys_are_always_text() -> None:
    value, faults = _parsed("200: a\n2020-01-01: b\nno: c\n1.0: d\nnull: e\ntrue: f\n")
    assert value == {"200": "a", "2020-01-01": "b", "no": "c", "1.0": "d", "null": "e", "true": "f"}
    assert faults == []


def test_anchors_aliases_and_merges_are_followed() -> None:
    value, faults = _parsed("a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [*a, {z: 4}]}\n")
    assert value["b"] == {"x": 1, "y": 2}
    assert value["c"] == {"x": 1, "y": 3}
    assert value["d"] == {"x": 1, "y": 2, "z": 4}
    assert faults == []


@pytest.mark.parametrize(
    ("text", "value", "fault"),
    [
        ("a: 1\na: 2\n", {"a": 2}, " the key “a” stands twice"),
        ("o: {a: 1, a: 2}\n", {"o": {"a": 2}}, "/o the key “a” stands twice"),
        ('{"l": [{"a": 1, "a": 2}]}', {"l": [{"a": 2}]}, "/l/0 the key “a” stands twice"),
        ("? [1, 2]\n: x\nb: 1\n", {"b": 1}, " a key is no text"),
        ("? {a: 1}\n: {c: 2}\nb: 1\n", {"b": 1}, " a key is no text"),
        ("a: &a [*a]\n", {"a": [None]}, "an alias leads nowhere"),
        ("a: 1\n---\nb: 2\n", {"a": 1}, "several documents"),
        ("a: !thing 1\n", {"a": "1"}, "/a the tag “!thing” means nothing"),
        ("a: !!python/object:os.system [x]\n", {"a": ["x"]}, "means nothing here"),
        ('{"a": 1, /* no JSON */ }', {"a": 1, "/* no JSON */": None}, "read as YAML"),
        ('{"a": [1, 2,],}', {"a": [1, 2]}, "read as YAML"),
        ("a: x\x07y\n", {"a": "xy"}, "control characters"),
    ],
)
def test_what_is_wrong_is_told_and_lived_with(text: str, value: Any, fault: str) -> None:
    found, faults = _parsed(text)
    assert found == value
    assert len(faults) == 1
    assert fault in faults[0]


def test_json_that_is_none_keeps_its_words() -> None:
    """NaN, infinities and endless numbers become text or are told apart later; nothing fails."""
    value, _ = _parsed('{"a": NaN, "b": -Infinity, "c": ' + "1" * 1000 + "}")
    assert value["a"] == "NaN"
    assert value["b"] == "-Infinity"
    assert value["c"] == "1" * 1000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_every_encoding_of_unicode_is_read(encoding: str, form: str) -> None:
    text = json.dumps({"a": "ü€"}, ensure_ascii=False) if form == "json" else "a: ü€\n"
    assert _parsed(text.encode(encoding)) == ({"a": "ü€"}, [])


def test_other_bytes_are_read_as_windows_has_them() -> None:
    value, faults = _parsed("a: für €\n".encode("cp1252"))
    assert value == {"a": "für €"}
    assert "Windows-1252" in faults[0]


@pytest.mark.parametrize("data", [b"", b"  \n", b"a: [", b'{"a": ', b"\t- a\n\tb", b"a: b: c"])
def test_what_is_neither_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"it is (no|empty)"):
        _parsed(data)

"""The scanner finds every key and value that the parser finds, at the place where a person sees it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.blueprint.locate import MAX_DEPTH, KeyPath, Position, locate


def _paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, item in items:
        yield (*path, part)
        yield from _paths(item, (*path, part))


def _check(text: str) -> None:
    """Every path of the data has a key and a value position, and nothing else has."""
    expected = set(_paths(tomllib.loads(text)))
    found = locate(text)
    assert set(found.keys) == expected
    assert set(found.values) == expected
    for path, offset in found.keys.items():
        here = found.text[offset:]
        if isinstance(path[-1], str) and here[0] not in "\"'":
            assert here.startswith(path[-1])
        assert found.position(found.offset(*_pair(found.position(offset)))) == found.position(offset)


def _pair(position: Position) -> tuple[int, int]:
    return position.line, position.column


# --- documents from data, written in every style ----------------------------------------------------------

_NAMES = st.one_of(
    st.sampled_from(["a", "b", "name", "kind", "a-b", "1", "_", "toolset"]),
    st.text(st.sampled_from("ab.\"'# =[]\\\n\té😀"), max_size=4),
)
_TEXTS = st.text(st.sampled_from("ab\"'#,]}[{=\\\n\té😀 ${"), max_size=8)
_SCALARS = st.one_of(
    _TEXTS,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(),
    st.dates(),
    st.times(),
)
_TABLES = st.dictionaries(
    _NAMES,
    st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)


class _Writer:
    """Writes a table as TOML, choosing among the forms that the language offers."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def _one_of(self, *forms: str) -> str:
        return self._draw(st.sampled_from(forms))

    def document(self, table: dict[str, Any]) -> str:
        newline = self._one_of("\n", "\r\n")
        return newline.join(self._table(table, ())) + self._one_of("", newline)

    def _table(self, table: dict[str, Any], header: tuple[str, ...]) -> Iterator[str]:
        later: list[tuple[str, Any]] = []
        for name, value in table.items():
            tables = isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
            if (isinstance(value, dict) or tables) and self._draw(st.booleans()):
                later.append((name, value))
            elif isinstance(value, dict) and value and self._draw(st.booleans()):
                yield from self._dotted((name,), value)
            else:
                yield f"{self._one_of('', '  ')}{self._key((name,))} = {self._value(value)}{self._end()}"
        for name, value in later:
            path = (*header, name)
            for entry in value if isinstance(value, list) else [value]:
                brackets = "[[", "]]"
                yield f"{self._end()}"
                left, right = brackets if isinstance(value, list) else ("[", "]")
                yield f"{left}{self._key(path)}{right}{self._end()}"
                yield from self._table(entry, path)

    def _dotted(self, names: tuple[str, ...], table: dict[str, Any]) -> Iterator[str]:
        for name, value in table.items():
            if isinstance(value, dict) and value:
                yield from self._dotted((*names, name), value)
            else:
                yield f"{self._key((*names, name))}={self._value(value)}{self._end()}"

    def _end(self) -> str:
        return self._one_of("", "", " ", "\t# a comment with ] } ' \" = and é")

    def _key(self, names: tuple[str, ...]) -> str:
        return self._one_of(".", " . ", ".").join(self._name(name) for name in names)

    def _name(self, name: str) -> str:
        if (
            name
            and all(c.isascii() and (c.isalnum() or c in "_-") for c in name)
            and self._draw(st.booleans())
        ):
            return name
        if "'" not in name and "\n" not in name and self._draw(st.booleans()):
            return f"'{name}'"
        return _quoted(name)

    def _value(self, value: object) -> str:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            comma = self._one_of(", ", ",", ",\n  ", " # ] , \n,")
            items = comma.join(self._value(item) for item in value)
            return f"[{self._one_of('', ' ', chr(10))}{items}{self._one_of('', ',') if value else ''}]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self._key((k,))} = {self._value(v)}" for k, v in value.items()) + " }"
        if isinstance(value, bool | int | float):
            return json.dumps(value)
        assert hasattr(value, "isoformat")
        return str(value.isoformat())

    def _text(self, text: str) -> str:
        forms = [_quoted(text), json.dumps(text, ensure_ascii=False)]
        if "'" not in text and "\n" not in text:
            forms.append(f"'{text}'")
        if "'" not in text:
            forms.append(f"'''\n{text}'''")
        escaped = text.replace("\\", "\\\\").replace('"""', '""\\"')
        if not escaped.endswith('"'):
            forms.append(f'"""\n{escaped}"""')
            forms.append(f'"""{escaped}\\\n   """')
        return self._one_of(*forms)


def _quoted(text: str) -> str:
    """With escapes, other than JSON's surrogate pairs: TOML has none."""
    return json.dumps(text).replace("\\ud83d\\ude00", "\\U0001F600")


@st.composite
def _documents(draw: st.DrawFn) -> str:
    return _Writer(draw).document(draw(_TABLES))


@given(_documents())
@settings(max_examples=400, deadline=None)
def test_every_path_of_a_written_document_is_found(text: str) -> None:
    _check(text)


_WORDS = st.sampled_from(
    [
        "a",
        "b",
        "1",
        ".",
        "=",
        '"',
        '"""',
        "'",
        "'''",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        ",",
        "#",
        "\\",
        '\\"',
        "true",
        "é",
        '"""',
    ]
)
_LINES = st.sampled_from(
    ["\n", "\r\n", "\t", " = ", "[a]\n", "[[a]]\n", "a.b=1\n", "[a.b]\n", "x = [\n", "# c\n"]
)
_FRAGMENTS = st.lists(_WORDS | _LINES, max_size=24)


@given(_FRAGMENTS)
@settings(max_examples=1500, deadline=None)
def test_no_text_makes_the_scanner_fail_and_accepted_ones_are_found_whole(fragments: list[str]) -> None:
    text = "".join(fragments)
    locate(text)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    _check(text)


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_arbitrary_text_never_makes_the_scanner_fail(text: str) -> None:
    locate(text)


# --- places, written out ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "key", "value"),
    [
        ("a = 1", ("a",), (1, 1), (1, 5)),
        ("\n\n  a=1", ("a",), (3, 3), (3, 5)),
        ("\ta\t=\t1", ("a",), (1, 2), (1, 6)),
        ("é = 'x'\r\n".replace("é", '"é"') + "b = 2", ("b",), (2, 1), (2, 5)),
        ('"😀" = 1', ("😀",), (1, 1), (1, 7)),
        ("x = 1\r\na = 2", ("a",), (2, 1), (2, 5)),
        ("a.b.c = 1", ("a", "b", "c"), (1, 5), (1, 9)),
        ("a.b.c = 1", ("a", "b"), (1, 3), (1, 3)),
        ("'a b'.\"c.d\" = 1", ("a b", "c.d"), (1, 7), (1, 15)),
        ('"a\\u0062" = 1', ("ab",), (1, 1), (1, 13)),
        ("[a]\nb = 1", ("a",), (1, 2), (1, 2)),
        ("[a.b]\nc = 1", ("a", "b"), (1, 4), (1, 4)),
        ("[ a . b ]\nc = 1", ("a", "b", "c"), (2, 1), (2, 5)),
        ("[[t]]\n[[t]]\nk = 1", ("t", 1, "k"), (3, 1), (3, 5)),
        ("[[t]]\n[[t]]\nk = 1", ("t", 1), (2, 3), (2, 3)),
        ("[[t]]\n[t.u]\nk = 1\n[[t]]\n[t.u]\nk = 2", ("t", 1, "u", "k"), (6, 1), (6, 5)),
        ("[[t]]\n[[t.u]]\n[[t.u]]\nk = 1", ("t", 0, "u", 1, "k"), (4, 1), (4, 5)),
        ("a = [1, [2, 3]]", ("a", 1, 1), (1, 13), (1, 13)),
        ("a = [\n  1,\n  # [ no\n  2,\n]", ("a", 1), (4, 3), (4, 3)),
        ("a = { b = 1, c.d = 'x' }", ("a", "c", "d"), (1, 16), (1, 20)),
        ("a = [{b=1}, {b=2}]", ("a", 1, "b"), (1, 14), (1, 16)),
        ('a = """\nx = 1\n"""\nb = 2', ("b",), (4, 1), (4, 5)),
        ("a = '''\n[x]\n''''\nb = 2", ("b",), (4, 1), (4, 5)),
        ('a = """x"""""\nb = 2', ("b",), (2, 1), (2, 5)),
        ('a = "\\"#"\nb = 2', ("b",), (2, 1), (2, 5)),
        ("a = '\\'\nb = 2", ("b",), (2, 1), (2, 5)),
        ("a = 1979-05-27 07:32:00Z # x\nb = 2", ("b",), (2, 1), (2, 5)),
    ],
)
def test_a_key_and_its_value_are_located(
    text: str, path: KeyPath, key: tuple[int, int], value: tuple[int, int]
) -> None:
    tomllib.loads(text)
    assert (_pair(locate(text).key(path)), _pair(locate(text).value(path))) == (key, value)


def test_what_was_not_located_gets_the_place_of_its_nearest_ancestor() -> None:
    found = locate("[a]\nb = 1\n")
    assert _pair(found.value(("a", "b", "c", 3))) == (2, 1)
    assert _pair(found.value(("a", "x"))) == (1, 2)
    assert _pair(found.key(("z",))) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000,
        ".".join(["a"] * 100_000) + " = 1",
        "[" + ".".join("a" * 50) + "]",
        "a=" + "{a=" * 9999,
    ],
)
def test_too_many_levels_are_found_before_anything_recurses(text: str) -> None:
    found = locate(text)
    assert found.too_deep is not None
    assert max(len(path) for path in found.keys | found.values) <= MAX_DEPTH + 1 if found.keys else True


def test_as_many_levels_as_are_allowed_are_read() -> None:
    depth = MAX_DEPTH - 1
    assert locate("a = " + "[" * depth + "]" * depth).too_deep is None


@pytest.mark.parametrize(
    "text", ["a = '" + "x" * 1_000_000, 'a = """' + '"" \\" ' * 200_000, "#\n" * 500_000, "[a" * 300_000]
)
def test_a_large_hostile_text_is_scanned_in_linear_time(text: str) -> None:
    """The suite's own time limit is the guard: quadratic work would take minutes."""
    locate(text)

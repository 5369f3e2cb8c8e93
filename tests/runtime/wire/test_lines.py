"""Framing: every way of cutting the same bytes gives the same lines, and no more than the limit is kept."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.runtime.wire.lines import LineCutter, TooLong

LIMIT = 8


def cut(pieces: Iterable[bytes]) -> list[bytes | TooLong]:
    cutter = LineCutter(LIMIT)
    lines = [line for piece in pieces for line in cutter.feed(piece)]
    return [*lines, *cutter.end()]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\nb", [b"a\r", b"b"]),
        (b"\n \n\r\n\t\n", []),
        (b"12345678\n", [b"12345678"]),
        (b"123456789\na\n", [TooLong(LIMIT), b"a"]),
        (b"123456789", [TooLong(LIMIT)]),
        (b"1" * 100 + b"\n" + b"2" * 100 + b"\na", [TooLong(LIMIT), TooLong(LIMIT), b"a"]),
    ],
)
def test_lines_are_cut_at_newlines_and_at_the_limit(data: bytes, lines: list[bytes | TooLong]) -> None:
    assert cut([data]) == lines


@given(st.lists(st.sampled_from([b"a", b"\n", b" ", b"bcd", b"e" * LIMIT])), st.data())
def test_it_does_not_matter_how_the_bytes_arrive(parts: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(parts)
    places = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    pieces = [whole[a:b] for a, b in zip([0, *places], [*places, len(whole)], strict=True)]
    assert cut(pieces) == cut([whole])

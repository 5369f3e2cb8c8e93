"""What a program writes steers no terminal that shows it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.toolsets.command.terminal import plain_text

STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;2;1;2;3mx", "x"),
        ("\x1b[?25lx\x1b[?25h", "x"),
        ("\x1b[2J\x1b[1;1Hx", "x"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;cm0gLXJm\x07x", "x"),
        ("\x1bP$q\x1b\\x", "x"),
        ("\x1b_apc\x1b\\x\x1b^pm\x1b\\y\x1bXsos\x1b\\z", "xyz"),
        ("\x9b31mred\x9b0m", "red"),
        ("\x9d0;title\x9cx", "x"),
        ("\x90dcs\x9cx", "x"),
        ("\x1b(Bx\x1b=\x1b>\x1bcy", "xy"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("b\x08bo\x08ol\x08ld\x08d _\x08u", "bold u"),
        ("a\x00b\x07c\x7fd\x85e", "abcde"),
        ("\x1b]never ended\nnext line", "\nnext line"),
        ("\x1b[never", "ever"),
        ("x\x1b", "x"),
        ("x\x1b[", "x"),
        ("\u00e9\u4e2d\U0001f600", "\u00e9\u4e2d\U0001f600"),
    ],
)
def test_sequences_are_taken_out_and_nothing_else(written: str, plain: str) -> None:
    assert plain_text(written) == plain


@given(st.text(alphabet=st.sampled_from("\x1b\x9b\x9d\x90\x9c[]PX^_\\;?0m\x07\x08\r\n ax"), max_size=60))
def test_no_control_character_is_left_but_line_feeds_and_tabulators(text: str) -> None:
    plain = plain_text(text)
    assert not STEERS.search(plain)
    assert plain_text(plain) == plain

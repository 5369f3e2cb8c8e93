"""Text of whatever origin, made safe for a document: no control characters, nothing that reorders a line."""

from __future__ import annotations

import unicodedata

__all__ = ["one_line", "several_lines"]

_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def one_line(text: str) -> str:
    """The text on one line; characters that are not shown become visible escapes.

    Bidirectional marks reorder a line for its reader (CVE-2021-42574), and escape sequences have power over the
    terminal in which a file is looked at.
    """
    return "".join(map(_visible, " ".join(text.split())))


def several_lines(text: str) -> str:
    """The same, with its lines kept and each line's end cleaned."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).split("\n")
    return "\n".join("".join(map(_visible, line)).rstrip() for line in lines)


def _visible(character: str) -> str:
    if unicodedata.category(character) in _FORBIDDEN:
        return character.encode("unicode_escape", "backslashreplace").decode("ascii")
    return character

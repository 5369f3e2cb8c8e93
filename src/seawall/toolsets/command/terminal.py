"""Text as a program wrote it, without what would steer a terminal that shows it."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["plain_text"]

# ECMA-48: CSI, then the strings (OSC, DCS, SOS, PM, APC) up to their end or the end of the line, so that one without
# an end hides nothing behind it, then shorter sequences; each introducer in its form of seven and of eight bits.
_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\n\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|(?=[\n\x1b])|\Z)"
    r"|\x1b[ -/]*[0-~]?"
)
_OVERSTRUCK: Final = re.compile(r"[^\n\x08]\x08")  # how man and nroff write bold and underlined
_LINE_END: Final = re.compile(r"\r+\n|\r")
_STEERS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain_text(text: str) -> str:
    """The text with line feeds as line ends; of all other control characters only tabulators are left."""
    if not _STEERS.search(text):
        return text
    text = _SEQUENCE.sub("", text)
    if "\x08" in text:
        text = _OVERSTRUCK.sub("", text)
    return _STEERS.sub("", _LINE_END.sub("\n", text))

"""Text of a description without characters that nobody sees.

Control characters have power over terminals and logs, bidirectional ones reorder a line for its reader
(CVE-2021-42574), and tag characters or zero-width ones carry words that a model reads and a person does not.
Prose loses them; a name or a value that is sent as it is cannot lose any, so whoever finds one there leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from seawall.types import JsonValue

__all__ = [
    "bounded",
    "clean_line",
    "clean_prose",
    "clean_text",
    "clean_value",
    "is_clean",
    "is_clean_name",
    "lurking",
    "tamed",
]

MAX_PROSE: Final = 32 * 1024  # characters of one description; the longest known real one has 14,000
_MAX_LINE: Final = 1024  # characters of a title, a summary, a tag, a name

# Control characters but tab and line feed; soft hyphen; bidirectional marks, embeddings and isolates; zero-width
# characters; byte order marks; annotation marks; surrogates and private use; tags and variation selectors
# beyond the first sixteen, which ordinary emoji need.
_HIDDEN: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U0001d173-\U0001d17a\U000e0000-\U0010ffff"
)
_UNSEEN: Final = re.compile(f"[{_HIDDEN}]")
_UNSEEN_IN_NAME: Final = re.compile(f"[{_HIDDEN}\\t\\n]")
# Of these, what no script and no emoji needs: joiners and marks of direction are the business of who wrote a text.
_LURKING: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_BREAKS: Final = re.compile("\r\n?|\u2028|\u2029|\x85")


def clean_prose(value: object) -> str:
    """Several lines of text for a reader, cut at 32 Ki characters; empty when it is no text."""
    if not isinstance(value, str):
        return ""
    text = value if value.isascii() and value.isprintable() else _UNSEEN.sub("", _BREAKS.sub("\n", value))
    return bounded(text.strip(), MAX_PROSE)


def clean_text(text: str) -> str:
    """The whole text with line feeds alone for breaks and nothing unseen; uncut, and not stripped."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub("", _BREAKS.sub("\n", text))


def lurking(text: str) -> Iterator[tuple[int, str]]:
    """The characters of an author's own text that lead its reader astray, each with its place: controls, reordering, tags."""
    return ((found.start(), found.group()) for found in _LURKING.finditer(text))


def tamed(text: str) -> str:
    """An author's own text without these; all else as it was written."""
    return text if text.isascii() and text.isprintable() else _LURKING.sub("", _BREAKS.sub("\n", text))


def clean_line(value: object) -> str:
    """One line of text: a title, a tag, a name that is only shown. A number becomes its text."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        text = _UNSEEN.sub("", _BREAKS.sub(" ", text))
    return bounded(" ".join(text.split()), _MAX_LINE)


def is_clean_name(text: str) -> bool:
    """Whether the text can be shown and sent as it is: nothing unseen, no line break, not empty, not huge."""
    return 0 < len(text) <= _MAX_LINE and (
        (text.isascii() and text.isprintable()) or not _UNSEEN_IN_NAME.search(text)
    )


def is_clean(value: JsonValue) -> bool:
    """Whether no text anywhere in the value holds anything unseen but tabs and line feeds, and no number is none."""
    waiting: list[JsonValue] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if not (item.isascii() and item.isprintable()) and _UNSEEN.search(item):
                return False
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, float) and (item != item or item in (float("inf"), float("-inf"))):  # noqa: PLR0124  not a number
            return False
    return True


def clean_value(value: JsonValue, *, depth: int) -> JsonValue:
    """The value with each text cleaned as prose; what nests deeper than `depth` becomes null."""
    if isinstance(value, str):
        return clean_prose(value)
    if depth <= 0:
        return None
    if isinstance(value, Mapping):
        return {clean_line(name): clean_value(item, depth=depth - 1) for name, item in value.items()}
    if isinstance(value, list):
        return [clean_value(item, depth=depth - 1) for item in value]
    return value if is_clean(value) else None


def bounded(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them an ellipsis when something was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"

"""What an operation is called and said to do, from its description: short enough for a list that a model reads."""

from __future__ import annotations

import re
from typing import Final

from seawall.toolsets.openapi.model import ApiOperation

__all__ = ["cut", "description_of", "title_of"]

_LONGEST_TITLE: Final = 80
_LONGEST_DESCRIPTION: Final = 1000
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W_a-zA-Z]+")


def title_of(operation: ApiOperation) -> str:
    """A few words for people: the summary, or the words of the operation's id."""
    summary = " ".join(operation.summary.split())
    words = " ".join(_PARTS.findall(operation.operation_id or ""))
    return cut(summary or words.capitalize() or operation.key, _LONGEST_TITLE)


def description_of(operation: ApiOperation, said: str = "") -> str:
    """What a model is told: `said`, or else the API's own words; then the request itself, and whether it is deprecated.

    Bounded, since an API's text is written for a page of its own.
    """
    summary, longer = operation.summary.strip(), operation.description.strip()
    if longer.startswith(summary):
        summary = ""
    own = "\n".join(part for part in (summary, longer) if part)
    end = f"{operation.key}{' (deprecated)' if operation.deprecated else ''}"
    text = cut(said.strip() or own, _LONGEST_DESCRIPTION)
    return f"{text}\n{end}" if text else end


def cut(text: str, length: int) -> str:
    """The text, ending between words when it is longer."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    whole = head.rsplit(None, 1)[0] if " " in head[length // 2 :] else head
    return f"{whole.rstrip()}…"

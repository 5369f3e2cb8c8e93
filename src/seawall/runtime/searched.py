"""What of an answer was searched for secrets already, so that its message need not be searched again.

The pipeline searches what a call gives, and every message is searched once more where it leaves (wire/farewell.py),
whatever made it. For 64 KiB each of both takes as long as all the rest of the answer's writing. So where the very text
that the pipeline found clean leaves, only what stands around it is searched. So it is with a list that was written before
(tool_list.py), as long as nobody learned of another secret since.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import PydanticSerializationError, to_json

from seawall.runtime.written import WrittenList
from seawall.security.redact import KNOWN_SECRETS

__all__ = ["Searched", "found_clean", "searching"]

_LONG: Final = 4096  # characters from which it takes longer to search a text than to find out that it was


@dataclass(slots=True)
class Searched:
    """Of one answer.

    Attributes:
        text: in which no secret was found, the last one; compared by identity alone.
    """

    text: str | None = None

    def covers(self, result: object) -> bool:
        """Whether no secret is in a result: its one text is this very object or its list as it was searched, and none is around."""
        if not isinstance(result, dict):
            return False
        if isinstance(tools := result.get("tools"), WrittenList):
            return tools.is_clean(KNOWN_SECRETS.state) and _is_clean({**result, "tools": []})
        text = self.text
        if text is None or len(text) < _LONG:
            return False
        match result.get("content"):
            case [{"type": "text", "text": str() as found} as block] if found is text:
                around = {**result, "content": [{**block, "text": ""}]}
            case _:
                return False
        return _is_clean(around)


_current: ContextVar[Searched | None] = ContextVar("seawall_searched", default=None)


@contextmanager
def searching() -> Iterator[Searched]:
    """A block in which it is remembered; tasks and calls that begin in it remember in the same place."""
    searched = Searched()
    token = _current.set(searched)
    try:
        yield searched
    finally:
        _current.reset(token)


def found_clean(text: str) -> None:
    """Remember that no secret is in the text."""
    if (searched := _current.get()) is not None:
        searched.text = text


def _is_clean(around: dict[str, Any]) -> bool:
    try:
        data = to_json(around, inf_nan_mode="null")
    except (PydanticSerializationError, ValueError):
        return False
    return KNOWN_SECRETS.data(data) is data

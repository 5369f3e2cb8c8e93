"""Text as the words that a search compares: `createChatCompletion` and "Create a chat completion" are the same three."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

__all__ = ["LONGEST_TEXT", "meanings", "stem", "words"]

LONGEST_TEXT: Final = 4096
"""Characters of one text that are looked at."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_EMPTY: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "their",
        "this",
        "to",
        "was",
        "which",
        "will",
        "with",
    ]
)
"""Words that say nothing of what an operation does."""

_SAME: Final = (
    ("get", "fetch", "read", "retrieve", "show", "view", "find", "lookup"),
    ("list", "all", "search", "query", "browse", "find"),
    ("create", "add", "make", "new", "post", "insert", "register", "start"),
    ("update", "edit", "change", "modify", "patch", "set", "replace"),
    ("delete", "remove", "destroy", "erase", "drop"),
    ("send", "post", "submit"),
    ("cancel", "abort", "stop"),
)
_ENDINGS: Final = (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", ""))
_SHORTEST: Final = 3  # letters that a stem must keep


def words(text: str) -> list[str]:
    """The words of a text in small letters, without those that say nothing; names are taken apart."""
    found = (word.lower() for word in _WORD.findall(text[:LONGEST_TEXT]))
    return [word for word in found if word not in _EMPTY]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The word without the endings of English plurals and verb forms; not always a word itself."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= _SHORTEST:
            word = word[: -len(ending)] + instead
            break
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) > _SHORTEST:
            word = word[: -len(ending)]
            break
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST else word


def meanings(word: str) -> frozenset[str]:
    """The stems of other words that often mean the same of an operation."""
    return _MEANINGS.get(stem(word), frozenset())


def _meanings() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in _SAME:
        stems = {stem(word) for word in group}
        for each in stems:
            found.setdefault(each, set()).update(stems - {each})
    return {word: frozenset(others) for word, others in found.items()}


_MEANINGS: Final = _meanings()

"""What is hidden of a value that nobody declared: what its name, the words around it or its form say to be a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from seawall.blueprint.locate import KeyPath
from seawall.blueprint.wording import PEM, USER_INFORMATION
from seawall.types import JsonValue

__all__ = ["HIDDEN", "SECRET_NAME", "cleared", "cleared_words", "is_secret_by_name"]

HIDDEN: Final = "…"
"""Stands for what is not shown."""

SECRET_NAME: Final = re.compile(
    r"secret|token|passw|passphrase|pwd|credential|api[_-]?key|access[_-]?key|private|signing|bearer|authorization|webhook"
    r"|(?:^|[_-])(?:keys?|pass|pat|auth|dsn|cookie|pin)(?:[_-]|$)",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(
    r"(?:^|_)(?:max|min|limit|count|budget|size|timeout|ttl)(?:_|$)|tokens$", re.IGNORECASE
)
_SECRET_QUERY: Final = re.compile(r"(?<=[?&])([^=&#\s]+)=[^&#\s]+")
_ASSIGNED: Final = re.compile(r"([\w-]+)(\s*[=:]\s*)(?!//)(?:(?:bearer|basic)\s+)?[^\s'\"&#]+", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"\$\{[^}]+\}|\$\w+")
_FORMS: Final = re.compile(
    r"\b(?:sk|pk|rk|gh[opsur]|github_pat|glpat|xox[a-z]|hf|npm|pypi|AKIA|ASIA)[-_]?[A-Za-z0-9_-]{16,}"
    r"|\beyJ[\w-]{8,}(?:\.[\w-]+){1,2}"
)
"""Tokens that whoever issues them made to be known at sight, and JSON Web Tokens."""


def is_secret_by_name(name: KeyPath, value: object) -> bool:
    """Whether a value's name says that it is a secret: `max_tokens = 5` counts them, `password = 12345` is one."""
    words = [part for part in name if isinstance(part, str) and SECRET_NAME.search(part)]
    if isinstance(value, int | float):
        return bool(words) and not (words[-1] == name[-1] and _COUNTED.search(words[-1]))
    return bool(words)


def cleared(value: JsonValue) -> JsonValue:
    """A value of any depth without what names inside of it, or its form, say to be secret."""
    if isinstance(value, list):
        return [cleared(item) for item in value]
    if isinstance(value, dict):
        return {
            key: HIDDEN if is_secret_by_name((key,), item) else cleared(item) for key, item in value.items()
        }
    if not isinstance(value, str):
        return value
    if PEM in value:
        return HIDDEN
    return _SECRET_QUERY.sub(
        lambda pair: f"{pair[1]}={HIDDEN}" if SECRET_NAME.search(pair[1]) else pair[0], value
    )


def cleared_words(words: Sequence[str]) -> list[str]:
    """The words of a command without the secrets among them: `--token x`, `--token=x`, `KEY=x`, `Authorization: x`.

    References to variables stay; so do flags after a flag, whose value is not there.
    """
    return list(_cleared_words(words))


def _cleared_words(words: Sequence[str]) -> Iterator[str]:
    named = False
    for word in words:
        if named and not word.startswith("-"):
            yield word if _REFERENCE.fullmatch(word) else HIDDEN
            named = False
            continue
        named = word.startswith("-") and "=" not in word and SECRET_NAME.search(word) is not None
        yield _cleared_word(word)


def _cleared_word(word: str) -> str:
    if PEM in word:
        return HIDDEN
    known = _FORMS.sub(HIDDEN, USER_INFORMATION.sub(HIDDEN, word))
    return _ASSIGNED.sub(_unassigned, known)


def _unassigned(found: re.Match[str]) -> str:
    name, sign = found[1], found[2]
    value = found[0][len(name) + len(sign) :]
    if SECRET_NAME.search(name) is None or _REFERENCE.fullmatch(value):
        return found[0]
    return f"{name}{sign}{HIDDEN}"

"""What somebody wants of a new project, checked before anything is made of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from seawall.errors import UsageError

__all__ = ["OfferRequest", "ProjectRequest", "ToolsetRequest", "clean_text", "server_name"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")
_REORDERS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # CVE-2021-42574
_REFUSED: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class ToolsetRequest:
    """One toolset.

    Attributes:
        kind: the word of the blueprint.
        answer: to the kind's question; empty when it asks nothing.
        name: in the blueprint; the kind when empty.
        prefix: before its tools' names.
        writable: whether its tools may change anything.
    """

    kind: str
    answer: str = ""
    name: str = ""
    prefix: str = ""
    writable: bool = False


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """Something that is no tool.

    Attributes:
        table: of the blueprint: `prompts` or `resource`.
        answer: to its question; empty when it asks nothing.
    """

    table: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ProjectRequest:
    """A whole project. `title` and `purpose` may be empty."""

    name: str
    title: str = ""
    purpose: str = ""
    toolsets: tuple[ToolsetRequest, ...] = ()
    offers: tuple[OfferRequest, ...] = ()
    extras: tuple[str, ...] = ()


def clean_text(text: str, *, what: str, lines: bool = False) -> str:
    """The text, when people and programs read the same in it.

    Args:
        text: as it was given.
        what: what to call it in the error, such as `--purpose`.
        lines: whether it may have several lines and tabulators.

    Raises:
        UsageError: it holds control characters, bytes that are no text, or marks that reorder a line.
    """
    text = text.strip()
    for character in text:
        if lines and character in "\n\t":
            continue
        if unicodedata.category(character) in _REFUSED or character in _REORDERS:
            shown = character.encode("unicode_escape", "backslashreplace").decode("ascii")
            raise UsageError(
                f"{what} holds the character {shown}, which would not be shown as it is.",
                hint="Leave it out." if lines else "Leave it out; it must be one line of text.",
            )
    return text


def server_name(text: str, *, what: str) -> str:
    """A server's name made of another one, such as that of a directory: what does not fit becomes `-`.

    Raises:
        UsageError: nothing is left of it.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    name = _UNFIT.sub("-", plain).strip("-._")[:64]
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{what} {text!a} gives no name for the server.", hint="Name it: `--name workspace`."
        )
    return name

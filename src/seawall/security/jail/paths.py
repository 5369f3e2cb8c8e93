"""The text that a caller calls a path, checked for form and split into names; nothing else is changed.

Dropping empty names and single dots is all that happens to the text (POSIX.1-2024, 4.16 Pathname Resolution): both
mean "here" to the kernel as well, so what is checked is what is opened. `..` stays, since only the file system knows
where it leads.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from seawall.errors import PathDeniedError, PathEscapeError, PathInvalidError

__all__ = [
    "LEFTOVER_NAME",
    "CallerPath",
    "is_reserved",
    "parse",
    "refuse_reserved",
    "temporary_name",
]

MAX_PATH = 4095  # bytes: Linux PATH_MAX without the closing NUL
MAX_NAME = 255  # bytes: NAME_MAX of every common file system

LEFTOVER_NAME = re.compile(r"\.seawall-[0-9a-f]{16}\.tmp\Z")
_RESERVED = re.compile(r"\.seawall-.*\.tmp\Z", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class CallerPath:
    """A path in checked form.

    Attributes:
        text: as the caller wrote it, for messages.
        parts: its names, `..` included, without empty ones and single dots; empty for the root.
        directory: whether the spelling demands a directory (`a/`, `a/.`).
    """

    text: str
    parts: tuple[str, ...]
    directory: bool


def parse(path: str | CallerPath) -> CallerPath:
    """Check a caller's text and split it.

    Raises:
        PathInvalidError: a NUL, a lone surrogate, more than 4095 bytes, or a name of more than 255.
        PathEscapeError: an absolute path.
        PathDeniedError: one of its names is reserved for the jail's own temporary files.
    """
    if isinstance(path, CallerPath):
        return path
    _check_text(path)
    if path.startswith("/"):
        raise PathEscapeError(path=path)
    pieces = path.split("/")
    parts = tuple(piece for piece in pieces if piece not in {"", "."})
    for part in parts:
        if len(part) > MAX_NAME // 4 and len(part.encode()) > MAX_NAME:
            raise PathInvalidError(path=path, reason=f"has a name of more than {MAX_NAME} bytes")
        if part.startswith("."):
            refuse_reserved(part, path)
    return CallerPath(path, parts, directory=bool(parts) and pieces[-1] in {"", "."})


def _check_text(path: str) -> None:
    try:
        size = len(path) if path.isascii() else len(path.encode())
    except UnicodeEncodeError:
        shown = path.encode("utf-8", "backslashreplace").decode()
        raise PathInvalidError(path=shown, reason="is not valid Unicode (a lone surrogate)") from None
    if "\0" in path:
        raise PathInvalidError(path=path, reason="contains a NUL character")
    if size > MAX_PATH:
        raise PathInvalidError(path=path, reason=f"is longer than {MAX_PATH} bytes")


def temporary_name() -> str:
    """A fresh name for the temporary file of one write: 29 bytes, so that it fits beside any target's name."""
    return f".seawall-{secrets.token_hex(8)}.tmp"


def is_reserved(name: str) -> bool:
    """Whether the jail keeps this name for its temporary files: hidden from listings, refused as a name."""
    return name.startswith(".") and _RESERVED.match(name) is not None


def refuse_reserved(name: str, path: str) -> None:
    """Raise PathDeniedError if the jail keeps `name` for itself."""
    if is_reserved(name):
        raise PathDeniedError(
            path=path,
            reason="has a name that is reserved for the server's temporary files",
            hint="Choose another name.",
        )

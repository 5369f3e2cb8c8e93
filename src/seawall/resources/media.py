"""Media types: of a name, and whether a content is text."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Final

__all__ = ["guessed", "presented"]

_KNOWN: Final[Mapping[str, str]] = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".rst": "text/x-rst",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
}
"""Said here, so that the answer does not depend on the tables of the machine."""

_TEXTUAL: Final = ("json", "xml", "yaml", "toml", "javascript", "csv")
_BINARY: Final = ("image/", "audio/", "video/", "font/")


def guessed(name: str) -> str:
    """The media type by the end of a file's name; empty when it says nothing."""
    dot = name.rfind(".")
    known = _KNOWN.get(name[dot:].lower(), "") if dot >= 0 else ""
    return known or mimetypes.guess_type(f"file{name[dot:]}" if dot >= 0 else "file", strict=True)[0] or ""


def presented(data: bytes, media_type: str) -> tuple[str | bytes, str]:
    """The content as text where it is some, and its media type.

    A type that names a picture or recording leaves the bytes as they are, even where they could be read as text;
    a type that names text does not make text of bytes that are none.
    """
    text = None if media_type.startswith(_BINARY) and "xml" not in media_type else _text(data)
    if text is None:
        return data, media_type or "application/octet-stream"
    declared_binary = (
        media_type and not media_type.startswith("text/") and not any(w in media_type for w in _TEXTUAL)
    )
    if declared_binary:
        return data, media_type
    return text, media_type or "text/plain"


def _text(data: bytes) -> str | None:
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None

"""A multipart body (RFC 7578, with the escapes of names that WHATWG HTML, 4.10.21.8 asks for)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from seawall.toolsets.openapi.refusal import UnsendableError

__all__ = ["Part", "written"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body.

    Attributes:
        name: of the member; empty for a part that has none.
        data: its content.
        content_type: what it is; empty for plain text.
        filename: set for a file.
    """

    name: str
    data: bytes
    content_type: str = ""
    filename: str | None = None


def written(parts: Iterable[Part], media_type: str) -> tuple[bytes, str]:
    """The parts as one body between boundaries that are in none of them, and its content type.

    Raises:
        UnsendableError: a content type or file name has characters that would end its line.
    """
    listed = list(parts)
    boundary = uuid.uuid4().hex  # 122 random bits: nobody guesses them, and chance never meets them
    lines: list[bytes] = []
    for part in listed:
        lines += [f"--{boundary}".encode(), *_head(part), b"", part.data]
    lines += [f"--{boundary}--".encode(), b""]
    return b"\r\n".join(lines), f"{media_type}; boundary={boundary}"


def _head(part: Part) -> Iterable[bytes]:
    if part.name or part.filename is not None:
        yield _disposition(part).encode()
    if part.content_type:
        if not part.content_type.isascii() or any(sign < " " for sign in part.content_type):
            raise UnsendableError(f"the media type of {part.name} has characters that no media type has")
        yield f"Content-Type: {part.content_type}".encode()


def _disposition(part: Part) -> str:
    kind = f'form-data; name="{_escaped(part.name)}"' if part.name else "attachment"
    disposition = f"Content-Disposition: {kind}"
    if part.filename is not None:
        disposition += f'; filename="{_escaped(part.filename)}"'
    return disposition


def _escaped(text: str) -> str:
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")

"""Reads the body of an answer up to a limit, whatever it says about its own size, and whatever it unpacks to."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable
from typing import Final, Protocol

__all__ = ["ACCEPTED", "BrokenBodyError", "read_body"]

ACCEPTED: Final = "gzip"
"""The content codings that a request asks for: those that can be unpacked piece by piece, within a limit."""

_ANY_HEADER: Final = zlib.MAX_WBITS | 32  # gzip or zlib, by what stands at the beginning


class BrokenBodyError(Exception):
    """The body is not what its `Content-Encoding` says."""


class _Unpacker(Protocol):
    def unpack(self, piece: bytes, most: int) -> tuple[bytes, bool]:
        """At most so many bytes of the content, and whether the piece holds more of it."""

    @property
    def whole(self) -> bool:
        """Whether the content may end here."""


class _Plain:
    whole = True

    def unpack(self, piece: bytes, most: int) -> tuple[bytes, bool]:
        return piece[:most], len(piece) > most


class _Zipped:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_ANY_HEADER)
        self._begun = False

    @property
    def whole(self) -> bool:
        return self._stream.eof or not self._begun

    def unpack(self, piece: bytes, most: int) -> tuple[bytes, bool]:
        self._begun = self._begun or bool(piece)
        try:
            # One more than may be kept tells whether there is more; never more than that is unpacked.
            content = self._stream.decompress(piece, most + 1)
        except zlib.error as error:
            raise BrokenBodyError("its content coding is broken") from error
        return content[:most], len(content) > most


async def read_body(pieces: AsyncIterable[bytes], *, coding: str, most: int) -> tuple[bytes, bool]:
    """At most so many bytes of the content, and whether that is all of it.

    What comes after the limit is never fetched: closing the answer closes the connection.

    Args:
        pieces: the body as it travels.
        coding: its `Content-Encoding`.
        most: bytes of the content.

    Raises:
        BrokenBodyError: it travels in another coding than it was asked for in, or in a broken one.
    """
    unpacker = _unpacker(coding)
    content = bytearray()
    async for piece in pieces:
        part, more = unpacker.unpack(piece, most - len(content))
        content += part
        if more:
            return bytes(content), False
    if not unpacker.whole:
        raise BrokenBodyError("its content coding ends too early")
    return bytes(content), True


def _unpacker(coding: str) -> _Unpacker:
    word = coding.strip().lower()
    if word in {"", "identity"}:
        return _Plain()
    if word in {"gzip", "x-gzip", "deflate"}:
        return _Zipped()
    raise BrokenBodyError("it comes in a content coding that was not asked for")

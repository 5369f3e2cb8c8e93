"""The end of an answer's body, however long it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from starlette.types import Send

from seawall.runtime.wire.farewell import CLEAN

__all__ = ["send_body"]

_PIECE: Final = 256 * 1024
"""Bytes that are sent at a time. A copy of so many stays in the processor's cache and in memory that is used again; a list of
fifteen megabytes, copied as a whole by each that hands it on, costs ten times as much as what it takes to send it (measured).
"""


async def send_body(send: Send, pieces: Sequence[bytes], *, clean: bool) -> None:
    """Send the body of an answer, or its end.

    Args:
        send: of ASGI; it waits while the client takes nothing.
        pieces: of the body, in their order.
        clean: there is no secret in it. One that must still be searched is sent as a whole (wire/farewell.py).
    """
    if not clean or sum(map(len, pieces)) <= _PIECE:
        await send({"type": "http.response.body", "body": b"".join(pieces), "more_body": False, CLEAN: clean})
        return
    for body in _gathered(pieces):
        await send({"type": "http.response.body", "body": body, "more_body": True, CLEAN: True})
    await send({"type": "http.response.body", "body": b"", "more_body": False, CLEAN: True})


def _gathered(pieces: Sequence[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth to be sent, none much longer than the longest of them."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
    yield b"".join(waiting)

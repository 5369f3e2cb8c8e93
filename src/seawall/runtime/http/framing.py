"""h11's reading of a request, with a bound on what the framing of a body in chunks may cost.

h11 makes an event of every chunk, which costs some 20 µs of the event loop however small the chunk is.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, TypeAlias

import h11

__all__ = ["BoundedFraming"]

_Event: TypeAlias = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]

_FREE_CHUNKS: Final = 512
_MEAN_CHUNK: Final = 64  # bytes that chunks have at least, on average, after those
_FREE_BYTES: Final = 128 * 1024  # of framing; more than is read at once, since the next request may be in it


class BoundedFraming(h11.Connection):
    """The server's side of a connection.

    Raises from `next_event`, besides what h11 raises:
        h11.RemoteProtocolError: a body comes in too many chunks, or with more framing than content (RFC 9112,
            section 7.1.1, asks for a limit on chunk extensions).
    """

    def __init__(self, header_limit: int) -> None:
        """Args: header_limit: bytes that headers may have while they are not complete."""
        super().__init__(h11.SERVER, header_limit)
        self._begin()

    def receive_data(self, data: bytes) -> None:
        """Take what came."""
        self._wire += len(data)
        super().receive_data(data)

    def next_event(self) -> _Event:
        """What came next."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._begin()
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_start
            self._content += len(event.data)
            few = self._chunks <= _FREE_CHUNKS + self._content // _MEAN_CHUNK
            if not few or self._wire > _FREE_BYTES + 2 * self._content:
                raise h11.RemoteProtocolError(
                    "too much framing", error_status_hint=HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                )
        return event

    def _begin(self) -> None:
        self._wire = self._content = self._chunks = 0

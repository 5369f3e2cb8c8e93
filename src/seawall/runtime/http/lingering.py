"""The end of a connection whose client may still be sending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

__all__ = ["LingeringTransport"]

_LINGER: Final = 1.0  # seconds
_MOST: Final = 8 * 1024**2  # bytes; twice the largest body


class LingeringTransport:
    """A transport that closes as RFC 9112, section 9.6, says.

    What the client still sends is thrown away for a moment: closing at once would reset the connection, and the
    client would lose the answer.
    """

    def __init__(self, transport: asyncio.Transport, *, unread: Callable[[], bool]) -> None:
        """Args: unread: whether the client sent, or still owes, what nobody will read."""
        self._lingering = False
        self._transport = transport
        self._unread = unread
        self._discarded = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  as it is there
        """All else is the transport's own."""
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether nothing more is read or written."""
        return self._lingering or self._transport.is_closing()

    def close(self) -> None:
        """Write what is to be written, and end."""
        if self.is_closing():
            return
        if self._unread():
            self.linger()
        else:
            self._transport.close()

    def linger(self) -> None:
        """End, and read on for a moment."""
        if self.is_closing():
            return
        self._lingering = True
        self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(_LINGER, self._transport.close)

    def discard(self, size: int) -> None:
        """So many bytes came while it lingers."""
        self._discarded += size
        if self._discarded > _MOST:
            self._transport.abort()

"""Writes that leave together: what is written to a connection within a moment is one packet."""

from __future__ import annotations

import asyncio
from typing import Final

__all__ = ["GatheredWrites"]

_ENOUGH: Final = 64 * 1024  # bytes that do not wait for the end of the turn, so that flow control sees them


class GatheredWrites(asyncio.Transport):
    """A transport around another one, which gathers small writes.

    uvicorn writes the head, the body and the end of a response one by one; each is a call of the kernel, and wakes
    the client up once more. The parts of an event stream come in different turns of the loop, all the same most
    streams are over within a millisecond.
    """

    def __init__(
        self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop, *, moment: float = 0.0
    ) -> None:
        """Args: moment: seconds that a write may wait for the next one; 0 for the rest of this turn of the loop."""
        super().__init__()
        self._inner = inner
        self._loop = loop
        self._moment = moment
        self._clock: asyncio.Handle | None = None
        self._waiting: list[bytes | bytearray | memoryview] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write, soon."""
        if not data:
            return
        if not self._waiting and len(data) >= _ENOUGH:
            self._inner.write(data)
            return
        if not self._waiting:
            moment = self._moment
            self._clock = (
                self._loop.call_later(moment, self.flush) if moment else self._loop.call_soon(self.flush)
            )
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= _ENOUGH:
            self.flush()

    def flush(self) -> None:
        """Write what waits, now."""
        if self._waiting:
            data = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
            self._forget()
            self._inner.write(data)

    def write_eof(self) -> None:
        """End our direction after what waits."""
        self.flush()
        self._inner.write_eof()

    def can_write_eof(self) -> bool:
        """Whether there are two directions."""
        return self._inner.can_write_eof()

    def close(self) -> None:
        """Close after what waits."""
        self.flush()
        self._inner.close()

    def abort(self) -> None:
        """Close at once; what waits is lost."""
        self._forget()
        self._inner.abort()

    def is_closing(self) -> bool:
        """Whether it is being closed."""
        return self._inner.is_closing()

    def pause_reading(self) -> None:
        """Take nothing from the client."""
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._inner.resume_reading()

    def is_reading(self) -> bool:
        """Whether bytes are taken as they come."""
        return self._inner.is_reading()

    def get_write_buffer_size(self) -> int:
        """Bytes that the client did not take yet."""
        return self._size + self._inner.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Bytes at which the protocol is told to go on, and to wait."""
        return self._inner.get_write_buffer_limits()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Change both."""
        self._inner.set_write_buffer_limits(high, low)

    def get_extra_info(self, name: str, default: object = None) -> object:
        """What the transport knows of the connection."""
        return self._inner.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection over."""
        self._inner.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who has it."""
        return self._inner.get_protocol()

    def _forget(self) -> None:
        self._waiting.clear()
        self._size = 0
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

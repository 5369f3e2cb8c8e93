"""Descriptors on the event loop: reading as bytes come, writing as the reader takes them, never waiting in between.

Written on `add_reader` and `add_writer` instead of `connect_read_pipe`, which refuses regular files, hangs on
`/dev/null` (epoll takes neither), and makes the descriptors non-blocking. That is a property of the open file, which
others may share: a terminal with the shell, a pipe with our own standard error (`2>&1`), whose writers would then
lose what they write.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import select
import socket
import stat
from collections.abc import Callable

__all__ = ["Sink", "Source"]

_CHUNK = 64 * 1024  # bytes of one read: what a pipe holds
_HIGH = (
    1024 * 1024
)  # unread bytes from which on writers wait: enough for a client that sends much before it reads
_HUNG_UP = getattr(select, "POLLRDHUP", 0)  # beside POLLHUP, which always counts
_LOW = 256 * 1024  # unread bytes at which they go on


class Source:
    """Reads a descriptor whenever it is ready, from the first `resume` on.

    Never more than is there, so that it needs no non-blocking descriptor. Regular files and the null device are
    always ready.
    """

    def __init__(self, descriptor: int, received: Callable[[bytes], None]) -> None:
        """Args: received: called with what was read; with b"" once, at the end or when reading fails."""
        self._descriptor = descriptor
        self._received = received
        self._loop = asyncio.get_running_loop()
        self._flowing = False
        self._polled = _can_be_polled(descriptor)

    def resume(self) -> None:
        """Read on."""
        if self._flowing:
            return
        self._flowing = True
        if self._polled:
            self._loop.add_reader(self._descriptor, self._ready)
        else:
            self._loop.call_soon(self._ready)

    def pause(self) -> None:
        """Leave what comes from now on in the pipe."""
        if self._flowing and self._polled:
            self._loop.remove_reader(self._descriptor)
        self._flowing = False

    @property
    def hung_up(self) -> bool:
        """Whether nobody can write any more, also while bytes that were written before are still to be read."""
        poll = select.poll()
        poll.register(self._descriptor, _HUNG_UP)
        return bool(poll.poll(0))

    def _ready(self) -> None:
        if not self._flowing:
            return
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:  # somebody else made it non-blocking, and took what was there
            return
        except OSError:  # the terminal hung up, the connection was reset: there is no more input
            data = b""
        if not data:
            self.pause()
        elif not self._polled:
            self._loop.call_soon(self._ready)
        self._received(data)


class Sink:
    """Writes to a descriptor as fast as its reader takes it, and keeps the rest, which `full` tells of.

    What is written within one turn of the loop goes out together.

    Attributes:
        taken: bytes that the reader took so far, all in all.
        full: so much is unread that nothing should be added; what is written all the same is kept.
        broken: nobody reads any more; what is written is dropped.
    """

    def __init__(self, descriptor: int, changed: Callable[[], None]) -> None:
        """Args: changed: called when `full` or `broken` changes."""
        self._loop = asyncio.get_running_loop()
        self._changed = changed
        self._writer = _writer(descriptor)
        self._unread = bytearray()
        self._scheduled = False
        self._waiting = False
        self._emptied: asyncio.Future[None] | None = None
        self.taken = 0
        self.full = False
        self.broken = False

    def write(self, data: bytes) -> None:
        """Write whole lines, now or later."""
        if self.broken:
            return
        self._unread += data
        if len(self._unread) > _HIGH:
            self.full = True
        if not self._scheduled and not self._waiting:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    async def drain(self) -> None:
        """Wait until everything was taken, or nobody is left to take it."""
        if self._unread:
            self._emptied = self._loop.create_future()
            await self._emptied

    def close(self) -> None:
        """Drop what was not taken, and put the descriptor's flags back."""
        self._wait(waiting=False)
        self._unread.clear()
        self._writer.close()

    def _flush(self) -> None:
        self._scheduled = False
        try:
            while self._unread:
                taken = self._writer.write(self._unread)
                del self._unread[:taken]
                self.taken += taken
        except BlockingIOError:
            self._wait(waiting=True)
        except OSError:  # nobody reads any more (EPIPE), or the disk is full
            self.broken = True
            self._unread.clear()
        if not self._unread:
            self._wait(waiting=False)
            if self._emptied is not None and not self._emptied.done():
                self._emptied.set_result(None)
        if self.broken or (self.full and len(self._unread) <= _LOW):
            self.full = False
            self._changed()

    def _wait(self, *, waiting: bool) -> None:
        if waiting == self._waiting:
            return
        self._waiting = waiting
        if waiting:
            self._loop.add_writer(self._writer.descriptor, self._flush)
        else:
            self._loop.remove_writer(self._writer.descriptor)


class _Writer:
    """A regular file or the null device: never makes anybody wait for long, and cannot be polled."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def write(self, data: bytearray) -> int:
        """Write some of it.

        Raises:
            BlockingIOError: the reader has to take something before.
            OSError: there is no reader any more.
        """
        return os.write(self.descriptor, data)

    def close(self) -> None:
        """Leave it as it was found."""


class _PipeWriter(_Writer):
    """A pipe or a terminal, opened once more where that is possible, so that only our own writes never wait."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._given = descriptor
        self._blocked = os.get_blocking(descriptor)
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        try:
            self.descriptor = os.open(f"/proc/self/fd/{descriptor}", flags)
        except OSError:  # no /proc, or the pipe is another user's
            os.set_blocking(descriptor, False)

    def close(self) -> None:
        """Close our own opening of it, or make it wait again."""
        if self.descriptor == self._given:
            os.set_blocking(self._given, self._blocked)
        else:
            os.close(self.descriptor)


class _SocketWriter(_Writer):
    """A socket: each write says for itself that it must not wait."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._socket = socket.socket(fileno=fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, descriptor))

    def write(self, data: bytearray) -> int:
        """Write some of it."""
        return self._socket.send(data, socket.MSG_DONTWAIT)

    def close(self) -> None:
        """Close our own duplicate."""
        self._socket.close()


def _writer(descriptor: int) -> _Writer:
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISSOCK(mode):
        return _SocketWriter(descriptor)
    if stat.S_ISFIFO(mode) or os.isatty(descriptor):
        return _PipeWriter(descriptor)
    return _Writer(descriptor)


def _can_be_polled(descriptor: int) -> bool:
    loop = asyncio.get_running_loop()
    try:
        loop.add_reader(descriptor, int)
    except PermissionError:  # what epoll_ctl(2) says of files that are always ready
        return False
    loop.remove_reader(descriptor)
    return True

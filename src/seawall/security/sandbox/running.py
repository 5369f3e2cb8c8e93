"""One run as the server sees it: its control connection and its output, read on the event loop without blocking it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import marshal
import os
import socket
from collections.abc import Callable
from typing import Final

from seawall.errors import SandboxError, SandboxLostError, SandboxStartError
from seawall.security.sandbox.link import PAUSE, busy, hand_over
from seawall.security.sandbox.machine import told
from seawall.security.sandbox.values import (
    Ending,
    Execution,
    Exited,
    Finished,
    Killed,
    LimitReached,
    OutputFull,
    Stream,
    Tier,
    TimedOut,
)

__all__ = ["Running"]

_CHUNK: Final = 64 * 1024
_END_GENTLY = b"T"
_LENGTH: Final = 4
_OUTDATED: Final = (
    ("failed", "namespaces"),
    ("failed", "changed"),
)  # of what was prepared: nothing has happened
_TELLS_PATHS: Final = ("path", "bwrap")
_SEALS: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
_SIGXCPU, _SIGXFSZ = 24, 25
_LINGER: Final = 2.0  # seconds that output is waited for after the supervisor has died
_PATIENCE: Final = 30.0  # that a supervisor may take beyond the time and the grace that it was given


class Running:
    """A run from its order until nothing of it is left.

    Attributes:
        begun: whether the supervisor has taken the order, and what it prepared still held; if not, nothing has happened.
        supervisor: its process; 0 until it has begun.
        abandoned: whether nobody said that it is over when it had to be: processes stand still, or hang in the kernel. They
            end as soon as they can; what has not begun never begins.
    """

    def __init__(
        self,
        control: socket.socket,
        execution: Execution,
        heard: Callable[[Stream, bytes], None] | None,
        listening: Callable[[socket.socket], None],
        *,
        grace: float,
    ) -> None:
        """Make the descriptors of its streams, and begin to listen.

        Args:
            control: the connection to its supervisor; closed at its end.
            execution: what is run.
            heard: is told what it writes.
            listening: is given the socket that listens in the run's own network.
            grace: seconds that the supervisor waits between SIGTERM and SIGKILL.
        """
        self._execution = execution
        self._heard = heard
        self._listening = listening
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self.begun = False
        self.supervisor = 0
        self.abandoned = False
        self._grace = grace
        self._sent = False
        self._told: tuple[object, ...] | None = None
        self._reports = bytearray()
        self._kept: dict[Stream, list[bytes]] = {Stream.STDOUT: [], Stream.STDERR: []}
        self._room = execution.ceiling.output
        self._left_out = 0
        self._streams: dict[int, Stream] = {}
        self._control = control
        self._theirs: list[int] = []
        try:
            self._open()
        except OSError:  # too many are open: none of these may add to them
            for descriptor in (*self._streams, *self._theirs):
                os.close(descriptor)
            raise
        self._loop.add_reader(control.fileno(), self._on_control)
        for descriptor in self._streams:
            self._loop.add_reader(descriptor, self._on_output, descriptor)
        self._end = self._loop.call_at(float("inf"), self._abandon)  # by when it has to be over
        self._bound(execution.deadline.remaining() + grace)

    def _open(self) -> None:
        self._theirs.append(_source(self._execution.stdin))
        for stream in Stream:
            ours, write = os.pipe()
            os.set_blocking(ours, False)
            self._streams[ours] = stream
            self._theirs.append(write)
        if isinstance(self._execution.directory, int):
            self._theirs.append(os.dup(self._execution.directory))

    async def begin(self, order: bytes) -> None:
        """Send the order."""
        try:
            rest = await self._handed_over(order)
        finally:
            for descriptor in self._theirs:
                os.close(descriptor)
        with contextlib.suppress(OSError):  # it has died, and the connection was closed for that meanwhile
            await self._loop.sock_sendall(self._control, rest)
            self._sent = True

    async def _handed_over(self, order: bytes) -> bytes:
        while True:
            try:
                return hand_over(self._control, order, self._theirs)
            except OSError as error:
                if not busy(error):
                    return b""  # it has died: the end of the connection says so
                await asyncio.sleep(PAUSE)

    async def end(self) -> None:
        """Wait until it is over. Cancelling ends it, gently at first, and at once the next time."""
        cancelled: asyncio.CancelledError | None = None
        while not self._over.done():
            try:
                await asyncio.shield(self._over)
            except asyncio.CancelledError as error:
                self.stop(now=cancelled is not None)
                cancelled = error
        if cancelled is not None:
            raise cancelled

    @property
    def told(self) -> bool:
        """Whether the supervisor said how it ended."""
        return self._told is not None

    def stop(self, *, now: bool) -> None:
        """Have it ended: SIGTERM and, after the grace, SIGKILL; or SIGKILL now."""
        self._bound(self._grace)
        with contextlib.suppress(OSError):  # it has ended by itself
            if self._sent and not now:
                self._control.send(_END_GENTLY)
            else:
                self._control.shutdown(
                    socket.SHUT_WR
                )  # the end of the connection ends everything; half an order is none

    async def wait(self) -> None:
        """Wait until it is over, whoever ends it."""
        await asyncio.shield(self._over)

    def finished(self, tier: Tier) -> Finished:
        """What came of it.

        Raises:
            SandboxError: it was not started, or what supervised it died.
        """
        program = self._execution.argv[0]
        if self._told is None:
            raise SandboxLostError(program=program)
        word, *rest = self._told
        if word == "failed":
            raise _failure(program, rest)
        return Finished(
            self._ending(*rest),
            b"".join(self._kept[Stream.STDOUT]),
            b"".join(self._kept[Stream.STDERR]),
            self._left_out,
            tier,
        )

    def _ending(self, reason: object, code: object) -> Ending:
        number = code if isinstance(code, int) else 0
        if reason == "timeout":
            return TimedOut()
        if self._left_out:
            return OutputFull()
        if isinstance(reason, str) and reason in {"memory", "processes", "cpu_seconds"}:
            return LimitReached(reason)
        if number == -_SIGXCPU:
            return LimitReached("cpu_seconds")
        if number == -_SIGXFSZ:
            return LimitReached("file_size")
        return Exited(number) if number >= 0 else Killed(-number)

    def _bound(self, seconds: float) -> None:
        """It has to be over in this time, and the patience beyond, or before if that was said already."""
        end = self._loop.time() + seconds + _PATIENCE
        if end < self._end.when():
            self._end.cancel()
            self._end = self._loop.call_at(end, self._abandon)

    def _abandon(self) -> None:
        self.abandoned = True
        with contextlib.suppress(OSError):  # its end has come, and its output is waited for
            self._control.shutdown(socket.SHUT_RDWR)

    # --- what comes in ---

    def _on_output(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        if data:
            self._take(self._streams[descriptor], data)
        else:
            self._close_stream(descriptor)

    def _take(self, stream: Stream, data: bytes) -> None:
        kept = data[: self._room]
        if kept:
            self._room -= len(kept)
            self._kept[stream].append(kept)
            if self._heard is not None:
                self._heard(stream, kept)
        if len(kept) < len(data):
            if not self._left_out:
                self.stop(now=True)
            self._left_out += len(data) - len(kept)

    def _close_stream(self, descriptor: int) -> None:
        self._loop.remove_reader(descriptor)
        os.close(descriptor)
        del self._streams[descriptor]
        self._check()

    def _on_control(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, _CHUNK, 1, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        for descriptor in descriptors:
            self._listening(socket.socket(fileno=descriptor))
        if not data:
            self._loop.remove_reader(self._control.fileno())
            self._control.close()
            if self._streams:
                self._loop.call_later(_LINGER, self._close_streams)
            self._check()
            return
        self._reports += data
        while len(self._reports) >= _LENGTH:
            size = int.from_bytes(self._reports[:_LENGTH], "little")
            if len(self._reports) < _LENGTH + size:
                return
            report = marshal.loads(bytes(self._reports[_LENGTH : _LENGTH + size]))  # noqa: S302  our own process
            del self._reports[: _LENGTH + size]
            if report[0] == "begun":
                self.begun, self.supervisor = True, report[1]
            if report[0] in {"ended", "failed"}:
                self._told = report
                self.begun &= report[:2] not in _OUTDATED

    def _close_streams(self) -> None:
        for descriptor in tuple(self._streams):
            self._close_stream(descriptor)

    def _check(self) -> None:
        if not self._streams and self._control.fileno() < 0 and not self._over.done():
            self._end.cancel()
            self._over.set_result(None)


def _source(data: bytes) -> int:
    """A descriptor from which the data is read: nothing has to feed it, and nobody can change it."""
    descriptor = os.memfd_create("stdin", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:  # there is no memory for it
        os.close(descriptor)
        raise
    return descriptor


def _failure(program: str, rest: list[object]) -> SandboxError:
    step, number, *text = rest
    known = number if isinstance(number, int) else 0
    if step in _TELLS_PATHS:  # the caller learns nothing of the host's
        reason = os.strerror(known) if known else "its namespaces could not be made"
        return SandboxStartError(program=program, reason=f"something that it may touch: {reason}")
    if step == "execute" and known == errno.ENOENT:
        return SandboxStartError(program=program, reason="it does not exist, or its interpreter does not")
    return SandboxStartError(program=program, reason=told(str(step), known, *map(str, text)))

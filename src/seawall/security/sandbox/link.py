"""The fork server as its users see it: a process, and the socket over which it is sent descriptors."""

from __future__ import annotations

import contextlib
import errno
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from seawall.errors import StartError

__all__ = ["PAUSE", "ForkServer", "busy", "frame", "hand_over"]

PAUSE: Final = 0.002
"""Seconds until one that is busy is asked again."""

_PROGRAM: Final = Path(__file__).with_name("forkserver.py")
_LENGTH: Final = 4
_READY_SECONDS: Final = 10.0
# The connection is full; or too many descriptors of this user are on their way to processes (man 7 unix).
_BUSY: Final = (errno.EAGAIN, errno.ETOOMANYREFS, errno.ENOBUFS)


def frame(data: bytes) -> bytes:
    """The data behind its length, as it goes over a control connection."""
    return len(data).to_bytes(_LENGTH, "little") + data


def busy(error: OSError) -> bool:
    """Whether what could not be sent can be sent in a moment: whoever gets it is only slow."""
    return error.errno in _BUSY


def hand_over(control: socket.socket, order: bytes, descriptors: Sequence[int]) -> bytes:
    """Begin to send an order, with the run's streams and maybe its directory; what is left to be sent.

    Raises:
        OSError: it is `busy`, or the supervisor has gone.
    """
    framed = frame(order)
    socket.send_fds(control, [framed[:_LENGTH]], descriptors)
    return framed[_LENGTH:]


class ForkServer:
    """A running fork server.

    Attributes:
        pid: its process.
        directory: of the private directories; the fork server removes it when it ends, unless it is killed.
        link: the socket; closing it ends the fork server, and all that it started.
    """

    def __init__(self, directory: str) -> None:
        """Start one, and wait until it says that it is ready.

        Raises:
            StartError: it cannot be started.
        """
        self.directory = directory
        self.link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603  our own program
                    [sys.executable, "-I", "-S", str(_PROGRAM), str(theirs.fileno()), directory],
                    pass_fds=[theirs.fileno()],
                    env={},
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # an interrupt at the terminal is the server's affair
                )
            except OSError as error:
                self.link.close()
                message = f"The fork server of the sandbox cannot be started: {error.strerror}."
                raise StartError(message) from error
        self.pid = self._process.pid
        self.link.settimeout(_READY_SECONDS)
        try:
            ready = self.link.recv(16)
        except OSError:
            ready = b""
        if not ready:
            self.link.close()
            self.wait(0.0)
            message = "The fork server of the sandbox did not start."
            raise StartError(message)
        self.link.setblocking(False)  # noqa: FBT003  the interface of socket

    def send(self, control: int) -> None:
        """Have a supervisor forked for this control connection.

        Raises:
            OSError: it is `busy`, or dead.
        """
        socket.send_fds(self.link, [bytes(_LENGTH)], [control])

    def end(self, supervisor: int) -> None:
        """Have a supervisor killed that stands still, and all of its run with it, if it is still there."""
        with contextlib.suppress(OSError):  # it does not listen, or has gone
            self.link.send(supervisor.to_bytes(_LENGTH, "little"))

    def ended(self) -> bool:
        """Whether the process has ended; if so, nothing of it is left."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it at once, and nothing that it started."""
        self._process.kill()

    def wait(self, seconds: float) -> None:
        """Wait for its end, and end it when that takes too long. What it started ends by itself then."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

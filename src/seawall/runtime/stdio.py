"""Serving over standard input and output, on FastMCP's own transport."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from seawall.errors import StartError
from seawall.runtime.served import Served, started
from seawall.runtime.signals import on_end_signals
from seawall.security.output import pending_output_to_stderr

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["serve_stdio"]


async def serve_stdio(served: Served) -> None:
    """Serve the client that started this process, until it closes our input, or SIGINT or SIGTERM.

    Raises:
        StartError: a toolset cannot start, or there is no standard input.
    """
    async with started(served):
        with _stray_output_beside(), _interruptible_stdin() as source, on_end_signals(source.end):
            await served.mcp.run_stdio_async(show_banner=False)


class _InterruptibleInput(io.RawIOBase):
    """Standard input that can be told to be at its end.

    The transport reads on a thread, and a thread that blocks in `read` can be neither cancelled nor left behind:
    the process would live until its client closes the pipe. Here it waits for input or for `end`, whichever
    comes first, and `end` looks like the end of input, which the transport handles in order.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._wake_reader, self._wake_writer = os.pipe()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        poll.register(self._wake_reader, select.POLLIN)
        if any(descriptor == self._wake_reader for descriptor, _event in poll.poll()):
            return 0
        view = memoryview(buffer).cast("B")
        data = os.read(self._descriptor, len(view))
        view[: len(data)] = data
        return len(data)

    def end(self) -> None:
        """Be at the end of input from now on."""
        os.write(self._wake_writer, b"\0")


@contextmanager
def _interruptible_stdin() -> Iterator[_InterruptibleInput]:
    """Put an input that can be ended in the place of `sys.stdin`.

    FastMCP's transport serves such a stream in place. It moves the real descriptor 0 out of the way when it owns
    it, so that a tool's child process cannot read the client's messages; that is done here instead.
    """
    before = sys.stdin
    if before is None:  # closed before Python started; descriptor 0 may be anything by now
        raise StartError(
            "standard input is closed, so there is no client to serve.",
            hint="Serve over HTTP: --transport http.",
        )
    private = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    source = _InterruptibleInput(private)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(source, 1 << 16), encoding="utf-8")
    try:
        yield source
    finally:
        sys.stdin = before
        os.dup2(private, 0)


@contextmanager
def _stray_output_beside() -> Iterator[None]:
    """Keep what tools print out of the protocol to the last byte.

    The transport points descriptor 1 at standard error while it serves. What `print` left in the buffer of
    `sys.stdout` would follow after that, behind the last message, at the latest when the interpreter ends.
    """
    with suppress(AttributeError, ValueError):  # a stream of another kind, or a closed one
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        yield
    finally:
        pending_output_to_stderr()

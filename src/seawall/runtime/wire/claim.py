"""Taking standard input and output for the protocol, so that nothing else in the process reads or writes there."""

from __future__ import annotations

import fcntl
import io
import os
import sys
from contextlib import suppress
from dataclasses import dataclass

from seawall.errors import StartError

__all__ = ["Claim"]

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_FIRST_FREE = 3


class _Held:
    """Whether this process serves on its standard streams already; there is one pair of them."""

    now = False


@dataclass(frozen=True, slots=True)
class Claim:
    """The client's ends of the standard streams, on descriptors that nobody else knows.

    Meanwhile descriptor 0 is empty, and descriptor 1 is standard error: what a tool prints, what a C library
    writes to descriptor 1 and what a child process prints goes there, and a child cannot read the client's
    messages. The private descriptors are not inherited across `exec`.

    Attributes:
        input: where the client's messages come from.
        output: where the answers go.
    """

    input: int
    output: int

    @classmethod
    def take(cls) -> Claim:
        """Take both streams.

        What was printed before and still stands in a buffer goes to standard error as well. Take them before
        any module of a user is imported, and never give them back when the process ends afterwards.

        Raises:
            StartError: one of them is closed, so there is no client; or both are taken already.
        """
        for name, stream in (("input", sys.__stdin__), ("output", sys.__stdout__)):
            if stream is None:  # closed before Python started; the descriptor may be anything by now
                raise StartError(
                    f"standard {name} is closed, so there is no client to serve.",
                    hint="Serve over HTTP: --transport http.",
                )
        if _Held.now:
            raise StartError("this process serves on its standard input and output already.")
        claim = cls(_private(_STDIN), _private(_STDOUT))
        _point(_STDIN, _nothing(os.O_RDONLY))
        _point(_STDOUT, _diversion())
        _print_promptly()
        _Held.now = True
        return claim

    def release(self) -> None:
        """Give both streams back. What libraries hold in buffers is written to standard error before that."""
        import ctypes  # noqa: PLC0415  not needed to start

        if sys.stdout is not None:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
        ctypes.CDLL(None).fflush(None)  # every stream of the C library
        os.dup2(self.output, _STDOUT)
        os.dup2(self.input, _STDIN)
        os.close(self.output)
        os.close(self.input)
        _Held.now = False


def _private(descriptor: int) -> int:
    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
    except OSError as error:
        raise StartError(f"descriptor {descriptor} cannot be served: {error.strerror}.") from error


def _diversion() -> int:
    try:
        return os.dup(_STDERR)
    except OSError:  # standard error is closed
        return _nothing(os.O_WRONLY)


def _nothing(flags: int) -> int:
    return os.open(os.devnull, flags)


def _point(descriptor: int, target: int) -> None:
    os.dup2(target, descriptor)
    os.close(target)


def _print_promptly() -> None:
    """Python's own buffer for a pipe holds 8 KiB back; on standard error every line should stand at once."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        with suppress(OSError, ValueError):
            sys.stdout.reconfigure(line_buffering=True)

"""One Ctrl-C ends a command that asks, whenever it comes.

Python runs its handler of a signal between two of its own instructions. A signal that comes after the last of them and
before the kernel waits for input is only seen once input comes, which may be never. And what the handler raises is lost
where nothing can be raised, such as in a finalizer.
(https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers)
So each signal's number also goes into a pipe, and whoever is about to wait, or to write, looks there.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from seawall.errors import UsageError

__all__ = ["Interruptions", "interruptions"]

_AT_ONCE: Final = 4096


@contextmanager
def interruptions() -> Iterator[Interruptions]:
    """What remembers each Ctrl-C in the block; outside of the main thread, which gets no signals, there is none to remember."""
    reads, writes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    main = threading.current_thread() is threading.main_thread()
    before = signal.set_wakeup_fd(writes, warn_on_full_buffer=False) if main else -1
    try:
        yield Interruptions(reads)
    finally:
        if main:
            signal.set_wakeup_fd(before)
        os.close(reads)
        os.close(writes)


class Interruptions:
    """The signals that came, and the answers that a person gives meanwhile."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._typed = b""

    def check(self) -> None:
        """Raise KeyboardInterrupt when Ctrl-C was pressed, also when Python has raised it before and it was lost."""
        try:
            came = os.read(self._pipe, _AT_ONCE)
        except BlockingIOError:
            return
        if signal.SIGINT in came:
            raise KeyboardInterrupt

    def readline(self) -> str:
        """The next line of the terminal that is standard input.

        Raises:
            KeyboardInterrupt: Ctrl-C, before or while it waits.
            UsageError: there is no further line (Ctrl-D).
        """
        terminal = sys.stdin.fileno()
        while b"\n" not in self._typed:
            ready, _, _ = select.select([terminal, self._pipe], [], [])
            self.check()
            if terminal in ready:
                more = os.read(terminal, _AT_ONCE)
                if not more:
                    raise UsageError(
                        "the answers ended before the questions did.", hint="Nothing was written."
                    )
                self._typed += more
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode(sys.stdin.encoding, "replace")

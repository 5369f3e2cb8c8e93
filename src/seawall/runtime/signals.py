"""Ending the process by signal: asked once it ends in order, asked twice it ends at once."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["on_end_signals"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_end_signals(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` on the event loop at the first SIGINT or SIGTERM; a second one has the system's own effect.

    Handlers are put back afterwards. On other threads than the main one, which get no signals, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def ended() -> None:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        end()

    for number in _SIGNALS:
        loop.add_signal_handler(number, ended)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)

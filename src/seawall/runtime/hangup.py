"""SIGHUP: read the blueprint again, or the end of the terminal on which the server was started."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["await_hang_ups", "ignore_hang_ups", "on_hang_ups"]


@dataclass(slots=True)
class _Early:
    """What came before a server listened for it.

    Attributes:
        came: whether the signal did.
        ignored: whether the process was started so that its terminal may go, as by nohup.
    """

    came: bool = False
    ignored: bool = False


_early = _Early()


def await_hang_ups() -> None:
    """From now on SIGHUP does not end the process, unless its terminal is gone; a server that starts then obeys it.

    Whoever changes a file and sends the signal cannot know whether the server is still starting, or ending already. A
    handler of our own and not the system's "ignore", which programs that the server starts would inherit.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    _early.came = False
    _early.ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    terminal = not _early.ignored and _has_terminal()

    def hang_up(number: int, frame: object) -> None:
        del number, frame
        if terminal and not _has_terminal():
            raise KeyboardInterrupt
        _early.came = True

    signal.signal(signal.SIGHUP, hang_up)


def ignore_hang_ups() -> None:
    """The server has ended. Python gives up handlers of our own before the process ends, and would be ended by the signal."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


@contextmanager
def on_hang_ups(reload: Callable[[], Coroutine[Any, Any, object]], end: Callable[[], None]) -> Iterator[None]:
    """Reload at each SIGHUP; when that is the end of the terminal, call `end` instead.

    However many come, one reload is under way and one waits, which reads what is there by then.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, under_way = asyncio.get_running_loop(), set[asyncio.Task[object]]()
    before = signal.getsignal(signal.SIGHUP)
    terminal = before is not signal.SIG_IGN and not _early.ignored and _has_terminal()

    def hang_up() -> None:
        if terminal and not _has_terminal():
            end()
            return
        if len(under_way) > 1:
            return
        task = loop.create_task(reload())
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    # Not by the loop: it would put the system's own handler, which ends the process, back in between.
    signal.signal(signal.SIGHUP, lambda number, frame: _hand_over(loop, hang_up, number, frame))
    came, _early.came = _early.came, False
    if came:
        loop.call_soon(hang_up)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _hand_over(loop: asyncio.AbstractEventLoop, call: Callable[[], None], number: int, frame: object) -> None:
    del number, frame
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)


def _has_terminal() -> bool:
    """Whether there is a terminal that controls this process; its hanging up takes that away before the signal comes."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError:
        return False
    return True

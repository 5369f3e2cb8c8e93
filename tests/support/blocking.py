"""Catches code of ours that blocks the event loop: it would stop every other caller of the server.

Python announces many blocking calls to audit hooks (https://docs.python.org/3/library/audit_events.html). Those that
happen on a thread with a running loop, below a function of the package, are remembered here. Reads, stats and fsyncs are
not announced; but whoever blocks on a file has nearly always opened one.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import FrameType

__all__ = ["install", "take"]

_BLOCKING = frozenset(
    {
        "fcntl.flock",
        "open",
        "os.link",
        "os.listdir",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.scandir",
        "os.symlink",
        "os.system",
        "os.truncate",
        "socket.connect",
        "socket.getaddrinfo",
        "subprocess.Popen",
        "time.sleep",
    }
)
_PACKAGE = str(
    Path((importlib.util.find_spec("seawall") or sys.exit("seawall is not installed")).origin or "").parent
)
_seen: list[str] = []


def install() -> None:
    """Start watching; for the life of the process, as audit hooks cannot be removed."""
    sys.addaudithook(_hook)


def take() -> list[str]:
    """What was seen since the last time, one line each: the call, and the line of ours below which it happened."""
    seen = _seen.copy()
    _seen.clear()
    return seen


def _hook(event: str, _arguments: tuple[object, ...]) -> None:
    if event not in _BLOCKING:
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            return  # an import, once
        if frame.f_globals.get("__name__") == "linecache":
            return  # a traceback for the log reads each source file once
        if frame.f_code.co_qualname == "BaseEventLoop.run_forever":
            return  # what is around the loop runs it, and does nothing on it
        if file.startswith(_PACKAGE):
            _seen.append(f"{event} in {frame.f_code.co_qualname}, {file}:{frame.f_lineno}")
            return
        frame = frame.f_back

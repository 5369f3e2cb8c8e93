"""What the operator reads: one structured record an event, on standard error only.

The package logs through the standard library, with its fields in `extra={"seawall": {...}}`, so that it behaves in
other people's programs. Only the command calls `configure_logging`, which renders those records and those of
FastMCP, the SDK and uvicorn in one form.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal, TypeAlias

from seawall.security.redact import KNOWN_SECRETS

__all__ = ["LogFormat", "LogLevel", "configure_logging", "set_level", "spare_records"]

LogFormat: TypeAlias = Literal["auto", "json", "console"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
_Event: TypeAlias = dict[str, object]

_LONGEST = 1_000  # characters of one field; callers choose some of them, such as the name of an unknown tool
_LONGEST_TRACEBACK = 20_000
_WAITING = 10_000  # records that wait for a slow reader of standard error
_GATHERING = (
    0.02  # seconds in which records gather, so that a busy server is interrupted fifty times a second
)
_LAST_WORDS = 2.0  # seconds that the end of the process waits for the log
_STDERR = 2  # the descriptor
_CHATTY = ("fastmcp", "mcp", "uvicorn.error", "asyncio", "httpx2", "httpcore2", "docket")
_OWN_HANDLERS = ("fastmcp", "mcp", "uvicorn", "uvicorn.error", "uvicorn.access")
_HEALTH_PATHS = ("/livez", "/readyz", "/metrics")


def configure_logging(format: LogFormat, level: LogLevel) -> None:  # noqa: A002  the blueprint's word for it
    """Send every log record of the process to standard error, in one form.

    Args:
        format: `json` for one JSON object a line, `console` for people, `auto` for console on a terminal.
        level: the least important records that are written. Libraries are held to warnings above `debug`.
    """
    terminal = sys.stderr is not None and sys.stderr.isatty()
    as_console = format == "console" or (format == "auto" and terminal)
    formatter = _formatter(as_console=as_console, colors=terminal and "NO_COLOR" not in os.environ)
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    root.addHandler(_BackgroundHandler(formatter))
    logging.captureWarnings(capture=True)
    for name in _OWN_HANDLERS:  # FastMCP installs its own when it is imported
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    set_level(level)
    logging.getLogger("uvicorn.access").addFilter(_access)


def set_level(level: LogLevel) -> None:
    """Write records from this level on. Libraries are held to warnings above `debug`."""
    logging.getLogger().setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)


def spare_records() -> None:
    """Make records without thread and process, which our log does not show: half of what a record costs (measured).

    A setting of the whole process (the logging HOWTO recommends it), so only the command calls this.
    """
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    vars(logging)["logAsyncioTasks"] = False  # from Python 3.12 on


class _BackgroundHandler(logging.Handler):
    """Formats and writes on a thread of its own, so that no reader of the log can stop the server.

    A client that starts a stdio server and never reads its standard error fills the pipe after a few hundred
    records; whoever writes then waits for ever. Here that is this thread alone: records wait, and are dropped
    and counted when too many do. It writes to the descriptor and not to `sys.stderr`, whose lock a thread that
    waits would hold while the interpreter ends.
    """

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._records: queue.SimpleQueue[logging.LogRecord | threading.Event] = queue.SimpleQueue()
        self._dropped = 0
        threading.Thread(target=self._write_all, name="seawall-log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Leave the record to the thread."""
        if self._records.qsize() < _WAITING:
            self._records.put(record)
        else:
            self._dropped += 1

    def flush(self) -> None:
        """Wait until all is written that waits now, but not for ever: at the end of the process, mostly."""
        written = threading.Event()
        self._records.put(written)
        written.wait(_LAST_WORDS)

    def _write_all(self) -> None:
        while True:
            waiting = [self._records.get()]
            time.sleep(_GATHERING)
            while not self._records.empty():
                waiting.append(self._records.get())
            self._write([item for item in waiting if isinstance(item, logging.LogRecord)])
            for item in waiting:
                if isinstance(item, threading.Event):
                    item.set()
            del waiting, item  # a record may hold a traceback with all that hangs on it

    def _write(self, records: list[logging.LogRecord]) -> None:
        if dropped := self._dropped:
            self._dropped -= dropped
            records.append(_about_dropped(dropped))
        text = "".join(map(self._line, records)).encode(errors="backslashreplace")
        lines = memoryview(KNOWN_SECRETS.data(text))
        try:
            while lines:
                lines = lines[os.write(_STDERR, lines) :]
        except OSError:  # standard error is closed: nobody can be told
            return

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return f"{self.format(record)}\n"
        except Exception as error:  # noqa: BLE001  boundary: a record that cannot be formatted must not end the log
            return f"a log record of {record.name} cannot be formatted: {type(error).__name__}\n"


def _about_dropped(count: int) -> logging.LogRecord:
    fields = {
        "name": "seawall.log",
        "levelno": logging.WARNING,
        "levelname": "WARNING",
        "msg": "records dropped",
    }
    return logging.makeLogRecord({**fields, "seawall": {"count": count}})


class _Formatter(logging.Formatter):
    """A record as one event: what happened, when, and its fields. Runs on the log's own thread."""

    def __init__(self, render: Callable[[_Event], str]) -> None:
        super().__init__()
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        """The event in the form that was asked for."""
        event: _Event = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        fields = getattr(record, "seawall", None)
        if isinstance(fields, Mapping):
            event.update(fields)
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        elif record.exc_text:  # made before, without secrets
            event["exception"] = record.exc_text
        return self._render(_harmless(event))


def _formatter(*, as_console: bool, colors: bool) -> _Formatter:
    return _Formatter(_for_people(colors=colors) if as_console else _as_json)


_json = json.JSONEncoder(default=str)


def _as_json(event: _Event) -> str:
    return _json.encode(event)


def _for_people(*, colors: bool) -> Callable[[_Event], str]:
    from structlog import dev  # noqa: PLC0415  nobody waits for a start on a terminal as a client does

    renderer = dev.ConsoleRenderer(colors=colors, exception_formatter=dev.plain_traceback)
    return lambda event: renderer(None, str(event["level"]), event)


def _harmless(event: _Event) -> _Event:
    """Escape what could move a terminal's cursor, forge a line or hide text; shorten what a caller made long."""
    for key, value in event.items():
        # Secrets go first: of one that is cut, the beginning would stay, and no longer be recognised.
        if key == "exception":
            event[key] = _harmless_traceback(KNOWN_SECRETS.text(str(value)))
        elif isinstance(value, str):
            text = KNOWN_SECRETS.text(value)
            event[key] = _escaped(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
    return event


def _harmless_traceback(text: str) -> str:
    """Lines stay lines, each indented, so that none of them looks like a record of its own."""
    shown = text if len(text) <= _LONGEST_TRACEBACK else f"…{text[-_LONGEST_TRACEBACK:]}"
    return "\n".join(f"    {_escaped(line)}" for line in shown.split("\n"))


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _access(record: logging.LogRecord) -> bool:
    """Turn uvicorn's sentence into fields, and drop probes every few seconds that found all well."""
    match record.args:
        case (client, method, path, _version, status):
            path = str(path).partition("?")[0]  # a query may hold what somebody took for a place for a token
            record.msg, record.args = "request", ()
            vars(record)["seawall"] = {"client": client, "method": method, "path": path, "status": status}
            return path not in _HEALTH_PATHS or status != HTTPStatus.OK
    return True

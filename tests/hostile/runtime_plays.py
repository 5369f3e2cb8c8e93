"""What several rows need to see what became of a call: patience, what tools recorded, background tasks."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from typing import Any, Final

from hostile.runtime_cases import said
from hostile.runtime_world import Heard, Http, Line, Server, Stdio, call
from support.clients.interface import Json
from support.clients.raw import request

__all__ = [
    "ask_task",
    "begun",
    "eventually",
    "fate",
    "label_of",
    "let_go",
    "patient",
    "poll",
    "quiet",
    "start_task",
    "task_made",
    "task_status",
    "waiting_time",
]

_PATIENCE: Final = (
    30.0  # seconds that the guarded server has to do what is promised, however slow the machine is
)
_SILENCE: Final = 1.5  # seconds after which the bare one, which has no deadline, counts as not doing it
_CAPABILITY: Final[Json] = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
_numbers = itertools.count(1)


def label_of(what: str) -> str:
    """A new label, under which a tool records what happens to it."""
    return f"{what}-{next(_numbers)}"


def eventually(true: Callable[[], bool], seconds: float = _PATIENCE) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def begun(server: Server, label: str) -> None:
    """Wait until the tool says that it runs."""
    assert eventually(lambda: "began" in server.recorded(label)), "the tool was not called"


def waiting_time(server: Server) -> float:
    """Seconds after which what did not happen does not happen any more."""
    return _PATIENCE if server.which == "guarded" else _SILENCE


def fate(server: Server, label: str, seconds: float | None = None) -> str:
    """Whether the coroutine was cancelled, within that time."""
    limit = waiting_time(server) if seconds is None else seconds
    stopped = eventually(lambda: "cancelled" in server.recorded(label), limit)
    return "the coroutine is cancelled" if stopped else "the coroutine goes on"


def quiet(server: Server) -> str:
    """Whether the processor time of the server stands still."""

    def still() -> bool:
        before = server.processor_seconds()
        time.sleep(0.2)
        return server.processor_seconds() - before < 0.05

    return "the processor rests" if eventually(still, waiting_time(server) / 3) else "the processor is busy"


def patient(line: Line, message: Json, seconds: float | None = None) -> Heard:
    """Send a call, and hear its answer if it comes in that time."""
    seconds = waiting_time(line.server) if seconds is None else seconds
    if isinstance(line, Stdio):
        line.wire.send(json.dumps(message).encode() + b"\n")
        return _among(line, message["id"], seconds)
    assert isinstance(line, Http)
    return line.send(line.bytes_of(message), seconds)


def _among(line: Stdio, request_id: Any, seconds: float) -> Heard:
    """The answer to one request, among those to others."""
    end = time.monotonic() + seconds
    while line.wire.waiting(max(0.0, end - time.monotonic())):
        message = line.wire.line()
        if message.get("id") == request_id:
            return Heard(None, (message,))
    return Heard(None, ())


def let_go(line: Line) -> str:
    """End what hangs on this server; whether a sync function runs then."""
    with line.server.gate():
        well = eventually(
            lambda: said(patient(line, call(line.era, "block", "b", text="x"), 1), request_id="b").endswith(
                "result"
            )
        )
    return "afterwards all is well" if well else "afterwards it is stuck"


def start_task(line: Line, tool: str, label: str) -> str:
    """Have a tool run as a background task; the task's id."""
    return task_made(ask_task(line, tool, label))


def ask_task(line: Line, tool: str, label: str) -> Heard:
    """Ask to have a tool run as a background task."""
    return line.ask(_capable(call("modern", tool, label=label)))


def task_made(heard: Heard) -> str:
    """The id of the task."""
    return str(heard.messages[0]["result"]["taskId"])


def poll(line: Line, task: str, method: str = "tasks/get") -> Json:
    """What the server says about the task."""
    heard = line.ask(_capable(request("modern", 1, method, {"taskId": task})), Mcp_Name=task)
    return heard.messages[0]


def task_status(line: Line, task: str) -> str:
    """The status of the task, with its result, or the error."""
    answer = poll(line, task)
    if "error" in answer:
        return str(answer["error"]["code"])
    result = answer["result"]
    if "result" not in result:
        return str(result["status"])
    return f"{result['status']}, {said(Heard(None, ({'id': 1, 'result': result['result']},)))}"


def _capable(message: Json) -> Json:
    """The same from a client that knows background tasks (SEP-2663)."""
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = _CAPABILITY
    return message

"""Rows: tools that hang: at their deadline, in a background task, and a thousand at once."""

from __future__ import annotations

import json
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final, cast

from hostile.runtime_cases import HTTP, NEW, STDIO, Case, at, on, said
from hostile.runtime_plays import (
    ask_task,
    begun,
    eventually,
    fate,
    label_of,
    let_go,
    patient,
    poll,
    start_task,
    task_made,
    task_status,
    waiting_time,
)
from hostile.runtime_serve import BOB, WORKERS
from hostile.runtime_tools import DEADLINE
from hostile.runtime_world import Heard, Http, Line, Server, Servers, Stdio, call, messages_of
from support.clients.raw import request
from support.raw_http import connected, read_reply

__all__ = ["HANGING"]

MANY: Final = 1000
PLACES: Final = 64
TASKS: Final = 330  # places and queue, and some more
_HELPERS: Final = 6  # threads that asyncio may start for itself, for names and files


def _hangs(tool: str) -> Callable[[Line], str]:
    def play(line: Line) -> str:
        label = label_of(tool)
        what = [said(patient(line, call(line.era, tool, label, label=label)), request_id=label)]
        begun(line.server, label)
        if tool == "stay":
            what.append(fate(line.server, label))
        let_go(line)
        return ", ".join(what)

    return play


def _task(tool: str) -> Callable[[Line], str]:
    def play(line: Line) -> str:
        label = label_of(tool)
        task = start_task(line, tool, label)
        begun(line.server, label)
        eventually(lambda: task_status(line, task) != "working", waiting_time(line.server))
        what = [task_status(line, task)]
        if tool == "stay_task":
            what.append(fate(line.server, label))
        poll(line, task, "tasks/cancel")
        let_go(line)
        return ", ".join(what)

    return play


def _cancelled_task(line: Line) -> str:
    label = label_of("task")
    task = start_task(line, "stay_task", label)
    begun(line.server, label)
    poll(line, task, "tasks/cancel")
    what = fate(line.server, label)
    return f"{task_status(line, task)}, {what}"


def _foreign_task(servers: Servers) -> str:
    """Bob asks for a task of Alice's, and cancels it."""
    alice, bob = servers.token.http("modern"), servers.token.http("modern", BOB)
    label = label_of("task")
    task = start_task(alice, "stay_task", label)
    begun(alice.server, label)
    codes = [str(poll(bob, task, method)["error"]["code"]) for method in ("tasks/get", "tasks/cancel")]
    what = f"{' and '.join(codes)}, {fate(alice.server, label, 0.3)}"
    poll(alice, task, "tasks/cancel")
    return what


def _hog(servers: Servers) -> str:
    """Alice takes all places that she gets, with two tools; what Bob gets meanwhile."""
    alice, bob = servers.token.http("modern"), servers.token.http("modern", BOB)
    with ExitStack() as stack:
        label = label_of("hog")
        for number in range(2 * PLACES):
            tool = ("stay_long", "deaf_long")[number % 2]
            connection = stack.enter_context(connected(alice.server.port))
            connection.sendall(alice.bytes_of(call("modern", tool, label=label)))
        eventually(lambda: alice.server.recorded(label).count("began") >= PLACES - PLACES // 8)
        what = f"another caller: {said(patient(bob, call('modern', 'echo', text='x'), 30))}"
    return f"{what}; {let_go(alice)}"


def _readings(line: Line) -> str:
    """Readings of one template that hang, each of another URI; what a tool answers before any of them ends."""
    assert isinstance(line, Stdio)
    line.ask(request(line.era, 1, "resources/templates/list"))
    uris = {number: f"hostile://stay/{label_of('reading')}" for number in range(2, 2 * PLACES)}
    reads = [request(line.era, number, "resources/read", {"uri": uri}) for number, uri in uris.items()]
    line.wire.send(b"".join(json.dumps(each).encode() + b"\n" for each in reads))
    first = patient(line, call(line.era, "echo", "echo", text="x"), 30)
    line.wire.waiting(DEADLINE)
    return f"a tool: {said(first, request_id='echo')}; {let_go(line)}"


def _tasks(servers: Servers) -> str:
    """Alice asks for more tasks than there may be; how one too many and one of Bob's are answered, and one afterwards.

    On the guarded server tasks end meanwhile, at their deadline: she asks on until she has overtaken that.
    """
    alice, bob = servers.token.http("modern"), servers.token.http("modern", BOB)
    tasks, refused = [], "none"
    for _ in range(TASKS * (4 if alice.server.which == "guarded" else 1)):
        heard = ask_task(alice, "stay_task", label_of("task"))
        if "taskId" not in heard.messages[0]["result"]:
            refused = said(heard)
            break
        tasks.append(task_made(heard))
    what = [f"refused: {refused}"]
    for client in (bob, alice):
        heard = ask_task(client, "stay_task", label_of("task"))
        made = "taskId" in heard.messages[0]["result"]
        what.append("a task" if made else said(heard))
        if made:
            poll(client, task_made(heard), "tasks/cancel")
        for task in tasks:
            poll(alice, task, "tasks/cancel")
        eventually(lambda: all(task_status(alice, each) != "working" for each in tasks), 10)
    return f"{what[0]}; another caller: {what[1]}; afterwards: {what[2]}"


def _givers_up(servers: Servers) -> str:
    """Many callers of a sync function give up; threads that are in use then."""
    client = servers.token.http("modern")
    with ExitStack() as stack:
        for _ in range(4 * WORKERS):
            connection = stack.enter_context(connected(client.server.port))
            connection.sendall(client.bytes_of(call("modern", "hold_long", label=label_of("hold"))))
        _threads(client.server)
    return f"{_threads(client.server)}; {let_go(client)}"


def _thousand(servers: Servers) -> str:
    """A thousand calls at once that hang; what the rest get, and what works meanwhile."""
    client = servers.token.http("modern")
    data = client.bytes_of(call("modern", "hold_long", label=label_of("many")))
    with ExitStack() as stack:
        hanging = []
        for _ in range(MANY):
            hanging.append(stack.enter_context(connected(client.server.port)))
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before it sent anything
                hanging[-1].sendall(data)
        what = [f"refused: {_kinds(_refusals(hanging))}", _threads(client.server), *_meanwhile(client)]
    return "; ".join([*what, let_go(client)])


def _thousand_lines(line: Line) -> str:
    """A thousand calls on one pipe that hang, and one of a coroutine after them."""
    assert isinstance(line, Stdio)
    calls = [call(line.era, "hold_long", f"many-{number}", label="many") for number in range(MANY)]
    lines = [json.dumps(each).encode() + b"\n" for each in (*calls, call(line.era, "echo", "echo", text="x"))]
    writing = threading.Thread(target=line.wire.send, args=(b"".join(lines),), daemon=True)
    writing.start()
    kinds, answers = _answers(line, "echo")
    what = [f"refused: {_kinds(kinds)}", _threads(line.server), f"a coroutine after them: {answers}"]
    with line.server.gate():
        writing.join()
        line.wire.alive()
    return "; ".join([*what, let_go(line)])


def _answers(line: Stdio, until: str) -> tuple[Counter[str], str]:
    """What the calls of the flood get until that one is answered, and how that one is."""
    kinds: Counter[str] = Counter()
    end = time.monotonic() + waiting_time(line.server)
    while line.wire.waiting(max(0.0, end - time.monotonic())):
        message = line.wire.line()
        what = said(Heard(None, (message,)), request_id=message["id"])
        if message["id"] == until:
            return kinds, what
        if str(message["id"]).startswith("many"):
            kinds[what] += 1
    return kinds, "no answer"


def _refusals(hanging: list[socket.socket]) -> Counter[str]:
    """How the calls that did not get a place were answered; their connections are closed."""
    kinds: Counter[str] = Counter()
    with selectors.DefaultSelector() as selector:
        for connection in hanging:
            selector.register(connection, selectors.EVENT_READ)
        patience = _FIRST
        while ready := selector.select(patience):
            patience = _NEXT
            for key, _ in ready:
                connection = cast("socket.socket", key.fileobj)
                selector.unregister(connection)
                reply = read_reply(connection)
                kinds[said(Heard(reply.status, messages_of(reply), reply))] += 1
                connection.close()
    return kinds


def _kinds(refused: Counter[str]) -> str:
    return " and ".join(sorted(refused)) or "none"


def _threads(server: Server) -> str:
    """Whether there are more threads than the guarded server may have, now or in a moment."""
    bound = server.idle_threads + WORKERS + _HELPERS
    over = eventually(lambda: server.threads() > bound, 2)
    return f"threads {'over' if over else 'within'} the bound of the guarded server"


def _meanwhile(client: Http) -> list[str]:
    """Whether a coroutine tool and the liveness probe answer."""
    echo = said(patient(client, call("modern", "echo", text="x"), 30))
    with connected(client.server.port) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        live = read_reply(connection).status
    return [f"a coroutine: {echo}", f"/livez: {live}"]


_FIRST, _NEXT = 8.0, 3.0  # seconds until a refusal comes, if any does
_ENDS = "SECURITY.md: a call ends at its deadline"
_TASK = "SEP-2663: a tool error completes the task; SECURITY.md: a call ends at its deadline"
_MANY = "SECURITY.md: threads are bounded, one call too many is told to come again, others are served"
_SHARE = "SECURITY.md: no caller, no tool and no template takes every place"
_LATE = "tool error `deadline_exceeded`"
_STOPPED, _RUNS = ", the coroutine is cancelled", ", the coroutine goes on"
_FLOOD = f"{MANY:,} calls at once of a sync function that hangs"
_WITHIN = "threads within the bound of the guarded server"
_OVER = "threads over the bound of the guarded server"
_WELL = "afterwards all is well"

HANGING: Final[tuple[Case, ...]] = (
    *on(
        "a coroutine that hangs",
        _ENDS,
        _hangs("stay"),
        {
            ("HTTP 2026",): (f"200 {_LATE}{_STOPPED}", f"no answer{_STOPPED}"),
            ("HTTP 2025",): (f"200 {_LATE}{_STOPPED}", f"no answer{_RUNS}"),
            STDIO: (f"{_LATE}{_STOPPED}", f"no answer{_RUNS}"),
        },
    ),
    *on(
        "a coroutine that ignores its cancellation",
        _ENDS,
        _hangs("deaf"),
        {HTTP: (f"200 {_LATE}", "no answer"), STDIO: (_LATE, "no answer")},
    ),
    *on(
        "a sync function that hangs",
        _ENDS,
        _hangs("hold"),
        {HTTP: (f"200 {_LATE}", "no answer"), STDIO: (_LATE, "no answer")},
    ),
    *on(
        "a background task that hangs",
        _TASK,
        _task("stay_task"),
        {NEW: (f"completed, {_LATE}{_STOPPED}", f"working{_RUNS}")},
    ),
    *on(
        "a background task that ignores its cancellation",
        _TASK,
        _task("deaf_task"),
        {NEW: (f"completed, {_LATE}", "working")},
    ),
    *on(
        "a background task that is cancelled",
        "SEP-2663, tasks/cancel",
        _cancelled_task,
        {NEW: "cancelled, the coroutine is cancelled"},
    ),
    at(
        "a task of another caller, asked for and cancelled",
        "SEP-2663: -32602, as for one that is not there",
        _foreign_task,
        "-32602 and -32602, the coroutine goes on",
    ),
    at(
        "twice as many calls as there are places, of two tools that hang, by one caller",
        _SHARE,
        _hog,
        f"another caller: 200 result; {_WELL}",
    ),
    *on(
        "twice as many readings as there are places, each of another URI of one template that hangs",
        _SHARE,
        _readings,
        {STDIO: f"a tool: result; {_WELL}"},
    ),
    at(
        f"{TASKS} background tasks that hang, by one caller",
        _SHARE,
        _tasks,
        "refused: 200 tool error `overloaded`; another caller: a task; afterwards: a task",
        "refused: none; another caller: a task; afterwards: a task",
    ),
    at(
        "callers of a sync function who give up",
        "SECURITY.md: a bounded pool for blocking functions",
        _givers_up,
        f"{_WITHIN}; {_WELL}",
        f"{_OVER}; {_WELL}",
    ),
    at(
        _FLOOD,
        _MANY,
        _thousand,
        f"refused: 200 tool error `overloaded`; {_WITHIN}; a coroutine: 200 result; /livez: 200; {_WELL}",
        f"refused: none; {_OVER}; a coroutine: 200 result; /livez: 404; {_WELL}",
    ),
    *on(
        _FLOOD,
        _MANY,
        _thousand_lines,
        {
            STDIO: (
                f"refused: tool error `overloaded`; {_WITHIN}; a coroutine after them: result; {_WELL}",
                f"refused: none; {_OVER}; a coroutine after them: no answer; {_WELL}",
            )
        },
    ),
)

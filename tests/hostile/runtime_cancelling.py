"""Rows: two principals with equal ids, ids in use twice, and what a cancellation stops, and what not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Final

from hostile.runtime_cases import NEW, OLD, STDIO, Case, at, on, said
from hostile.runtime_plays import begun, eventually, fate, label_of, let_go, patient, quiet
from hostile.runtime_serve import BOB
from hostile.runtime_world import Era, Heard, Http, Line, Servers, Stdio, call, messages_of
from support.clients.interface import Json
from support.raw_http import connected, read_reply

__all__ = ["CANCELLING"]


_ONCE, _AGAIN = "it is told to stop once", "it is told to stop again and again"


def _cancel(line: Line, request_id: Any) -> Heard:
    params = {"requestId": request_id, "reason": "hostile"}
    notice = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}
    return line.ask(notice)


def _closing(tool: str) -> Callable[[Line], str]:
    """Close the connection of a call under way."""

    def play(line: Line) -> str:
        assert isinstance(line, Http)
        label = label_of(tool)
        with connected(line.server.port) as connection:
            connection.sendall(line.bytes_of(call(line.era, tool, label, label=label)))
            begun(line.server, label)
        return _became(line, tool, label)

    return play


def _became(line: Line, tool: str, label: str) -> str:
    """What the tool saw of the end of its call, and what the server does since."""
    if tool.startswith("stay"):
        what = fate(line.server, label)
    elif tool.startswith("deaf"):
        what = _told(line, label)
    else:
        what = said(line.call("echo", text="x"))
    if what != _AGAIN:
        what += f", {quiet(line.server)}"
    if not tool.startswith("stay"):
        let_go(line)
    return what


def _told(line: Line, label: str) -> str:
    """How often a coroutine that ignores it is told to stop."""
    told = line.server.recorded
    eventually(lambda: "ignored" in told(label))
    return _AGAIN if eventually(lambda: told(label).count("ignored") > 2, 1) else _ONCE


def _notifying(tool: str) -> Callable[[Line], str]:
    """Cancel a call under way by a notification."""

    def play(line: Line) -> str:
        label = label_of(tool)
        if isinstance(line, Stdio):
            line.wire.send(json.dumps(call(line.era, tool, label, label=label)).encode() + b"\n")
            begun(line.server, label)
            answers = [said(_cancel(line, label), request_id=label)]
            return ", ".join([*answers, _became(line, tool, label)])
        assert isinstance(line, Http)
        with connected(line.server.port) as connection:
            connection.sendall(line.bytes_of(call(line.era, tool, label, label=label)))
            begun(line.server, label)
            _cancel(line, label)
            became = _became(line, tool, label)
            reply = read_reply(connection)
        answer = said(Heard(reply.status, messages_of(reply), reply), request_id=label)
        return f"{answer}, {became}"

    return play


def _foreign_cancel(era: Era) -> Callable[[Servers], str]:
    """Bob cancels a request with the id that Alice uses."""

    def play(servers: Servers) -> str:
        alice, bob = servers.token.http(era), servers.token.http(era, BOB)
        label = label_of("stay_long")
        with connected(alice.server.port) as connection:
            connection.sendall(alice.bytes_of(call(era, "stay_long", label, label=label)))
            begun(alice.server, label)
            status = _cancel(bob, label).status
            what = fate(alice.server, label, 0.3)
            _cancel(alice, label)
        return f"{status}, {what}"

    return play


def _foreign_session(servers: Servers) -> str:
    """Bob cancels in Alice's session."""
    alice, bob = servers.token.http("handshake"), servers.token.http("handshake", BOB)
    label = label_of("stay_long")
    notice = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": label}}
    with connected(alice.server.port) as connection:
        connection.sendall(alice.bytes_of(call("handshake", "stay_long", label, label=label)))
        begun(alice.server, label)
        status = bob.ask(notice, Mcp_Session_Id=alice.session).status
        what = fate(alice.server, label, 0.3)
        _cancel(alice, label)
    return f"{status}, {what}"


def _both(asks: list[tuple[Line, Json]]) -> list[Heard]:
    """What is heard for messages that are under way at the same time."""
    heard: list[Heard] = [Heard(0, ())] * len(asks)

    def ask(number: int) -> None:
        heard[number] = patient(*asks[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(asks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return heard


def _equal_ids(era: Era) -> Callable[[Servers], str]:
    """Alice and Bob ask at the same time under one id."""

    def play(servers: Servers) -> str:
        who = {"alice": servers.token.http(era), "bob": servers.token.http(era, BOB)}
        heard = _both([(client, call(era, "later", 7, text=name)) for name, client in who.items()])
        own = all(name in answer.text for name, answer in zip(who, heard, strict=True))
        other = any(name in answer.text for name, answer in zip(reversed(who), heard, strict=True))
        return "each has his own answer" if own and not other else "answers are mixed up"

    return play


def _twice(first: Any, second: Any) -> Callable[[Line], str]:
    """Two requests under way at the same time on one connection or in one session."""

    def play(line: Line) -> str:
        ids = (first, second)
        messages = [call(line.era, "later", number, text=f"t{place}") for place, number in enumerate(ids)]
        if isinstance(line, Stdio):
            for message in messages:
                line.wire.send(json.dumps(message).encode() + b"\n")
            heard = [line.wire.line(), line.wire.line()]
            well = sorted(map(str, ids)) == sorted(str(message["id"]) for message in heard)
            return "both are answered" if well else "answers under other ids"
        heard2 = _both([(line, message) for message in messages])
        words = [said(each, request_id=number) for each, number in zip(heard2, ids, strict=True)]
        return "both are answered" if words == ["200 result"] * 2 else " and ".join(sorted(words))

    return play


_ISOLATED = "SECURITY.md: neither an id nor a connection decides whose call it is"
_CLOSING = "MCP 2026-07-28 transports: closing the response stream cancels"
_NOTICE = (
    "MCP basic, Cancellation: the request is stopped and not answered; 2025-11-25 over HTTP: its stream ends"
)
_USED = "MCP basic, Requests: an id in use must not be used again; nobody waits in vain"
_OWN = "each has his own answer"
_BOTH = "both are answered"
_STOPPED, _RUNS = "the coroutine is cancelled", "the coroutine goes on"
_RESTS = "the processor rests"

CANCELLING: Final[tuple[Case, ...]] = (
    at("two principals with equal ids, 2026-07-28", _ISOLATED, _equal_ids("modern"), _OWN),
    at("two principals with equal ids, 2025-11-25", _ISOLATED, _equal_ids("handshake"), _OWN),
    *on(
        "two requests at once with one id",
        _USED,
        _twice(7, 7),
        {NEW: _BOTH, OLD: ("200 result and 400 -32600", "200 result and no answer"), STDIO: _BOTH},
    ),
    *on(
        'two requests at once with the ids 7 and "7"',
        _USED,
        _twice(7, "7"),
        {
            NEW: _BOTH,
            OLD: ("200 result and 400 -32600", "200 result with another id and no answer"),
            STDIO: _BOTH,
        },
    ),
    at("a cancel of another's id, 2026-07-28", _ISOLATED, _foreign_cancel("modern"), f"202, {_RUNS}"),
    at("a cancel of another's id, 2025-11-25", _ISOLATED, _foreign_cancel("handshake"), f"202, {_RUNS}"),
    at(
        "a cancel in another's session",
        "SECURITY.md: a session belongs to who opened it",
        _foreign_session,
        f"404, {_RUNS}",
    ),
    *on(
        "the caller of a coroutine closes",
        _CLOSING,
        _closing("stay_long"),
        {NEW: f"{_STOPPED}, {_RESTS}"},
    ),
    *on(
        "the caller of a coroutine closes",
        "MCP 2025-11-25 transports: a disconnection is no cancellation; the deadline ends the call",
        _closing("stay"),
        {OLD: (f"{_STOPPED}, {_RESTS}", f"{_RUNS}, {_RESTS}")},
    ),
    *on(
        "the caller of a sync function closes",
        _CLOSING + "; a thread cannot be stopped, and counts until it ends",
        _closing("hold_long"),
        {NEW: f"200 result, {_RESTS}"},
    ),
    *on(
        "the caller of a coroutine that ignores it closes",
        _CLOSING,
        _closing("deaf_long"),
        {NEW: (f"{_ONCE}, {_RESTS}", _AGAIN)},
    ),
    *on(
        "a coroutine is cancelled",
        _NOTICE,
        _notifying("stay_long"),
        {OLD: f"200 -32800, {_STOPPED}, {_RESTS}", STDIO: f"no answer, {_STOPPED}, {_RESTS}"},
    ),
    *on(
        "a sync function is cancelled",
        _NOTICE,
        _notifying("hold_long"),
        {OLD: f"200 -32800, 200 result, {_RESTS}", STDIO: f"no answer, result, {_RESTS}"},
    ),
    *on(
        "a coroutine that ignores it is cancelled",
        _NOTICE,
        _notifying("deaf_long"),
        {
            OLD: (f"200 -32800, {_ONCE}, {_RESTS}", f"200 -32800, {_AGAIN}"),
            STDIO: (f"no answer, {_ONCE}, {_RESTS}", f"no answer, {_AGAIN}"),
        },
    ),
)

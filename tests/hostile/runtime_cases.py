"""What a row of the runtime table is, and how answers are put into words.

A row says what is sent, what is promised and where, what the guarded server answers, and what the same server answers
bare. The last is an observation of FastMCP, not a claim of ours: it shows what the guards add.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from hostile.runtime_world import Era, Heard, Line, Servers
from seawall.runtime.results import ERROR_META

__all__ = ["HTTP", "NEW", "OLD", "SAME", "STDIO", "Case", "Play", "Wire", "at", "line_of", "on", "said"]

Wire: TypeAlias = Literal["HTTP 2026", "HTTP 2025", "stdio 2026", "stdio 2025", "HTTP"]
Play: TypeAlias = Callable[[Servers], str]
"""Sends what the row is about to one set of servers, and says in few words what came of it."""

SAME: Final = "the same"
HTTP: Final[tuple[Wire, ...]] = ("HTTP 2026", "HTTP 2025")
STDIO: Final[tuple[Wire, ...]] = ("stdio 2026", "stdio 2025")
NEW: Final[tuple[Wire, ...]] = ("HTTP 2026",)
OLD: Final[tuple[Wire, ...]] = ("HTTP 2025",)


@dataclass(frozen=True)
class Case:
    """One row.

    Attributes:
        name: what is sent.
        promise: the answer that is promised, with its source.
        wire: how it is sent.
        play: sends it.
        guarded: the answer of the guarded server.
        bare: that of the bare one, as observed.
    """

    name: str
    promise: str
    wire: Wire
    play: Play
    guarded: str
    bare: str

    @property
    def id(self) -> str:
        return f"{self.name} ({self.wire})"

    @property
    def queue(self) -> str:
        """Rows of the same word use the same process, so that they run one after the other."""
        return "HTTP 2026" if self.wire == "HTTP" else self.wire

    def expected(self, which: str) -> str:
        """The answer of `guarded` or `bare`."""
        return self.guarded if which == "guarded" or self.bare == SAME else self.bare


Expected: TypeAlias = Mapping[tuple[Wire, ...], str | tuple[str, str]]
"""By wires: the answer of both servers, or that of the guarded and that of the bare one."""


def on(name: str, promise: str, send: Callable[[Line], str], expected: Expected) -> list[Case]:
    """Rows of one message on several wires."""
    made: list[Case] = []
    for wires, answers in expected.items():
        guarded, bare = (answers, SAME) if isinstance(answers, str) else answers
        made += [Case(name, promise, wire, _sent(send, wire), guarded, bare) for wire in wires]
    return made


def at(name: str, promise: str, play: Play, guarded: str, bare: str = SAME) -> Case:
    """A row of one play over HTTP."""
    return Case(name, promise, "HTTP", play, guarded, bare)


def _sent(send: Callable[[Line], str], wire: Wire) -> Play:
    return lambda servers: send(line_of(servers, wire))


def line_of(servers: Servers, wire: Wire) -> Line:
    """Alice's client on that wire."""
    era: Era = "modern" if wire.endswith("2026") else "handshake"
    if wire.startswith("stdio"):
        return servers.stdio[era]
    return (servers.token if era == "modern" else servers.sessions).http(era)


def said(heard: Heard, *, request_id: Any = 1) -> str:
    """The answer in few words: status, then what the messages are."""
    status = [] if heard.status is None else [str(heard.status)]
    words = [_word(message, request_id) for message in heard.messages]
    if heard.status == 0:
        return "no answer"
    return " ".join(status + words) or "no answer"


def _word(message: Mapping[str, Any], request_id: Any) -> str:
    other = "" if _same(message.get("id"), request_id) or "error" in message else " with another id"
    if "error" in message:
        return f"{message['error']['code']}{other}"
    if "result" not in message:
        return str(message.get("method", "?"))
    result = message["result"]
    if not result.get("isError"):
        return f"result{other}"
    code = (result.get("_meta") or {}).get(ERROR_META, {}).get("code")
    return (f"tool error `{code}`" if code else "tool error") + other


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and json.dumps(one) == json.dumps(other)

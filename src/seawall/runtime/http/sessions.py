"""How many sessions there are: clients of the handshake era open them, and many never close theirs.

FastMCP ends a session that was idle for long, but lets any one caller open ten thousand before that, each some 50 KB,
and then refuses everybody. Here a new session takes the place of one that was idle for the longest.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seawall.runtime.caller import account
from seawall.runtime.http.listening import Listening
from seawall.runtime.http.refusals import Refusal, refuse
from seawall.runtime.metrics import Metrics

__all__ = ["BoundedSessions", "Session", "SessionTable"]

_log = logging.getLogger("seawall.http")

_HEADER: Final = "mcp-session-id"
_BUSY: Final = Refusal(
    HTTPStatus.TOO_MANY_REQUESTS,
    "You have too many sessions, and all of them are busy. Try again in a moment.",
    retry_after=1,
)
_LATER: Final = 1.0  # seconds: forgotten here only when it is surely over there, else it would not be counted
_GONE: Final = Refusal(HTTPStatus.NOT_FOUND, "Session not found")  # the words of the SDK
# Authentication is in the scope by now; FastMCP looks once more whether there is a header of that form, no further.
_ANY_TOKEN: Final = (b"authorization", b"Bearer -")


@dataclass(eq=False, slots=True)
class Session:
    """One session.

    Attributes:
        account: on whose account it counts.
        ending: the request that ends it, in the name of the one who opened it.
        used: when something on it ended last.
        under_way: requests on it, the stream that its client listens on included.
        listening: those streams. There is one, but for the moment in which a client takes it up again.
    """

    account: str
    ending: Scope
    used: float = 0.0
    under_way: int = 0
    listening: tuple[Listening, ...] = ()


@dataclass(slots=True)
class SessionTable:
    """The sessions that are open, the one that was used last at the end.

    No account loses a session to one that has more of them; within an account the one goes that was idle longest.

    Attributes:
        most: how many there may be.
        idle_timeout: seconds after which FastMCP ends a session on which nothing is under way.
        clock: seconds that only grow.
    """

    most: int
    idle_timeout: float
    clock: Callable[[], float] = time.monotonic
    _open: OrderedDict[str, Session] = field(default_factory=OrderedDict)
    _held: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        """How many there are; those that FastMCP ended meanwhile are forgotten here."""
        now = self.clock()
        ended = [key for key, each in self._open.items() if self._has_ended(each, now)]
        for key in ended:
            self.remove(key)
        return len(self._open)

    def add(self, key: str, session: Session) -> tuple[str, Session] | None:
        """Add one. Returns the one that must end for it, None when there is room.

        Raises:
            LookupError: none may end for it; it was not added.
        """
        leaving = None
        if len(self) >= self.most:
            leaving = self._least_needed(session.account)
            self.remove(leaving[0])
        session.used = self.clock()
        self._open[key] = session
        self._held[session.account] += 1
        return leaving

    def get(self, key: str) -> Session | None:
        """The one of that id."""
        return self._open.get(key)

    def listening(self, key: str) -> tuple[Listening, ...]:
        """The streams on which that session listens."""
        session = self._open.get(key)
        return () if session is None else session.listening

    def remove(self, key: str) -> None:
        """Forget one, if it is known."""
        session = self._open.pop(key, None)
        if session is not None:
            self._held[session.account] -= 1
            if not self._held[session.account]:
                del self._held[session.account]

    def used(self, key: str) -> None:
        """Something on it has just ended."""
        if (session := self._open.get(key)) is not None:
            session.used = self.clock()
            self._open.move_to_end(key)

    def _least_needed(self, newcomer: str) -> tuple[str, Session]:
        fewest = self._held[newcomer] + 1
        idle = [
            (key, each)
            for key, each in self._open.items()
            if not each.under_way and (each.account == newcomer or self._held[each.account] >= fewest)
        ]
        if not idle:
            raise LookupError("every session is busy, or its account has fewer")
        # The first of equal ones is the one that was used least recently.
        return max(idle, key=lambda item: (self._held[item[1].account], item[1].account == newcomer))

    def _has_ended(self, session: Session, now: float) -> bool:
        return not session.under_way and now - session.used > self.idle_timeout + _LATER


class BoundedSessions:
    """ASGI middleware between authentication and FastMCP's transport; it keeps the table."""

    def __init__(self, app: ASGIApp, *, table: SessionTable, metrics: Metrics) -> None:
        self._app = app
        self._table = table
        self._metrics = metrics
        self._ending: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one event; only the sessions of HTTP requests are looked at."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not (key := Headers(scope=scope).get(_HEADER)):
            await self._opening(scope, receive, send)
        elif key in self._ending:
            await refuse(send, _GONE)
        elif (session := self._table.get(key)) is not None:
            await self._within(key, session, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _within(self, key: str, session: Session, scope: Scope, receive: Receive, send: Send) -> None:
        """A request of a session: that one is busy meanwhile, and is forgotten when it turns out to be gone."""
        stream = Listening(scope, receive, send) if scope["method"] == "GET" else None

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                if _is_over(scope["method"], message["status"]):
                    self._table.remove(key)
                elif stream is not None and message["status"] == HTTPStatus.OK:
                    session.listening = (*session.listening, stream)
            await (send if stream is None else stream.send)(message)

        session.under_way += 1
        try:
            await self._app(scope, receive if stream is None else stream.receive, watch)
            if stream is not None:
                await stream.complete()
        finally:
            session.under_way -= 1
            session.listening = tuple(each for each in session.listening if each is not stream)
            self._table.used(key)

    async def _opening(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request that may open a session, which shows in the answer."""
        key, refused = None, False

        async def watch(message: Message) -> None:
            nonlocal key, refused
            if message["type"] == "http.response.start" and (key := _opened(message)) is not None:
                refused = not await self._enter(key, Session(account(), _ending(key, scope)))
                if refused:
                    self._metrics.refused("sessions")
                    await refuse(send, _BUSY)
            if not refused:
                await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            if key is not None:  # FastMCP's own clock starts now, too
                self._table.used(key)

    async def _enter(self, key: str, session: Session) -> bool:
        """Add a session, in the place of another one if need be; whether there is a place."""
        try:
            leaving = self._table.add(key, session)
        except LookupError:
            await self._end(key, session)
            return False
        if leaving is not None:
            await self._end(*leaving)
        return True

    async def _end(self, key: str, session: Session) -> None:
        """End a session as its owner would. Nothing new begins on it meanwhile, to be cut off then."""

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            # 404: it has ended by itself in this very moment.
            if message.get("status", HTTPStatus.OK) not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
                _log.warning("session not ended", extra={"seawall": {"status": message["status"]}})

        self._ending.add(key)
        try:
            await self._app(session.ending, receive, send)
        finally:
            self._ending.discard(key)


def _opened(message: Message) -> str | None:
    """The id of the session that an answer opens."""
    if message["status"] >= HTTPStatus.BAD_REQUEST:
        return None
    return Headers(raw=message.get("headers", [])).get(_HEADER)


def _ending(key: str, opening: Scope) -> Scope:
    """The request that ends the session which that one opened; of it only what is needed is kept."""
    names = ("type", "asgi", "http_version", "scheme", "path", "raw_path", "root_path", "server", "client")
    kept = {name: opening[name] for name in (*names, "app", "user", "auth") if name in opening}
    headers = [(_HEADER.encode(), key.encode()), _ANY_TOKEN]
    return {**kept, "method": "DELETE", "query_string": b"", "headers": headers}


def _is_over(method: str, status: int) -> bool:
    """Whether such an answer to a request of a session means that there is no such session any more."""
    return status == HTTPStatus.NOT_FOUND or (method == "DELETE" and status < HTTPStatus.BAD_REQUEST)

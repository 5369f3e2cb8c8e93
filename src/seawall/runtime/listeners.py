"""Who hears notices at the moment when they are told: by the tokens of the streams that carry them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

from fastmcp import FastMCP
from fastmcp.server.auth import AccessToken
from starlette.authentication import AuthenticationError

from seawall.runtime.caller import Scopes, over_http

__all__ = ["Listeners", "Listening", "Standing", "scopes_of_token"]

_PAUSE: Final = 1.0  # seconds until it is looked again whether a client listens
_BEARER: Final = "bearer "

Standing: TypeAlias = Callable[[frozenset[str]], bool]
"""Whether somebody has all of the scopes."""


class Listening(Protocol):
    """A stream on which a session listens."""

    @property
    def credential(self) -> str:
        """The `Authorization` with which it was opened, empty for none."""

    @property
    def full(self) -> bool:
        """Whether its client leaves so much unread that nothing more goes out."""

    def end(self) -> None:
        """End it, so that its client opens another one."""


class Listeners:
    """Which scopes those have who listen.

    Attributes:
        streams: gives the streams on which the session of an id listens now; None where nobody can know.
    """

    def __init__(self, mcp: FastMCP, scopes: Scopes) -> None:
        """Args: mcp: the server, which knows how tokens are verified. scopes: those of this process."""
        self._mcp = mcp
        self._scopes = scopes
        self.streams: Callable[[str], Sequence[Listening]] | None = None

    def may_be_known(self) -> bool:
        """Whether it can be judged who hears the current caller's session: where there are tokens, by its streams alone."""
        return self.streams is not None or self._mcp.auth is None or not over_http()

    async def of_session(self, session: str | None, is_over: Callable[[], bool]) -> Standing | None:
        """Which scopes all have who hear a session, as soon as somebody does: nothing is told to nobody.

        A stream whose token is no longer good is ended, so that its client opens another one with a newer token:
        tokens are renewed by the hour, and the stream of a session stays. One that its client does not read is waited for:
        the SDK would answer no call of that session before.

        Args:
            session: its id; None on a wire of this process.
            is_over: whether nobody is to be told any more.
        """
        if session is None or self.streams is None:
            return await self.standing(None if session is None else "", is_over)
        while not is_over():
            streams = tuple(self.streams(session))
            found = [(each, await self.standing(each.credential, is_over)) for each in streams]
            if is_over():
                break
            standings = [standing for each, standing in found if standing is not None and not each.full]
            if streams and len(standings) == len(streams) and streams == tuple(self.streams(session)):
                return lambda needed: all(standing(needed) for standing in standings)
            for each, standing in found:
                if standing is None:
                    each.end()
            # No event of the SDK tells that a stream was opened or is read; a notice that waits for one is in no hurry.
            await asyncio.sleep(_PAUSE)
        return None

    async def standing(self, credential: str | None, is_over: Callable[[], bool]) -> Standing | None:
        """Which scopes whoever listens has at this moment; None when the token is no longer good, or when all is over.

        Args:
            credential: the `Authorization` of the stream, empty for none; None on a wire of this process.
            is_over: as above.
        """
        if credential is None:
            return self._scopes.held_locally
        auth = self._mcp.auth
        if auth is None:
            return frozenset[str]().issuperset
        while not is_over():
            try:
                token = await auth.verify_token(credential[len(_BEARER) :])
            except AuthenticationError:  # its keys cannot be had at this moment
                await asyncio.sleep(_PAUSE)
                continue
            return scopes_of_token(token, frozenset(auth.required_scopes or ()))
        return None


def scopes_of_token(token: AccessToken | None, required: frozenset[str]) -> Standing | None:
    """Whether its bearer has the scopes that are asked for; None when it is no good token.

    Args:
        token: what a verifier made of it. Whether it ended is the SDK's to see, which no verifier need do itself.
        required: what every caller needs.
    """
    if token is None or (token.expires_at is not None and token.expires_at < time.time()):
        return None
    held = frozenset(token.scopes)
    return held.issuperset if required <= held else None

"""Tokens that expire: kept until shortly before, and asked for once, however many wait for one."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from seawall.errors import UpstreamError
from seawall.security.redact import KNOWN_SECRETS

__all__ = ["Issued", "TokenCache"]

_KEPT: Final = 256  # tokens, and refusals, of one credential
_MARGIN: Final = 30.0  # seconds before its end from which on a token is not used any more
_SHARE: Final = 0.2  # of its life, at most, for the margin of one that lives shortly
_REFUSED_FOR: Final = 5.0  # seconds in which whoever was refused is not asked for again
_RENEWED_EACH: Final = (
    5.0  # seconds in which one token that a service did not accept is renewed, and no other
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A token and the seconds that it is good for."""

    token: str = field(repr=False)
    lifetime: float


@dataclass(frozen=True, slots=True)
class _Held:
    token: str = field(repr=False)
    until: float


@dataclass(frozen=True, slots=True)
class _Refused:
    error: UpstreamError
    until: float


Issue: TypeAlias = Callable[[], Awaitable[Issued]]


class TokenCache:
    """Tokens by key, on one event loop.

    Who asks while one is on its way waits for that one. The asking is a task of its own: a caller who goes takes it
    from nobody else. A refusal is remembered for some seconds, so that calls in a row do not lock an account out.
    """

    def __init__(self, *, kept: int = _KEPT, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: kept: tokens at most; the one that was not used for longest goes. clock: seconds that only grow."""
        self._kept = kept
        self._clock = clock
        self._states: OrderedDict[str, _Held | _Refused] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[str]] = {}
        self._renewed: OrderedDict[str, float] = OrderedDict()

    async def get(self, key: str, issue: Issue) -> str:
        """The token of that key, from `issue` when there is none.

        Raises:
            UpstreamError: what `issue` raised, now or some seconds ago.
        """
        state = self._states.get(key)
        if state is not None and self._clock() < state.until:
            self._states.move_to_end(key)
            if isinstance(state, _Refused):
                raise state.error.with_traceback(None)
            return state.token
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._issued(key, issue))
            task.add_done_callback(lambda ended: self._ended(key, ended))
        return await asyncio.shield(task)

    def drop(self, key: str, token: str) -> bool:
        """Forget the token of that key if it is still this one. Whether another one may be had.

        A service that accepts none would have one asked for with every call: of those, one in some seconds is.
        """
        state = self._states.get(key)
        if not isinstance(state, _Held) or state.token != token:
            return True  # somebody else saw to it
        now = self._clock()
        if now < self._renewed.get(key, -math.inf) + _RENEWED_EACH:
            return False
        del self._states[key]
        self._renewed[key] = now
        self._renewed.move_to_end(key)
        if len(self._renewed) > self._kept:
            self._renewed.popitem(last=False)
        return True

    async def close(self) -> None:
        """Forget all tokens, and stop asking."""
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._states.clear()

    async def _issued(self, key: str, issue: Issue) -> str:
        try:
            issued = await issue()
        except UpstreamError as error:
            if not error.retryable:
                self._keep(key, _Refused(error, self._clock() + _REFUSED_FOR))
            raise
        margin = min(_MARGIN, issued.lifetime * _SHARE)
        self._keep(key, _Held(issued.token, self._clock() + issued.lifetime - margin))
        KNOWN_SECRETS.add_passing(issued.token)
        return issued.token

    def _keep(self, key: str, state: _Held | _Refused) -> None:
        self._states[key] = state
        self._states.move_to_end(key)
        if len(self._states) > self._kept:
            self._states.popitem(last=False)

    def _ended(self, key: str, task: asyncio.Task[str]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # so that asyncio does not say that nobody asked

"""The breaker of a host: after some failures in a row nothing is sent to it for a while, so that it can recover.

Its states are types. Closed: requests pass, failures in a row are counted. Open: none passes until a moment. Half
open: one request tries, all others are refused until it is known how that went.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from seawall.errors import UpstreamUnavailableError
from seawall.upstream.policy import BreakerPolicy

__all__ = ["Breaker", "Closed", "HalfOpen", "Open", "State"]


@dataclass(frozen=True, slots=True)
class Closed:
    """Requests pass. `failures`: in a row, until now."""

    failures: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """Nothing passes.

    Attributes:
        until: the moment, on the breaker's clock, from which on one request may try.
        pause: seconds that were chosen for it; the next pause is twice as long.
        reason: what went wrong last, one clause.
    """

    until: float
    pause: float
    reason: str


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """One request tries; `pause` and `reason` as in the `Open` before."""

    pause: float
    reason: str


State: TypeAlias = Closed | Open | HalfOpen


class Breaker:
    """Decides for one host whether a request may be sent. For one event loop."""

    def __init__(
        self, policy: BreakerPolicy, *, host: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._policy = policy
        self._host = host
        self._clock = clock
        self.state: State = Closed()

    @property
    def fault(self) -> str | None:
        """Why the host is left alone, one clause; None while it is not. Holds until a request has gone well."""
        return None if isinstance(self.state, Closed) else self.state.reason

    @property
    def wait(self) -> float | None:
        """Seconds until a request may try again; None while requests pass."""
        return max(0.0, self.state.until - self._clock()) if isinstance(self.state, Open) else None

    def check(self) -> None:
        """Refuse what would be refused now; changes nothing.

        Raises:
            UpstreamUnavailableError: nothing may be sent now; says when to come back.
        """
        state = self.state
        if isinstance(state, HalfOpen):
            raise self._refusal(state.reason, 1.0)
        if isinstance(state, Open) and (wait := state.until - self._clock()) > 0:
            raise self._refusal(state.reason, wait)

    def begin(self) -> Trial:
        """Take the right to send one request; whoever has it says how it went.

        Raises:
            UpstreamUnavailableError: nothing may be sent now; says when to come back.
        """
        self.check()
        if isinstance(self.state, Open):
            self.state = HalfOpen(self.state.pause, self.state.reason)
            return Trial(self, alone=True)
        return Trial(self, alone=False)

    def _refusal(self, reason: str, wait: float) -> UpstreamUnavailableError:
        return UpstreamUnavailableError(host=self._host, reason=reason, wait=wait)

    def succeeded(self) -> None:
        """A request was answered."""
        self.state = Closed()

    def failed(self, reason: str, *, alone: bool, wait: float | None) -> None:
        """A request was not answered, or by a host that says that it cannot."""
        state = self.state
        longest = self._policy.longest_pause
        if alone and isinstance(state, HalfOpen):
            self._open(min(state.pause * 2, longest), reason, wait)
        elif isinstance(state, Closed):
            failures = state.failures + 1
            if failures >= self._policy.failures:
                self._open(self._policy.pause, reason, wait)
            else:
                self.state = Closed(failures)

    def abandoned(self, *, alone: bool) -> None:
        """A request was given up without an answer, for a reason that says nothing about the host."""
        if alone and isinstance(self.state, HalfOpen):
            self.state = Open(self._clock(), self.state.pause, self.state.reason)

    def _open(self, pause: float, reason: str, wait: float | None) -> None:
        asked = min(max(pause, wait or 0.0), self._policy.longest_pause)
        self.state = Open(self._clock() + asked, pause, reason)


class Trial:
    """The right to send one request. Exactly one of its three methods is called, the first one counts."""

    def __init__(self, breaker: Breaker, *, alone: bool) -> None:
        self._breaker = breaker
        self._alone = alone
        self._over = False

    def succeeded(self) -> None:
        """The host answered."""
        if self._first():
            self._breaker.succeeded()

    def failed(self, reason: str, *, wait: float | None = None) -> None:
        """The host did not answer, or says that it cannot; `wait` seconds, if it says how long."""
        if self._first():
            self._breaker.failed(reason, alone=self._alone, wait=wait)

    def abandoned(self) -> None:
        """The request was given up for a reason that says nothing about the host."""
        if self._first():
            self._breaker.abandoned(alone=self._alone)

    def _first(self) -> bool:
        first, self._over = not self._over, True
        return first

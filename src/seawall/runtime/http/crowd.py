"""How many connections there may be, and which one goes when another comes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from typing import Final, Protocol, TypeAlias

from seawall.runtime.http.addresses import is_loopback, network_of

__all__ = ["CROWDED", "Crowd", "Guest"]

CROWDED: Final = "seawall.crowded"
"""In the scope of a request: whether its connection is one too many, on which only probes are answered."""

_SPARE: Final = 64  # connections beyond the limit, on which requests are told so
_GRACE: Final = 1.0  # seconds in which a newcomer may begin its first request

_Rank: TypeAlias = tuple[int, int, float]


class Guest(Protocol):
    """A connection.

    Attributes:
        address: of the client; empty when there is none.
    """

    address: str

    @property
    def waiting_since(self) -> float | None:
        """When the server began to wait for the client; None while it is the client that waits."""

    @property
    def is_new(self) -> bool:
        """Whether no request came yet."""

    def evict(self) -> None:
        """End at once."""


class Crowd:
    """The open connections of a server.

    When there are too many, one goes for which no work is under way: of the address that has most, and of those
    first one that never sent a request. No address has more than half of the places, unless its clients cannot be
    told apart: those of this machine and of trusted proxies.
    """

    def __init__(
        self, most: int, *, proxies: Iterable[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Args: most: places. proxies: networks whose addresses may have all of them. clock: seconds that only grow."""
        self._most = most
        self._share = max(1, most // 2)
        self._proxies = [ip_network(each) for each in proxies]
        self._clock = clock
        self._guests: dict[Guest, str] = {}
        self._held: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._guests)

    def enter(self, guest: Guest) -> bool:
        """Add one, in the place of another if need be. False when there are so many that nothing can be asked on it."""
        account = self._account(guest.address)
        self._guests[guest] = account
        self._held[account] += bool(account)
        if not self.has_place(guest) and (found := self._least_needed(guest)) is not None:
            self.leave(found)
            found.evict()
        return len(self) <= self._most + _SPARE

    def has_place(self, guest: Guest) -> bool:
        """Whether it is not one too many."""
        return len(self) <= self._most and self._held[self._guests.get(guest, "")] <= self._share

    def leave(self, guest: Guest) -> None:
        """Forget one, if it is known."""
        account = self._guests.pop(guest, "")
        if account:
            self._held[account] -= 1
            if not self._held[account]:
                del self._held[account]

    def _account(self, address: str) -> str:
        """Whose connections are counted together; empty for those that are not."""
        if not address or is_loopback(address):
            return ""
        peer = ip_address(address.partition("%")[0])
        return "" if any(peer in proxy for proxy in self._proxies) else network_of(address)

    def _least_needed(self, newcomer: Guest) -> Guest | None:
        account = self._guests[newcomer]
        own_only = self._held[account] > self._share
        ranks = {
            each: rank
            for each, whose in self._guests.items()
            if each is not newcomer
            and not (own_only and whose != account)
            and (rank := self._rank(each, whose)) is not None
        }
        return min(ranks, key=ranks.__getitem__, default=None)

    def _rank(self, guest: Guest, account: str) -> _Rank | None:
        """How soon it goes, the lowest first; None when it stays."""
        since = guest.waiting_since
        if since is None:
            return None
        if guest.is_new and self._clock() - since <= _GRACE:
            return (-self._held[account], 2, since)
        return (-self._held[account], 0 if guest.is_new else 1, since)

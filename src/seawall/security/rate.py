"""How often a caller may call: a token bucket for each, in a table that no flood of identities can grow."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Rate", "RateLimiter"]

_WRITTEN: Final = re.compile(r"([1-9][0-9]{0,8})/(s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_KEPT: Final = 10_000
"""Buckets in one table; about 2 MB when full."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in a time, evenly refilled.

    Attributes:
        calls: calls in `seconds`.
        seconds: the time.
        burst: calls that may come at once after a pause; as many as `calls` when None.
    """

    calls: int
    seconds: float = 1.0
    burst: int | None = None

    def __post_init__(self) -> None:
        """Refuse a rate that would let nothing through."""
        if self.calls < 1 or not self.seconds > 0 or (self.burst is not None and self.burst < 1):
            raise ValueError("a rate has at least one call, a positive time and a burst of at least one call")

    @classmethod
    def parse(cls, text: str) -> Rate:
        """The rate that is written as `20/s`, `300/m` or `1000/h`.

        Raises:
            ValueError: it is not written so.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError('a rate is written as "20/s", "300/m" or "1000/h"')
        return cls(int(match[1]), _SECONDS[match[2]])

    @property
    def capacity(self) -> int:
        """Tokens of a full bucket."""
        return self.calls if self.burst is None else self.burst

    @property
    def per_second(self) -> float:
        """Tokens that come back each second."""
        return self.calls / self.seconds

    def __str__(self) -> str:
        unit = {1: "s", 60: "m", 3600: "h"}.get(int(self.seconds)) if self.seconds % 1 == 0 else None
        return f"{self.calls}/{unit}" if unit else f"{self.calls} in {self.seconds:g} s"


class RateLimiter:
    """Buckets by account.

    The table is bounded, and identities are cheap for an attacker. A bucket is dropped only when it is full
    again, since a full one is worth the same as none: nobody gains a fresh bucket by pushing his old one out,
    and nobody loses his own to a flood. When there is no room, new accounts share one bucket until there is.
    Accounts are told apart by class (the part before the first `:`), each with a table of its own: addresses,
    which are many and free, cannot crowd out principals, which were authenticated.
    """

    def __init__(self, rate: Rate, *, kept: int = _KEPT, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: kept: buckets of one class of accounts. clock: seconds that only grow."""
        self.rate = rate
        self._kept = kept
        self._clock = clock
        self._tables: dict[str, _Table] = {}

    def wait(self, account: str) -> float:
        """Take a token. Returns 0, or the seconds until there is one when there is none; it takes none then."""
        kind = account.partition(":")[0]
        table = self._tables.setdefault(kind, _Table(self.rate, self._kept))
        return table.take(account, self._clock())

    def __len__(self) -> int:
        """How many buckets there are."""
        return sum(map(len, self._tables.values()))


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class _Table:
    """The buckets of one class, the one that was used last at the end."""

    def __init__(self, rate: Rate, kept: int) -> None:
        self._capacity = float(rate.capacity)
        self._per_second = rate.per_second
        self._kept = kept
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._shared = _Bucket(self._capacity, 0.0)

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, account: str, now: float) -> float:
        bucket = self._buckets.get(account)
        if bucket is None:
            bucket = self._new(account, now)
        else:
            self._buckets.move_to_end(account)
        self._refill(bucket, now)
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / self._per_second

    def _new(self, account: str, now: float) -> _Bucket:
        # At most two are looked at for each one that is added, so the table shrinks after a flood and no call pays
        # for all of it.
        for _ in range(2):
            oldest = next(iter(self._buckets), None)
            if oldest is None or not self._is_full(self._buckets[oldest], now):
                break
            del self._buckets[oldest]
        if len(self._buckets) >= self._kept:
            return self._shared
        return self._buckets.setdefault(account, _Bucket(self._capacity, now))

    def _is_full(self, bucket: _Bucket, now: float) -> bool:
        return bucket.tokens + (now - bucket.at) * self._per_second >= self._capacity

    def _refill(self, bucket: _Bucket, now: float) -> None:
        bucket.tokens = min(self._capacity, bucket.tokens + (now - bucket.at) * self._per_second)
        bucket.at = now

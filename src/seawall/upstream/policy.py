"""What a client of a service may do, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from seawall.security.rate import Rate

__all__ = ["REVEALED", "BreakerPolicy", "RetryPolicy", "UpstreamPolicy"]

REVEALED: Final = frozenset(
    {
        "content-disposition",
        "content-language",
        "content-length",
        "content-location",
        "content-range",
        "content-type",
        "deprecation",
        "etag",
        "last-modified",
        "link",
        "location",
        "retry-after",
        "sunset",
        "x-next-page",
        "x-total-count",
    }
)
"""Headers of an answer that are handed on: what its body is, and how to go on."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is sent again that may be repeated.

    That is one with an idempotent method (RFC 9110, 9.2.2) or with an `Idempotency-Key`.

    Attributes:
        attempts: times that it is sent at most; 1 for never again.
        pause: seconds before the second time; they double each time, with a random part of up to half of them.
        longest_pause: seconds between two times at most. A service that asks for more (`Retry-After`) is not asked
            again: the caller is told when to come back.
        idempotency_key: whether other requests are sent with a new `Idempotency-Key` of ours, and so can be repeated.
            Only for a service that heeds it.
    """

    attempts: int = 3
    pause: float = 0.2
    longest_pause: float = 10.0
    idempotency_key: bool = False


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a host that fails is left alone.

    Attributes:
        failures: in a row, after which nothing is sent for a while: no answer, a broken one, or 502, 503 and 504.
        pause: seconds until one request tries whether it is back; they double each time that it is not.
        longest_pause: seconds of a pause at most.
    """

    failures: int = 5
    pause: float = 10.0
    longest_pause: float = 300.0


@dataclass(frozen=True, slots=True)
class UpstreamPolicy:
    """What the client of one toolset's service may do.

    Attributes:
        origins: scheme, host and port of each place that requests may go to, such as `https://api.example`. No
            credential is ever sent anywhere else.
        headers: sent with every request, as the operator wrote them.
        forward: small names of headers that are taken over from the caller's own request; nothing else of it is.
        reveal: small names of headers of an answer that are handed on, beside `REVEALED`.
        retry: how often a request is sent again.
        breaker: when a host is left alone.
        rate: requests to one host in a time; None for any number.
        concurrency: requests under way at once; no caller has all of these places, but those of `alone`.
        alone: principals beside whom there can be no other: who started the server.
        queue: requests that may wait for one of those places.
        connect_timeout: seconds until a connection stands.
        attempt_timeout: seconds in which one attempt has to be answered whole; None leaves it to the deadline.
        redirects: how many redirects of a GET or HEAD request are followed, within `origins` alone.
    """

    origins: tuple[str, ...]
    headers: tuple[tuple[str, str], ...] = ()
    forward: frozenset[str] = frozenset()
    reveal: frozenset[str] = frozenset()
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    rate: Rate | None = None
    concurrency: int = 16
    alone: frozenset[str] = frozenset({"local"})
    queue: int = 128
    connect_timeout: float = 5.0
    attempt_timeout: float | None = None
    redirects: int = 0

"""What the tests of the client have in common: one that asks a service on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2

from seawall.security.budget import Deadline
from seawall.upstream import (
    BreakerPolicy,
    Credential,
    RetryPolicy,
    Upstream,
    UpstreamPolicy,
    UpstreamRequest,
    UpstreamResponse,
)

__all__ = ["GUARD", "QUICK", "asking", "send"]

GUARD = 30.0
"""Seconds after which a request that is not over is a failed test."""

QUICK = RetryPolicy(attempts=3, pause=0.001)


@asynccontextmanager
async def asking(
    *urls: str,
    credentials: Mapping[str, Credential] | None = None,
    environment: Mapping[str, str] | None = None,
    **policy: Any,
) -> AsyncIterator[Upstream]:
    """A client that may ask these services, and asks again without much waiting."""
    made = UpstreamPolicy(origins=urls, retry=QUICK, breaker=BreakerPolicy(failures=100))
    transport = httpx2.AsyncHTTPTransport(trust_env=False)
    upstream = Upstream(replace(made, **policy), transport, credentials or {}, environment=environment or {})
    await upstream.start()
    try:
        yield upstream
    finally:
        await upstream.close()


async def send(
    upstream: Upstream, url: str, method: str = "GET", *, seconds: float = GUARD, **more: Any
) -> UpstreamResponse:
    """Send a request as somebody named alice."""
    ways = {name: more.pop(name) for name in ("token", "caller_headers") if name in more}
    principal = more.pop("principal", "alice")
    request = UpstreamRequest(method, url, **more)
    return await upstream.send(request, deadline=Deadline.after(seconds), principal=principal, **ways)

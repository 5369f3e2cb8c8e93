"""What stands before one host: its breaker, and how often it is asked."""

from __future__ import annotations

import asyncio

from seawall.errors import RateLimitedError
from seawall.security.budget import Deadline
from seawall.security.rate import RateLimiter
from seawall.upstream.address import Origin
from seawall.upstream.breaker import Breaker
from seawall.upstream.policy import UpstreamPolicy

__all__ = ["Gate"]


class Gate:
    """One for each host that a toolset asks. `breaker` learns how every request went."""

    def __init__(self, origin: Origin, policy: UpstreamPolicy) -> None:
        self.host = str(origin)
        self.breaker = Breaker(policy.breaker, host=self.host)
        self._limiter = None if policy.rate is None else RateLimiter(policy.rate, kept=1)
        self._line = asyncio.Lock()  # fair: who came first asks the limiter first

    async def pace(self, deadline: Deadline) -> None:
        """Wait for one's turn.

        Raises:
            RateLimitedError: it would come after the deadline.
        """
        limiter = self._limiter
        if limiter is None:
            return
        async with self._line:
            while (wait := limiter.wait("host")) > 0:
                if wait >= deadline.remaining():
                    raise RateLimitedError(limit=f"{limiter.rate} to {self.host}", wait=wait)
                await asyncio.sleep(wait)

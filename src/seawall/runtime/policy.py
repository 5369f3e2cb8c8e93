"""What a server enforces, as one frozen value: assembled servers get it from their blueprint, others from code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from seawall.errors import UsageError
from seawall.runtime.pipeline.authorize import Authorize
from seawall.security.rate import Rate

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The limits and rules of one server. Every default is safe; each widening is one visible argument.

    Attributes:
        request_timeout: seconds of one call; a tool's own `timeout` overrides it.
        response_size: bytes that one result may have, both of its forms counted.
        workers: blocking functions that run at the same time, each on a thread.
        concurrency: calls that are under way at the same time.
        queue: calls that may wait for one of those places; one more is refused as overloaded. Both together are
            the background tasks that may wait or run.
        rate: calls of one caller in a time, and at once; None for no such limit.
        local_scopes: patterns (`*`) of the scopes that a caller has who is not on HTTP.
        on_missing_scope: what a caller with a token gets who lacks scopes: `hide` answers as if what needs them did
            not exist, `challenge` lists it and answers a use of it over HTTP with 403, naming the scopes.
        secrets: values that must not leave the server in a result, an error or the log that `seawall.run` and
            the command `seawall serve` write, beside those that were resolved from references; each of at least
            eight characters. Handlers of your own get what your code and libraries write, as they write it.
        authorize: asked for every call; answers `Allowed()` or `Denied()`. A coroutine function may ask elsewhere.

    Raises:
        UsageError: a limit is not positive.
    """

    request_timeout: float = 30.0
    response_size: int = 1024**2
    workers: int = 16
    concurrency: int = 64
    queue: int = 256
    rate: Rate | None = None
    local_scopes: tuple[str, ...] = ("*",)
    on_missing_scope: Literal["hide", "challenge"] = "hide"
    secrets: tuple[str, ...] = field(default=(), repr=False)
    authorize: Authorize | None = None

    def __post_init__(self) -> None:
        """Refuse what would switch a guard off by accident."""
        for name in ("request_timeout", "response_size", "workers", "concurrency"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be greater than 0.", hint="Leave it out to have the default.")
        if self.queue < 0:
            raise UsageError("queue must not be negative.", hint="0 lets no call wait.")

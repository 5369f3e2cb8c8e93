"""When a request is sent again: only what may be repeated, with growing pauses, as the service asks, and in time."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator
from typing import Final

import stamina
from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks

from seawall.errors import UpstreamError
from seawall.security.budget import Deadline
from seawall.upstream.policy import RetryPolicy

__all__ = ["IDEMPOTENT", "AttemptFailedError", "attempts", "keep_stdout_clean"]

IDEMPOTENT: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "QUERY"})
"""Methods that may be repeated (RFC 9110, 9.2.2; `QUERY` by OpenAPI 3.2)."""

_STDOUT_HOOK: Final = "stamina.instrumentation._structlog"

_log = logging.getLogger("seawall.upstream")


class AttemptFailedError(Exception):
    """One attempt failed so that another one may go well.

    Attributes:
        error: what the caller is told if there is no other one.
        wait: seconds that the service asks to be left alone, or None.
    """

    def __init__(self, error: UpstreamError, *, wait: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait


def attempts(policy: RetryPolicy, *, deadline: Deadline, repeatable: bool) -> AsyncIterator[stamina.Attempt]:
    """Gives the attempts of one request, for `async for attempt in …: with attempt: …`.

    What is not an AttemptFailedError ends them at once. So does the last attempt, a pause that would last beyond the
    deadline, and a service that asks for a longer pause than the policy allows.
    """
    pauses = 0

    def again(error: Exception) -> bool | float:
        nonlocal pauses
        if not repeatable or not isinstance(error, AttemptFailedError):
            return False
        pause = _pause(policy, pauses) if error.wait is None else _asked(error.wait, policy)
        pauses += 1
        allowed = (error.wait or 0.0) <= policy.longest_pause and pause < deadline.remaining()
        return pause if allowed else False

    return aiter(stamina.retry_context(on=again, attempts=policy.attempts, timeout=None))


def _pause(policy: RetryPolicy, before: int) -> float:
    whole = min(policy.longest_pause, policy.pause * 2.0 ** min(before, 32))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311  parts callers, guards nothing


def _asked(wait: float, policy: RetryPolicy) -> float:
    """What the service asks for and a little more, so that not all callers come back in the same moment."""
    return wait + random.uniform(0.0, policy.pause)  # noqa: S311  parts callers, guards nothing


def keep_stdout_clean() -> None:
    """Have retries written to the log, and not to standard output, which belongs to the protocol.

    Stamina's own hook takes structlog as it finds it, and unconfigured, that prints to standard output. Hooks are a
    setting of the whole process: any other that is there stays.
    """
    hooks = get_on_retry_hooks()
    kept = [hook for hook in hooks if getattr(hook, "__module__", "") != _STDOUT_HOOK]
    if len(kept) != len(hooks):
        set_on_retry_hooks([*kept, _write])


def _write(details: RetryDetails) -> None:
    cause = details.caused_by
    if isinstance(cause, AttemptFailedError):
        fields = {
            "host": cause.error.host,
            "reason": str(cause),
            "attempt": details.retry_num,
            "wait": round(details.wait_for, 2),
        }
        _log.info("request sent again", extra={"seawall": fields})
    else:  # somebody else's retry, in the same process
        logging.getLogger("stamina").warning("stamina.retry_scheduled")

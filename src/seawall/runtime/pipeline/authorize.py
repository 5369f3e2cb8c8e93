"""The authorize step: asks the server's own rule whether this call may go on."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from seawall.errors import AccessDeniedError, UnknownToolError
from seawall.runtime.pipeline.call import Call, Outcome, Proceed, Step

__all__ = ["Allowed", "Authorize", "Denied", "Verdict", "authorize"]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The call may go on."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The call may not go on.

    Attributes:
        reason: one sentence for the caller; without one a tool is answered as if it did not exist.
    """

    reason: str | None = None


Verdict: TypeAlias = Allowed | Denied
Authorize: TypeAlias = Callable[[Call], Verdict | Awaitable[Verdict]]
"""A rule of the server's owner. It must not block: a rule that asks another service is a coroutine function."""


def authorize(rule: Authorize | None) -> Step:
    """A step that refuses what `rule` denies. A rule that fails denies: its error goes to the boundary, masked."""

    async def step(call: Call, proceed: Proceed) -> Outcome:
        if rule is not None:
            answer = rule(call)
            verdict = await answer if inspect.isawaitable(answer) else answer
            if isinstance(verdict, Denied):
                raise _refusal(verdict, call)
            if not isinstance(verdict, Allowed):  # None, True: a rule that is written wrong must not allow
                raise TypeError(f"the rule answered {type(verdict).__name__}, neither Allowed nor Denied")
        return await proceed(call)

    return step


def _refusal(verdict: Denied, call: Call) -> AccessDeniedError | UnknownToolError:
    if verdict.reason is None and call.kind == "tool":
        return UnknownToolError(name=call.name)
    return AccessDeniedError(name=call.name, reason=verdict.reason)

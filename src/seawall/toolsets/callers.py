"""Who calls, as toolsets know it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what they may do.

    Attributes:
        principal: `local` on stdio and in process; on HTTP the token's subject, `client:` and the client when the
            token is a client's own, or `anonymous`.
        scopes: those of the token, each a plain word.
        patterns: what the blueprint gives a local caller instead: `*` stands for any text, all else for itself.
        challenged: whether the caller is shown what they lack scopes for, and told which when they use it.
        token: the access token that came with the call over HTTP, for a service that is asked in the caller's name
            (`token_exchange`). It is for this server alone and never sent to any other service.
        headers: of the call's own HTTP request. Nothing of them is sent on unless the operator lists it.
    """

    principal: str
    scopes: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    challenged: bool = False
    token: str | None = field(default=None, repr=False, compare=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def holds(self, *needed: str) -> bool:
        """Whether the caller has all of these scopes."""
        return all(
            scope in self.scopes or any(_form(pattern).fullmatch(scope) for pattern in self.patterns)
            for scope in needed
        )

    def sees(self, *needed: str) -> bool:
        """Whether the caller is told that something exists for which these scopes are needed."""
        return self.challenged or self.holds(*needed)


@lru_cache(maxsize=256)
def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)

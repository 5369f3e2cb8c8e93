"""What a host answered, before anybody has judged it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx2

from seawall.security.redact import without

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, all headers, and as much of the body as was read."""

    status: int
    headers: httpx2.Headers
    body: bytes = field(repr=False)
    complete: bool

    def without(self, tokens: Iterable[str]) -> Answer:
        """The answer without the tokens that the request was sent with.

        The process knows only so many tokens at a time, but these were just used: a service that repeats what it was
        sent hands nothing on.
        """
        body, headers = self.body, self.headers.raw
        for token in tokens:
            body = without(body, token)
            headers = [(name, without(value, token)) for name, value in headers]
        return Answer(self.status, httpx2.Headers(headers), body, self.complete)

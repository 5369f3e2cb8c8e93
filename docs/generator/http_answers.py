"""What the HTTP listener answers to a request that never becomes a call: data for the pages of errors and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from generator.markdown import code, table
from seawall.runtime.metrics import Refused

__all__ = ["ANSWERS", "HttpAnswer", "answers_table"]


@dataclass(frozen=True)
class HttpAnswer:
    """One of them.

    Attributes:
        status: of HTTP.
        when: it is given.
        remedy: what the client, or who runs it, can do.
    """

    status: str
    when: str
    remedy: str


ANSWERS: Final[dict[Refused, HttpAnswer]] = {
    "unauthenticated": HttpAnswer(
        "401",
        "There is no token, or none that is valid.",
        "Bring a token; `WWW-Authenticate` says where clients sign in.",
    ),
    "insufficient_scope": HttpAnswer(
        "403", "The token has not every scope of `required_scopes`.", "Ask for a token with these scopes."
    ),
    "origin": HttpAnswer(
        "403", "A web page of another site asks.", "Add the page's origin to `http.allowed_origins`."
    ),
    "host": HttpAnswer(
        "421",
        "`Host` is no name of this server.",
        "Add the name to `http.allowed_hosts`, or set `http.public_url`.",
    ),
    "headers": HttpAnswer(
        "431 or 414",
        "Headers or URL are too long, or there are too many headers.",
        "Send less, or raise `http.header_limit`.",
    ),
    "body": HttpAnswer("413", "The body is larger than `http.body_limit`.", "Send less, or raise the limit."),
    "slow": HttpAnswer(
        "408", "Headers or body did not come within `http.read_timeout`.", "Send faster, or raise the limit."
    ),
    "malformed": HttpAnswer("400", "It is no valid HTTP.", "Correct the client or the proxy."),
    "sessions": HttpAnswer(
        "429",
        "There are `http.sessions` sessions, and every one of this caller's is at work.",
        "End sessions that are not needed, or raise the limit.",
    ),
    "connections": HttpAnswer(
        "503", "There are more connections than `http.connections`.", "Come again after `Retry-After`."
    ),
    "closing": HttpAnswer(
        "503", "The server is shutting down.", "Come again after `Retry-After`; calls under way still finish."
    ),
}
"""By the label `reason` of `seawall_http_refused_total`."""


def answers_table() -> str:
    """All of them."""
    rows = [(each.status, code(reason), each.when, each.remedy) for reason, each in ANSWERS.items()]
    return table(("status", "reason", "when", "what to do"), rows)

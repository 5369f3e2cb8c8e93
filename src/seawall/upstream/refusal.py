"""What a caller is told of an answer that is an error: the status, what to do, and a little of what the service says.

The body of an error is written by and for others. It may hold stack traces, addresses of a network, secrets of other
people, or instructions for a model. So of the body of JSON only the members that are meant for a reader are taken
(RFC 9457, and the usual names), of HTML nothing, and of a failure of the service itself (5xx) no plain text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

from seawall.errors import UpstreamBusyError, UpstreamError, UpstreamRefusedError, UpstreamUnavailableError
from seawall.security.redact import KNOWN_SECRETS, MARK
from seawall.upstream.retry_after import retry_after

__all__ = ["LARGEST", "REPEATED", "UNAVAILABLE", "refusal", "shown", "status_text"]

LARGEST: Final = 16 * 1024
"""Bytes of an error's body that are read."""

UNAVAILABLE: Final = frozenset({502, 503, 504})
"""The host says that it, or what stands behind it, cannot serve now."""

REPEATED: Final = UNAVAILABLE | {408, 425, 429}
"""Answers after which the same request may go well."""

_SHOWN: Final = 300  # characters
_MEMBERS: Final = ("title", "detail", "message", "error", "error_description", "errors", "reason", "code")
_TEXT: Final = ("text/plain", "")
_FAILED: Final = 500
_REDIRECT: Final = range(300, 400)
_SPACE: Final = re.compile(r"\s+")
_PRIVATE: Final = re.compile(
    r"""
    (?P<keep>\b(?:bearer|basic|token)\s+) [\w.~+/=-]{8,}
    | (?P<name>[\w-]*(?:secret|password|passwd|token|api[_-]?key|apikey|authorization|cookie|session)[\w-]*
       ["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?) [^\s"',;&]+
    | \b(?:sk|pk|rk|ghp|gho|ghs|xox[abps]|glpat)[_-][\w-]{8,}
    | \bAKIA[0-9A-Z]{12,}
    | \beyJ[\w-]{8,}(?:\.[\w-]+)*
    | \b(?:10|127)(?:\.\d{1,3}){3}\b | \b192\.168(?:\.\d{1,3}){2}\b | \b169\.254(?:\.\d{1,3}){2}\b
    | \b172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}\b
    | (?:[A-Za-z0-9+/_-]{40,})
    """,
    re.IGNORECASE | re.VERBOSE,
)
_HINTS: Final = {
    400: "Correct the arguments as the service says, and call again.",
    401: "The service does not accept the server's credentials: tell the server's operator.",
    403: "Who asks may not do this at the service; another object or operation may be allowed.",
    404: "Check the names and identifiers in the arguments: the service knows no such thing.",
    405: "The service does not offer this operation: tell the server's operator.",
    409: "Read what the state is now, and repeat the change on that.",
    410: "It is gone for good: do without it.",
    412: "It has changed since: read it again, and repeat the change on that.",
    413: "Send less at once.",
    415: "The service does not take this form of body: tell the server's operator.",
    422: "Correct the arguments as the service says, and call again.",
    451: "The service may not give this out: do without it.",
}
_HINT_REDIRECT: Final = (
    "Redirects are not followed: the operator can set the address that the service moved to."
)
_HINT_FAILED: Final = (
    "The service failed at this request: other arguments may work; if not, tell the operator."
)
_HINT_OTHER: Final = "Correct the arguments, or do without."


def refusal(host: str, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    """The error for an answer that is none of 2xx."""
    text = status_text(status)
    wait = retry_after(headers)
    if status in UNAVAILABLE:
        return UpstreamUnavailableError(host=host, reason=f"it answers {text}", wait=wait)
    excerpt = _excerpt(status, headers.get("content-type", ""), body)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return UpstreamBusyError(host=host, status=text, wait=wait, excerpt=excerpt)
    return UpstreamRefusedError(host=host, status=text, excerpt=excerpt, hint=_hint(status))


def status_text(status: int) -> str:
    """The status with its name: `404 Not Found`. The service's own reason phrase may be anything."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _hint(status: int) -> str:
    if status in _REDIRECT:
        return _HINT_REDIRECT
    return _HINT_FAILED if status >= _FAILED else _HINTS.get(status, _HINT_OTHER)


def _excerpt(status: int, content_type: str, body: bytes) -> str:
    essence = content_type.partition(";")[0].strip().lower()
    if essence == "application/json" or essence.endswith("+json"):
        text = "; ".join(_telling(body))
    elif essence in _TEXT and status < _FAILED:
        text = body.decode("utf-8", "replace")
    else:
        return ""
    return shown(text)


def shown(text: str) -> str:
    """A service's own words as a caller may read them: one line, short, without secrets and addresses."""
    clean = _cleaned(text)
    return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…"


def _telling(body: bytes) -> Iterator[str]:
    """The parts of a JSON error that are meant for a reader, without repetitions."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    yield from dict.fromkeys(_texts(value, depth=0))


def _texts(value: object, *, depth: int) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, list) and depth < 3:  # noqa: PLR2004  errors, their list, one of them
        for item in value[:5]:
            yield from _texts(item, depth=depth + 1)
    elif isinstance(value, dict) and depth < 3:  # noqa: PLR2004  see above
        for name in _MEMBERS:
            yield from _texts(value.get(name), depth=depth + 1)


def _cleaned(text: str) -> str:
    """One line without secrets, addresses, and characters that steer a terminal or turn text around."""
    known = KNOWN_SECRETS.text(text)[: 4 * _SHOWN]  # the pattern below takes time by the square of it
    visible = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in known)
    line = _SPACE.sub(" ", visible).strip()
    return _PRIVATE.sub(lambda found: f"{found['keep'] or found['name'] or ''}{MARK}", line)

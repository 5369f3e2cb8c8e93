"""Which headers and cookies an operation may send, and what may stand in them.

Arguments of a call come from a model, and a header is where a value turns into power: who asks, for whom, by which
way, and where one request ends and the next one begins. So names that mean any of this are refused whoever describes
them, and so is every value that could end its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

__all__ = [
    "Header",
    "cookie_header",
    "forwarded",
    "is_reserved",
    "may_be_fixed",
    "may_be_forwarded",
    "operation_headers",
]

Header = tuple[bytes, bytes]
"""A header as it travels."""

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")  # RFC 9110, 5.6.2
_VALUE: Final = re.compile(
    r"[\t\x20-\x7e\x80-\U0010ffff]{0,8192}"
)  # RFC 9110, 5.5, without every control character
_COOKIE: Final = re.compile(
    r"[\x21\x23-\x3a\x3c-\x5b\x5d-\x7e]{0,4096}"
)  # RFC 6265, 4.1.1, and the comma of lists

_FRAMING: Final = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""What says where a request goes and where it ends."""

_CREDENTIALS: Final = frozenset({"authorization", "cookie", "cookie2", "set-cookie", "www-authenticate"})

_NAMES: Final = (
    _FRAMING
    | _CREDENTIALS
    | {
        "accept-encoding",
        "alt-used",
        "client-ip",
        "forwarded",
        "max-forwards",
        "origin",
        "referer",
        "remote-user",
        "traceparent",
        "tracestate",
        "true-client-ip",
        "user-agent",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-method-override",
        "x-real-ip",
        "x-remote-user",
    }
)
_PREFIXES: Final = (
    "access-control-",
    "cf-",
    "fastly-",
    "mcp-",
    "proxy-",
    "sec-",
    "x-amzn-oidc-",
    "x-auth-request-",
    "x-envoy-",
    "x-forwarded",
    "x-goog-authenticated-",
    "x-goog-iap-",
    "x-http-method",
    "x-ms-client-principal",
    "x-original-",
    "x-rewrite-",
)
_SHOWN: Final = 64  # characters of a name in a message


def is_reserved(name: str) -> bool:
    """Whether no operation may send this header, whoever describes it.

    `_` counts as `-`, since servers that hand headers to programs as variables (RFC 3875) take them for the same.
    """
    plain = name.lower().replace("_", "-")
    return plain in _NAMES or plain.startswith(_PREFIXES)


def may_be_fixed(name: str, value: str) -> bool:
    """Whether an operator may have this header sent with every request: credentials and framing are not set so."""
    plain = name.lower().replace("_", "-")
    forbidden = _FRAMING | _CREDENTIALS | {"accept-encoding"}
    well = _TOKEN.fullmatch(name) and _VALUE.fullmatch(value) and value == value.strip()
    return bool(well) and plain not in forbidden and not plain.startswith("proxy-")


def may_be_forwarded(name: str) -> bool:
    """Whether an operator may have this header taken over from callers: their credentials are for this server alone."""
    return bool(_TOKEN.fullmatch(name)) and not _is_steering(name.lower().replace("_", "-"))


def operation_headers(headers: Iterable[tuple[str, str]], *, taken: frozenset[str]) -> list[Header]:
    """The headers of an operation as they travel.

    Args:
        headers: names and values.
        taken: small names of headers that somebody else sets: credentials, the operator, the caller.

    Raises:
        ValueError: one of them may not be sent; says which and why, and never repeats a value.
    """
    checked = []
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{_shown(name)} is no name of a header")
        if is_reserved(name) or name.lower().replace("_", "-") in taken:
            raise ValueError(f"the header {_shown(name)} cannot be set by an argument")
        checked.append((name.lower().encode(), _value(name, value)))
    return checked


def cookie_header(cookies: Iterable[tuple[str, str]], *, taken: frozenset[str]) -> list[tuple[str, str]]:
    """The cookies of an operation, checked.

    Raises:
        ValueError: one of them may not be sent; says which and why, and never repeats a value.
    """
    checked = list(cookies)
    for name, value in checked:
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{_shown(name)} is no name of a cookie")
        if name in taken:
            raise ValueError(f"the cookie {_shown(name)} cannot be set by an argument")
        if not _COOKIE.fullmatch(value):
            raise ValueError(
                f"the value of the cookie {_shown(name)} holds characters that no cookie may have"
            )
    return checked


def forwarded(headers: Mapping[str, str], *, names: frozenset[str]) -> list[Header]:
    """Those of the caller's own headers that the operator has listed; a value that may not travel is left out."""
    if not names:
        return []
    kept = ((name.lower(), value) for name, value in headers.items())
    return [
        (name.encode(), value.encode("utf-8", "surrogateescape"))
        for name, value in kept
        if name in names and may_be_forwarded(name) and _VALUE.fullmatch(value)
    ]


def _is_steering(name: str) -> bool:
    return name in _FRAMING or name in _CREDENTIALS or name.startswith(("proxy-", "mcp-", "sec-"))


def _value(name: str, value: str) -> bytes:
    if not _VALUE.fullmatch(value):
        raise ValueError(f"the value of the header {_shown(name)} holds a control character or is too long")
    try:
        return value.strip(" \t").encode()
    except UnicodeEncodeError:
        raise ValueError(f"the value of the header {_shown(name)} is no text") from None


def _shown(name: str) -> str:
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…")

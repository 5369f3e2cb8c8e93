"""Names of headers that no parameter may set, whoever wrote the description."""

from __future__ import annotations

from typing import Final

__all__ = ["never_set"]

_NEVER: Final = frozenset(
    [
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "cookie",
        "cookie2",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "origin",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
    ]
)
"""What belongs to the connection (RFC 9110, 7.6.1), frames the message, proves who asks, or says where it came from."""

_NEVER_BEGINNING: Final = ("proxy-", "sec-", "x-forwarded-", "x-original-", "x-rewrite-", "mcp-")


def never_set(name: str) -> bool:
    """Whether a header of that name is never a parameter; letters count alike, and `_` as `-`."""
    small = (
        name.strip().lower().replace("_", "-")
    )  # gateways hand both on as the same variable (RFC 3875, 4.1.18)
    return small in _NEVER or small.startswith(_NEVER_BEGINNING)

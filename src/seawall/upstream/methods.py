"""The methods of HTTP that are sent: those of the registry of RFC 9110 (16.1.1), and some that devices and caches know."""

from __future__ import annotations

from typing import Final

__all__ = ["METHODS", "SAFE"]

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "QUERY", "REPORT", "SEARCH"})
"""Those that change nothing."""

METHODS: Final = SAFE | {
    *("DELETE", "PATCH", "POST", "PUT"),
    *(
        "ACL",
        "BASELINE-CONTROL",
        "BIND",
        "CHECKIN",
        "CHECKOUT",
        "COPY",
        "LABEL",
        "LINK",
        "LOCK",
        "MERGE",
        "MKACTIVITY",
    ),
    *(
        "MKCALENDAR",
        "MKCOL",
        "MKREDIRECTREF",
        "MKWORKSPACE",
        "MOVE",
        "ORDERPATCH",
        "PROPPATCH",
        "REBIND",
        "UNBIND",
    ),
    *("UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL"),
    *("BAN", "LIST", "M-SEARCH", "NOTIFY", "PURGE", "REFRESH", "SUBSCRIBE", "UNSUBSCRIBE", "VIEW"),
}
"""All that are sent. Not among them: CONNECT, which opens a tunnel, TRACE, which repeats credentials, and PRI, which begins HTTP/2."""

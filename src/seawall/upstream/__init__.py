"""Clients of the services behind a toolset: credentials, retries, breakers and paging, always through the egress guard.

`Upstream` is the client of one toolset. It is handed a transport, which decides where connections may go, and policies
as frozen values; what it is asked and what it answers are values too (`UpstreamRequest`, `UpstreamResponse`).
"""

from seawall.upstream.client import Upstream
from seawall.upstream.credentials import (
    EVERY,
    ApiKey,
    Basic,
    Bearer,
    ClientCredentials,
    Credential,
    TokenExchange,
)
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse
from seawall.upstream.paging import (
    CursorPaging,
    LinkPaging,
    NotOursError,
    OffsetPaging,
    PagePaging,
    Pages,
    Paging,
)
from seawall.upstream.policy import REVEALED, BreakerPolicy, RetryPolicy, UpstreamPolicy

__all__ = [
    "EVERY",
    "REVEALED",
    "ApiKey",
    "Basic",
    "Bearer",
    "BreakerPolicy",
    "ClientCredentials",
    "Credential",
    "CursorPaging",
    "LinkPaging",
    "NotOursError",
    "OffsetPaging",
    "PagePaging",
    "Pages",
    "Paging",
    "RetryPolicy",
    "TokenExchange",
    "Upstream",
    "UpstreamPolicy",
    "UpstreamRequest",
    "UpstreamResponse",
]

"""What a toolset asks of a service and what comes back: plain values, without a word about how it travels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["UpstreamRequest", "UpstreamResponse"]


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """One request to a service.

    Attributes:
        method: in capitals.
        url: absolute; its path and query are percent-encoded already.
        headers: what the operation itself sends, in order. Credentials, cookies and what steers a connection are
            not among them: the client adds those, and refuses a request that has any of them here.
        cookies: name and value of each cookie that the operation itself sends.
        body: the whole body, or None for a request without one.
        security: the names of the security schemes whose credentials it needs; the client knows their values.
        max_body: bytes of the answer's body that are read at most; the rest is never fetched.
        repeatable: whether it changes nothing although its method does not say so, such as a query that is posted: it
            may be sent again then.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    security: tuple[str, ...] = ()
    max_body: int = 1024 * 1024
    cookies: tuple[tuple[str, str], ...] = ()
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """What the service answered.

    Attributes:
        status: of HTTP.
        headers: by small name; of a repeated one, the values joined by `, ` (RFC 9110, 5.3). Those alone that the
            policy lists (`UpstreamPolicy.reveal`).
        body: at most as many bytes as the request allowed, without the content coding that it travelled in.
        complete: False when the body has more.
        url: where the answer came from, after redirects that were allowed, without credentials.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    complete: bool
    url: str

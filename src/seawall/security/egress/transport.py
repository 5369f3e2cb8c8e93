"""The transport that an HTTP client is given: each request is checked, and its answer bounded."""

from __future__ import annotations

import re
import ssl
from typing import Final

import httpcore2
import httpx2

from seawall.errors import EgressDeniedError
from seawall.security.egress.body import ACCEPTED, BoundedBody, check_encoding, client_errors
from seawall.security.egress.policy import EgressPolicy
from seawall.security.egress.urls import Url, check_url

__all__ = ["EGRESS_URL", "EgressTransport"]

EGRESS_URL: Final = "egress_url"
"""The extension of a response that holds, as text, the URL that answered: another one after redirects."""

_KEEPALIVE: Final = 30.0  # seconds that a connection stays open without a request
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REPEATABLE: Final = frozenset({"GET", "HEAD"})
_METHOD: Final = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_TUNNELS: Final = frozenset(
    {"CONNECT", "TRACE"}
)  # would make a proxy, or a mirror of credentials, of the other side
_EXTENSIONS: Final = ("http_version", "reason_phrase")  # not the stream itself, past which nothing is counted
_SWITCHING: Final = 101
_UNSAFE: Final = frozenset(b"\r\n\0")
# What follows a redirect to another origin. Any other header may hold a credential.
_HARMLESS: Final = frozenset({"accept", "accept-encoding", "accept-language", "user-agent"})


class EgressTransport(httpx2.AsyncBaseTransport):
    """Sends requests under a policy, on a pool of connections of its own.

    Nothing of the environment counts: no proxy, no netrc. No cookie is kept. Of a request's extensions only `timeout` does,
    shortened to the policy's; `sni_hostname` and `target` would send something else than the URL says. The body that is
    read is decoded already; the headers that described the encoded one are gone then.
    """

    def __init__(
        self, policy: EgressPolicy, *, backend: httpcore2.AsyncNetworkBackend, tls: ssl.SSLContext
    ) -> None:
        """Args: backend: opens all connections, and checks where they lead."""
        self._policy = policy
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=policy.connections,
            max_keepalive_connections=policy.connections,
            keepalive_expiry=_KEEPALIVE,
            http2=policy.http2,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request, and follow as many redirects as the policy allows.

        Raises:
            EgressDeniedError: URL, host, address, method or headers may not be used, or one redirect too many. Nothing was
                sent then, but for the requests that were redirected.
            OverloadedError: too many names are being looked up.
            ResponseTooLargeError: while the body is read.
            httpx2.TransportError: the other side cannot be reached, or breaks HTTP.
            httpx2.DecodingError: the body has an encoding that was not asked for.
        """
        url = self._checked(str(request.url))
        for _ in range(self._policy.max_redirects + 1):
            response = await self._send(request, url)
            location = response.headers.get("location")
            if location is None or response.status_code not in _REDIRECTS or not self._follows(request):
                return response
            await response.aclose()
            request, url = self._redirected(request, url, location)
        raise EgressDeniedError(
            target=url.origin, reason=f"redirected more than {self._policy.max_redirects} times"
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    def _follows(self, request: httpx2.Request) -> bool:
        """Whether a redirect of this request is followed: never one that changes something, or has a body to repeat."""
        body = "content-length" in request.headers or "transfer-encoding" in request.headers
        return self._policy.max_redirects > 0 and request.method in _REPEATABLE and not body

    def _checked(self, text: str) -> Url:
        url = check_url(text)
        self._policy.check(url)
        return url

    def _redirected(self, request: httpx2.Request, url: Url, location: str) -> tuple[httpx2.Request, Url]:
        try:
            joined = str(httpx2.URL(str(url)).join(location))
        except (httpx2.InvalidURL, ValueError) as error:
            raise EgressDeniedError(
                target=url.origin, reason="redirects to something that is no URL"
            ) from error
        there = self._checked(joined)
        if url.scheme == "https" != there.scheme:
            raise EgressDeniedError(target=there.origin, reason="a redirect may not give up encryption")
        kept = httpx2.Headers(request.headers)
        if there.origin != url.origin:
            kept = httpx2.Headers([pair for pair in kept.multi_items() if pair[0] in _HARMLESS])
        kept["host"] = _authority(there)
        return httpx2.Request(request.method, str(there), headers=kept, extensions=request.extensions), there

    async def _send(self, request: httpx2.Request, url: Url) -> httpx2.Response:
        sent = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target),
            headers=_checked_headers(request, url),
            content=request.stream,
            extensions={"timeout": self._timeouts(request)},
        )
        with client_errors():
            got = await self._pool.handle_async_request(sent)
        return await self._received(got, url)

    async def _received(self, got: httpcore2.Response, url: Url) -> httpx2.Response:
        headers = httpx2.Headers(got.headers)
        body = BoundedBody(got, name=url.origin, limit=self._policy.max_response)
        try:
            if got.status == _SWITCHING:
                message = "the other side changes the protocol, which nobody asked for"
                raise httpx2.RemoteProtocolError(message)
            check_encoding(headers)
        except httpx2.HTTPError:
            await body.aclose()
            raise
        known = {key: got.extensions[key] for key in _EXTENSIONS if key in got.extensions}
        if "content-encoding" in headers:  # the body is decoded, so that neither is true any more
            del headers["content-encoding"]
            headers.pop("content-length", None)
        return httpx2.Response(
            got.status, headers=headers, stream=body, extensions={**known, EGRESS_URL: str(url)}
        )

    def _timeouts(self, request: httpx2.Request) -> dict[str, float]:
        """The request's own, where they are shorter than the policy's."""
        wanted: dict[str, float | None] = request.extensions.get("timeout", {})
        most = {"connect": self._policy.connect_timeout} | dict.fromkeys(
            ("read", "write", "pool"), self._policy.read_timeout
        )
        return {
            key: limit if (own := wanted.get(key)) is None else min(own, limit) for key, limit in most.items()
        }


def _authority(url: Url) -> str:
    return url.origin.partition("://")[2]


def _checked_headers(request: httpx2.Request, url: Url) -> list[tuple[bytes, bytes]]:
    """The headers as they are sent.

    Raises:
        EgressDeniedError: one of them would end its line, or names another host than the URL does; or the method makes a
            tunnel.
    """
    if request.method in _TUNNELS or not _METHOD.fullmatch(request.method):
        raise EgressDeniedError(target=url.origin, reason=f"the method {request.method[:20]!r} is not used")
    headers = httpx2.Headers(request.headers)
    if any(_UNSAFE.intersection(part) for pair in headers.raw for part in pair):
        raise EgressDeniedError(target=url.origin, reason="a header holds a line break or NUL")
    hosts = headers.get_list("host")
    if len(hosts) != 1 or hosts[0].lower() != _authority(url):
        raise EgressDeniedError(target=url.origin, reason="the header Host names another host than the URL")
    accepted = {each.strip() for each in headers.get("accept-encoding", "").split(",")}
    if not ACCEPTED.issuperset(accepted):
        headers["accept-encoding"] = "gzip, deflate"
    return headers.raw

"""The guard of connections: a policy in, a transport for HTTP clients out."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from importlib.util import find_spec

import httpcore2
import httpx2

from seawall.errors import UsageError
from seawall.security.egress.backend import GuardedBackend
from seawall.security.egress.checking import checked_addresses
from seawall.security.egress.policy import EgressPolicy
from seawall.security.egress.resolving import Resolver, SystemResolver
from seawall.security.egress.transport import EgressTransport
from seawall.security.egress.urls import Url, check_url

__all__ = ["Egress"]


class Egress:
    """Everything that one toolset may connect to.

    Attributes:
        policy: what is enforced.
    """

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        backend: httpcore2.AsyncNetworkBackend | None = None,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare the guard; nothing is opened yet.

        Args:
            policy: what to enforce.
            backend: what opens the connections after they were checked; the operating system's by default.
            resolver: what finds the addresses of a name; the operating system's by default.
            tls: the certificates to trust, and what we show of our own; by default those that the machine trusts, or
                those of `SSL_CERT_FILE` and `SSL_CERT_DIR`. It must verify certificates and names.

        Raises:
            UsageError: `tls` verifies nothing, or the policy asks for HTTP/2 and h2 is not installed.
        """
        if tls is not None and (tls.verify_mode != ssl.CERT_REQUIRED or not tls.check_hostname):
            raise UsageError("The TLS context has to verify certificates and host names.")
        if policy.http2 and find_spec("h2") is None:
            raise UsageError("HTTP/2 needs the package h2.", hint="Install it, or set http2 to False.")
        self.policy = policy
        self._tls = tls
        self._resolver = SystemResolver() if resolver is None else resolver
        self._backend = GuardedBackend(
            policy, inner=httpcore2.AnyIOBackend() if backend is None else backend, resolve=self._resolver
        )

    def transport(self) -> EgressTransport:
        """A transport for one HTTP client, with a pool of connections of its own; whoever asked for it closes it.

        Reads the trusted certificates (some milliseconds): not for the event loop.
        """
        tls = httpx2.create_ssl_context() if self._tls is None else self._tls
        return EgressTransport(self.policy, backend=self._backend, tls=tls)

    def check(self, url: str) -> Url:
        """Whether the URL is one that the policy allows. Its addresses are looked at when a connection is made.

        Raises:
            EgressDeniedError: it is not.
        """
        parsed = check_url(url)
        self.policy.check(parsed)
        return parsed

    async def addresses(self, url: Url) -> Sequence[str]:
        """The checked addresses of the URL's host, for a client that makes its connections itself and to these alone.

        Raises:
            EgressDeniedError: the policy does not allow the URL, or its host stands for an address that is denied.
            OverloadedError: too many names are being looked up.
            OSError: the host has no address, or it was not found in time (TimeoutError).
        """
        self.policy.check(url)
        limit = self.policy.connect_timeout
        return await checked_addresses(self.policy, self._resolver, url.host, url.port, limit=limit)

    async def connect(self, host: str, port: int) -> httpcore2.AsyncNetworkStream:
        """A connection of TCP to a host that the policy allows, whatever is spoken over it; whoever asked for it closes it.

        Args:
            host: a name or an address, in the one form in which hosts are compared.
            port: of TCP.

        Raises:
            EgressDeniedError: the policy does not allow the host, or it stands for an address that is denied.
            OverloadedError: too many names are being looked up.
            httpcore2.ConnectError: it has no address, or none answers.
            httpcore2.ConnectTimeout: that took too long.
        """
        return await self._backend.connect_tcp(host, port)

    def close(self) -> None:
        """Let the threads go that look names up; they come back when they are needed."""
        if isinstance(self._resolver, SystemResolver):
            self._resolver.close()

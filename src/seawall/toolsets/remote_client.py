"""The service behind a toolset, from start to close: its egress guard and its client, whatever it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Final

from seawall.errors import StartError
from seawall.security.egress import Egress, EgressPolicy, HostRule
from seawall.toolsets.interface import CallContext, Reach
from seawall.toolsets.remote import RemoteDeclaration, token_urls, upstream_policy
from seawall.upstream import Credential, Pages, Upstream
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse

__all__ = ["RemoteClient"]

_NOT_STARTED: Final = "the client of the service is not started"


class RemoteClient:
    """Asks one service for one toolset. Nothing is opened before `start`."""

    def __init__(
        self, declaration: RemoteDeclaration, *, origins: Sequence[str], credentials: Mapping[str, Credential]
    ) -> None:
        """Set it up.

        Args:
            declaration: how the service is asked.
            origins: URLs of the places that requests may go to.
            credentials: by the security scheme that each satisfies.

        Raises:
            EgressDeniedError: an origin is no URL that may be used.
        """
        self._declaration = declaration
        self._origins = tuple(origins)
        self._credentials = credentials
        hosts = dict.fromkeys(HostRule.of(url) for url in (*origins, *token_urls(credentials.values())))
        self._policy = EgressPolicy(
            hosts=tuple(hosts),
            networks=tuple(ip_network(network) for network in declaration.networks),
            max_redirects=0,  # the client follows them itself, where `redirects` allows it
            connect_timeout=declaration.connect_timeout,
            connections=declaration.concurrency,
            http2=declaration.http2,
        )
        self._egress: Egress | None = None
        self._upstream: Upstream | None = None

    def reach(self) -> Sequence[Reach]:
        """The places that requests may go to, and what narrows that."""
        limits = self._policy.clauses()
        return tuple(Reach("network", str(rule), "connect", limits) for rule in self._policy.hosts)

    async def start(self) -> None:
        """Read certificates and secrets. Nothing is sent: a service that is down keeps no server from starting.

        Raises:
            StartError: a secret is missing.
        """
        self._egress = egress = Egress(self._policy)
        transport = await asyncio.to_thread(egress.transport)
        policy = upstream_policy(self._declaration, origins=self._origins)
        self._upstream = Upstream(policy, transport, self._credentials)
        await self._upstream.start()

    async def close(self) -> None:
        """Let go of every connection."""
        upstream, self._upstream = self._upstream, None
        egress, self._egress = self._egress, None
        if upstream is not None:
            await upstream.close()
        if egress is not None:
            egress.close()

    def faults(self) -> Sequence[str]:
        """Why nothing can be sent at all."""
        return (_NOT_STARTED,) if self._upstream is None else self._upstream.faults()

    def degraded(self) -> Sequence[str]:
        """Which hosts do not answer now."""
        return () if self._upstream is None else self._upstream.degraded()

    @property
    def pages(self) -> Pages:
        """What turns answers into positions, and positions into requests.

        Raises:
            StartError: nobody called `start`.
        """
        if self._upstream is None:
            raise StartError(f"No page can be turned: {_NOT_STARTED}.")
        return self._upstream.pages

    async def send(self, request: UpstreamRequest, context: CallContext) -> UpstreamResponse:
        """Send a request on behalf of a call.

        Raises:
            OperationError: as `Upstream.send` says.
            StartError: nobody called `start`.
        """
        if self._upstream is None:
            raise StartError(f"A request cannot be sent: {_NOT_STARTED}.")
        caller = context.caller
        return await self._upstream.send(
            request,
            deadline=context.deadline,
            principal=caller.principal,
            token=caller.token,
            caller_headers=caller.headers,
        )

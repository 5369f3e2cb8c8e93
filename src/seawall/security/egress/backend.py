"""The door itself: every connection of the HTTP client is opened here, to an address that was just checked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import httpcore2

from seawall.errors import EgressDeniedError
from seawall.security.egress.checking import checked_addresses
from seawall.security.egress.policy import EgressPolicy
from seawall.security.egress.resolving import Resolver

__all__ = ["GuardedBackend"]


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """A network backend that looks a name up once, checks every address, and connects to one of these very addresses.

    There is no second look-up that could give another answer, and the URL stays as it is: certificate, `Host` and
    connection pool go by the name.
    """

    def __init__(
        self, policy: EgressPolicy, *, inner: httpcore2.AsyncNetworkBackend, resolve: Resolver
    ) -> None:
        self._policy = policy
        self._inner = inner
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the host.

        Raises:
            EgressDeniedError: the host is not allowed, or it stands for an address that is not.
            OverloadedError: too many names are being looked up.
            httpcore2.ConnectError: it has no address, or none answers.
            httpcore2.ConnectTimeout: that took too long.
        """
        limit = (
            self._policy.connect_timeout if timeout is None else min(timeout, self._policy.connect_timeout)
        )
        end = time.monotonic() + limit
        addresses = await self._addresses(host, port, limit)
        error: Exception = httpcore2.ConnectError(f"{host} has no address")
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # An address that does not answer leaves the others their share of the time.
            share = max((end - time.monotonic()) / left, 0.001)
            try:
                return await self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as caught:
                error = caught
        raise error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002  the interface of httpcore
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002  likewise
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse.

        Raises:
            EgressDeniedError: always.
        """
        raise EgressDeniedError(target=path, reason="sockets of this machine are never reached")

    async def sleep(self, seconds: float) -> None:
        """Wait, for the client's own pauses."""
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int, limit: float) -> Sequence[str]:
        """The addresses to try, all of them checked."""
        try:
            return await checked_addresses(self._policy, self._resolve, host, port, limit=limit)
        except TimeoutError as error:
            message = f"the addresses of {host} were not found in time"
            raise httpcore2.ConnectTimeout(message) from error
        except OSError as error:
            message = f"{host} has no address"
            raise httpcore2.ConnectError(message) from error

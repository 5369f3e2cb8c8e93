"""The addresses that a connection may go to: looked up once, and every one of them checked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from seawall.errors import EgressDeniedError
from seawall.security.egress.addresses import refusal
from seawall.security.egress.policy import EgressPolicy
from seawall.security.egress.resolving import Resolver
from seawall.security.egress.urls import canonical_host

__all__ = ["checked_addresses"]

_ATTEMPTS: Final = 6  # addresses of one host that are tried


async def checked_addresses(
    policy: EgressPolicy, resolve: Resolver, host: str, port: int, *, limit: float
) -> Sequence[str]:
    """The addresses of a host that the policy allows, as text, the preferred one first.

    When a single address of the name is denied, the whole name is: a name that is half inside is either an attack (DNS
    rebinding) or a mistake, and by leaving out the bad half both would go unseen.

    Args:
        policy: what may be reached.
        resolve: finds the addresses of a name.
        host: a name or an address, in the one form in which hosts are compared.
        port: where the connection will go.
        limit: seconds for finding the addresses.

    Raises:
        EgressDeniedError: the host is not allowed, or it stands for an address that is not.
        OverloadedError: too many names are being looked up.
        TimeoutError: the addresses were not found in time.
        OSError: it has none.
    """
    policy.check_host(host, port)
    found: Sequence[str] = [host] if _is_address(host) else await _look_up(resolve, host, port, limit)
    for address in found:
        reason = refusal(address, policy.networks)
        if reason:
            raise EgressDeniedError(
                target=host,
                reason="it stands for an address that may not be reached",
                address=f"{address} ({reason})",
            )
    return found[:_ATTEMPTS]


async def _look_up(resolve: Resolver, host: str, port: int, limit: float) -> Sequence[str]:
    if canonical_host(host) != host:
        raise EgressDeniedError(
            target=host, reason="it is neither a name nor an address as it is usually written"
        )
    async with asyncio.timeout(limit):
        return await resolve(host, port)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
